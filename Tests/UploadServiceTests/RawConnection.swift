import NIOCore
import NIOPosix
import Testing

/// A TCP connection that sends exactly the bytes it is told to.
struct RawConnection {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var received: [UInt8] = []

    static func open<Value: Sendable>(
        port: Int, _ use: @Sendable (inout RawConnection) async throws -> Value
    ) async throws -> Value {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "localhost", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await use(&connection)
        }
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: bytes))
    }

    /// Closes our side, and leaves the other one open.
    func finish() { outbound.finish() }

    /// Everything until the other side closes; a reset counts as the end.
    mutating func readToEnd() async -> String {
        while let buffer = try? await inbound.next() { received += buffer.readableBytesView }
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// One response with Content-Length, or an informational one.
    mutating func readResponse() async throws -> (status: Int, head: String, body: String) {
        let separator = Array("\r\n\r\n".utf8)
        while true {
            if let end = received.firstRange(of: separator) {
                let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
                let lines = head.split(separator: "\r\n")
                let status = try #require(Int(lines[0].split(separator: " ")[1]))
                let length = lines.first { $0.lowercased().hasPrefix("content-length:") }.flatMap {
                    Int($0.split(separator: ":")[1].drop { $0 == " " })
                }
                let bodyEnd = end.upperBound + (length ?? 0)
                if received.count >= bodyEnd {
                    let body = String(decoding: received[end.upperBound..<bodyEnd], as: UTF8.self)
                    received.removeFirst(bodyEnd)
                    return (status, head, body)
                }
            }
            let buffer = try #require(try await inbound.next(), "the connection ended: \(String(decoding: received, as: UTF8.self))")
            received += buffer.readableBytesView
        }
    }
}
