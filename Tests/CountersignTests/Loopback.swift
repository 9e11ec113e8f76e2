import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Requests of tests to servers of this machine.
enum HTTPFetch {
    static func get(_ url: String) async throws -> (bytes: Data, type: String?) {
        let (data, response) = try await send(URLRequest(url: try #require(URL(string: url))))
        #expect(response.statusCode == 200)
        return (data, response.value(forHTTPHeaderField: "content-type"))
    }

    static func send(_ request: URLRequest) async throws -> (Data, HTTPURLResponse) {
        let (data, response) = try await URLSession.shared.data(for: request)
        return (data, try #require(response as? HTTPURLResponse))
    }
}

/// A socket bound to a free port of loopback; as long as it is open, nobody else can have the port.
struct TakenPort: ~Copyable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        #if canImport(Glibc)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
        try #require(listening)
    }

    deinit { close(descriptor) }
}

/// The built binary in a process of its own.
final class BinaryRun: @unchecked Sendable {
    private let process = Process()
    private let output = Pipe()
    private let diagnostics = Pipe()
    private var pending: [UInt8] = []
    private var said = Data()

    /// `countersign` beside the test bundle.
    private static var binary: URL {
        #if os(macOS)
            Bundle(for: BinaryRun.self).bundleURL.deletingLastPathComponent().appending(path: "countersign")
        #else
            URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "countersign")
        #endif
    }

    /// What a sanitizer of this process is told, `make sanitize` has for that one too.
    private static let sanitizing = ProcessInfo.processInfo.environment.filter {
        ["TSAN_OPTIONS", "ASAN_OPTIONS", "LSAN_OPTIONS", "LD_PRELOAD"].contains($0.key)
    }

    init(_ arguments: [String], variables: [String: String] = [:], folder: String = NSTemporaryDirectory()) throws {
        process.executableURL = Self.binary
        process.arguments = arguments
        process.environment = variables.merging(Self.sanitizing) { given, _ in given }
        process.currentDirectoryURL = URL(filePath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = diagnostics
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The next line of standard output; nil when the process has closed it.
    func line() -> String? {
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                defer { pending.removeFirst(end + 1) }
                return String(decoding: pending[..<end], as: UTF8.self)
            }
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { return nil }
            pending += data
        }
    }

    /// Waits until standard error holds a text; false where it ends without.
    func says(_ text: String) -> Bool {
        while !String(decoding: said, as: UTF8.self).contains(text) {
            let data = diagnostics.fileHandleForReading.availableData
            if data.isEmpty { return false }
            said += data
        }
        return true
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end; the exit code and all of standard error.
    func end() -> (code: Int32, diagnostics: String) {
        let data = said + diagnostics.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    /// The same without holding up what the test itself serves.
    func ended() async -> (code: Int32, diagnostics: String) {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in continuation.resume(returning: end()) }
        }
    }
}
