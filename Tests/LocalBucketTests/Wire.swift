import Dispatch
import Foundation
import SigV4

/// A plain connection on which a test sends what no HTTP library would send.
///
/// Its calls block; they are made on a queue of its own, so that a waiting test takes no thread from the server.
final class Wire: @unchecked Sendable {
    private let socket: CInt
    private let queue = DispatchQueue(label: "wire")
    /// Used on the queue only.
    private var received: [UInt8] = []

    struct Fault: Error {
        let call: String
    }

    init(port: Int) throws {
        self.socket = Foundation.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Fault(call: "connect") }
    }

    deinit {
        close(self.socket)
    }

    private func onQueue<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            self.queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    func send(_ text: String) async throws {
        try await self.send(Array(text.utf8))
    }

    func send(_ message: [UInt8]) async throws {
        try await self.onQueue {
            var bytes = message[...]
            while !bytes.isEmpty {
                let sent = bytes.withUnsafeBytes { Foundation.send(self.socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
                guard sent > 0 else { throw Fault(call: "send") }
                bytes = bytes.dropFirst(sent)
            }
        }
    }

    /// Says that nothing more will be sent.
    func finish() {
        _ = shutdown(self.socket, CInt(SHUT_WR))
    }

    /// An answer's head, with the empty line.
    func receiveHead() async throws -> String {
        try await self.onQueue { try self.takeHead() }
    }

    /// An answer with the body that its Content-Length tells.
    func receiveAnswer() async throws -> (head: String, body: String) {
        try await self.onQueue {
            let head = try self.takeHead()
            let lengthLine = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            let length = lengthLine.flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
            while self.received.count < length {
                guard try self.fill() else { throw Fault(call: "the connection ended") }
            }
            let body = String(decoding: self.received[..<length], as: UTF8.self)
            self.received.removeFirst(length)
            return (head, body)
        }
    }

    /// Everything until the server closes.
    func receiveToEnd() async throws -> String {
        try await self.onQueue {
            while try self.fill() {}
            defer { self.received = [] }
            return String(decoding: self.received, as: UTF8.self)
        }
    }

    private func fill() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(self.socket, &buffer, buffer.count, 0)
        // A server that closes with bytes unread resets the connection.
        if count < 0, errno == ECONNRESET { return false }
        guard count >= 0 else { throw Fault(call: "recv") }
        self.received += buffer[..<count]
        return count > 0
    }

    private func takeHead() throws -> String {
        while true {
            let text = String(decoding: self.received, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") {
                let head = String(text[..<end.upperBound])
                self.received.removeFirst(head.utf8.count)
                return head
            }
            guard try self.fill() else { throw Fault(call: "the connection ended: \(text)") }
        }
    }
}

/// A request's head for the wire.
func head(_ method: String, _ target: String, _ headers: [Header], host: String = "localhost") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n" + headers.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n"
}
