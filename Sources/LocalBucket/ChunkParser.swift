import Libcrypto
import NIOCore
import S3Signing
import SigV4

/// Takes an `aws-chunked` body apart while it arrives, in bounded memory; whether its signatures are right is not decided here.
///
/// A value without I/O: ``feed(_:)`` gives it bytes, ``next()`` takes what they mean, ``finish()`` says that no more will come.
/// Source: Amazon S3 API Reference, "Transferring Payload in Multiple Chunks" and "Including Trailing Headers"; where they are
/// silent, answers recorded from S3.
struct ChunkParser {
    enum Event: Equatable {
        /// Bytes of the object, of the chunk that is under way.
        case bytes(ByteBuffer)
        /// A chunk is complete, also the empty one that is the last; the signature is nil where chunks have none.
        case endOfChunk(signature: String?)
        /// The body is complete: the headers behind the last chunk, and their signature.
        case end(trailer: [Header], signature: String?)
    }

    private enum State: Equatable {
        case head
        case bytes(left: Int64)
        case lineBreak
        case trailer
        case ended
    }

    /// The most bytes of a chunk's head, or of one trailing header.
    private static let lineBytes = 1024
    /// The most trailing headers: a checksum and a signature, and room to say that there is one too many.
    private static let trailingHeaders = 4

    private let payload: ChunkedPayload
    /// What `x-amz-decoded-content-length` says.
    private let decodedLength: Int64
    private var buffer = ByteBuffer()
    private var state = State.head
    private var decoded: Int64 = 0
    private var chunkCount = 0
    private var chunkSize: Int64 = 0
    private var signature: String?
    private var trailer: [Header] = []

    init(_ payload: ChunkedPayload, decodedLength: Int64) {
        self.payload = payload
        self.decodedLength = decodedLength
    }

    mutating func feed(_ bytes: ByteBuffer) {
        if self.buffer.readableBytes == 0 {
            self.buffer = bytes
        } else {
            self.buffer.discardReadBytes()
            self.buffer.writeImmutableBuffer(bytes)
        }
    }

    /// - Returns: What comes next, or nil when more bytes are needed.
    mutating func next() throws(S3Error) -> Event? {
        while true {
            switch self.state {
            case .head:
                guard let line = try self.line() else { return nil }
                try self.begin(ChunkHead(line, isSigned: self.payload.isSigned))
                if self.chunkSize == 0 { return .endOfChunk(signature: self.signature) }
            case .bytes(let left):
                let count = Int(min(left, Int64(self.buffer.readableBytes)))
                guard count > 0, let bytes = self.buffer.readSlice(length: count) else { return nil }
                self.state = left > Int64(count) ? .bytes(left: left - Int64(count)) : .lineBreak
                return .bytes(bytes)
            case .lineBreak:
                guard let mark = self.buffer.readBytes(length: 2) else { return nil }
                guard mark == [0x0d, 0x0a] else { throw Refused.incompleteBody }
                self.state = .head
                return .endOfChunk(signature: self.signature)
            case .trailer:
                guard let line = try self.line() else { return nil }
                if line.isEmpty { return try self.end() }
                try self.add(trailing: line)
            case .ended:
                guard self.buffer.readableBytes == 0 else { throw Refused.bodyLengthMismatch }
                return nil
            }
        }
    }

    /// - Throws: `IncompleteBody` unless the body's end has come.
    func finish() throws(S3Error) {
        guard self.state == .ended else { throw Refused.incompleteBody }
    }

    private mutating func begin(_ head: ChunkHead?) throws(S3Error) {
        guard let head else { throw Refused.incompleteBody }
        if head.size > 0, self.chunkCount > 0, self.chunkSize < Limits.chunkBytes {
            throw Refused.chunkTooSmall(self.chunkSize, number: self.chunkCount)
        }
        guard head.size <= self.decodedLength - self.decoded, head.size > 0 || self.decoded == self.decodedLength else {
            throw Refused.bodyLengthMismatch
        }
        self.decoded += head.size
        self.chunkCount += 1
        self.chunkSize = head.size
        self.signature = head.signature
        self.state = head.size > 0 ? .bytes(left: head.size) : .trailer
    }

    private mutating func add(trailing line: String) throws(S3Error) {
        guard self.payload.hasTrailer else { throw Refused.incompleteBody }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, self.trailer.count < Self.trailingHeaders else { throw Refused.malformedTrailer }
        self.trailer.append(Header(String(parts[0]), String(parts[1])))
    }

    private mutating func end() throws(S3Error) -> Event {
        self.state = .ended
        guard self.payload == .signedWithTrailer else { return .end(trailer: self.trailer, signature: nil) }
        // The signature comes last, and covers what comes before it.
        guard let last = self.trailer.popLast(), last.name == ChunkedPayload.trailerSignatureName else { throw Refused.malformedTrailer }
        return .end(trailer: self.trailer, signature: last.value)
    }

    /// A line without its line break; nil when more bytes are needed.
    private mutating func line() throws(S3Error) -> String? {
        let bytes = self.buffer.readableBytesView.prefix(Self.lineBytes + 1)
        guard let end = bytes.firstIndex(where: { $0 == 0x0d || $0 == 0x0a }) else {
            if bytes.count > Self.lineBytes { throw Refused.incompleteBody }
            return nil
        }
        let length = end - bytes.startIndex
        guard bytes[end] == 0x0d else { throw Refused.incompleteBody }
        guard self.buffer.readableBytes >= length + 2 else { return nil }
        guard let text = self.buffer.readString(length: length), self.buffer.readBytes(length: 2) == [0x0d, 0x0a] else {
            throw Refused.incompleteBody
        }
        return text
    }
}

/// The line before a chunk's bytes.
private struct ChunkHead {
    let size: Int64
    let signature: String?

    /// Nil when it is none: the size in hexadecimal digits, then the signature exactly where chunks are signed.
    init?(_ line: String, isSigned: Bool) {
        let digits = line.utf8.prefix { Hex.value(of: $0) != nil }
        guard (1...16).contains(digits.count), let size = Int64(Substring(digits), radix: 16) else { return nil }
        let rest = line.utf8.dropFirst(digits.count)
        if isSigned {
            let mark = ChunkedPayload.signatureParameter.utf8
            guard rest.starts(with: mark), rest.count == mark.count + 64 else { return nil }
            self.signature = String(Substring(rest.dropFirst(mark.count)))
        } else {
            guard rest.isEmpty else { return nil }
            self.signature = nil
        }
        self.size = size
    }
}
