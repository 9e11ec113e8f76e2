import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes
import S3Signing

/// Reads a request's body once, piece by piece, and knows what is still to come. Used inside one task.
final class BodyReader {
    /// What `Content-Length` says; nil when the body comes in chunks, or not at all.
    let declaredLength: Int64?
    private(set) var received: Int64 = 0
    private var ended: Bool
    private var iterator: RequestBody.AsyncIterator
    private let channel: any Channel
    /// The client waits for `100 Continue` before it sends.
    private var isHeldBack: Bool

    init(_ request: Request, channel: any Channel) throws(S3Error) {
        self.iterator = request.body.makeAsyncIterator()
        self.channel = channel
        let lengths = request.headers[values: .contentLength]
        let isChunked = request.headers.contains(.transferEncoding)
        if let text = lengths.first {
            guard let length = Int64(text), length >= 0, lengths.allSatisfy({ $0 == text }) else {
                throw S3Error.invalidArgument("Content-Length must be a number of bytes.", name: "Content-Length", value: text)
            }
            self.declaredLength = isChunked ? nil : length
        } else {
            self.declaredLength = nil
        }
        self.ended = !isChunked && (self.declaredLength ?? 0) == 0
        self.isHeldBack = !self.ended && request.headers[.expect]?.lowercased() == "100-continue"
    }

    /// Where the connection lives.
    var eventLoop: any EventLoop { self.channel.eventLoop }

    /// - Throws: `IncompleteBody` when the connection ends before the body does.
    func next() async throws(S3Error) -> ByteBuffer? {
        if self.isHeldBack {
            self.isHeldBack = false
            self.channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil)
        }
        do {
            guard let buffer = try await self.iterator.next() else {
                self.ended = true
                return nil
            }
            self.received += Int64(buffer.readableBytes)
            return buffer
        } catch {
            throw Refused.incompleteBody
        }
    }

    /// Whether the connection can be used again after the answer: what is unread is little, and is coming.
    var canKeepConnection: Bool {
        if self.ended { return true }
        guard let declaredLength, !self.isHeldBack else { return false }
        return declaredLength - self.received <= Self.drainBytes
    }

    /// Unread bytes up to here are read and dropped so that the connection can be kept: a browser that is still sending then sees the
    /// refusal and not a reset connection.
    private static let drainBytes: Int64 = 16 << 20
}

extension BodyReader {
    /// Reads a body that is a document; it must be what was signed and declared.
    func document(_ expectation: BodyExpectation, maximumBytes: Int) async throws -> String {
        var digests = BodyDigests(expectation)
        var bytes = ByteBuffer()
        while let buffer = try await self.next() {
            digests.update(buffer)
            bytes.writeImmutableBuffer(buffer)
            if bytes.readableBytes > maximumBytes { throw Refused.messageTooLong(maximumBytes) }
        }
        if let declaredLength, self.received != declaredLength { throw Refused.incompleteBody }
        _ = try digests.finish(trailing: nil)
        return String(buffer: bytes)
    }
}
