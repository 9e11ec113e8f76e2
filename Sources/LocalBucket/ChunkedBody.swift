import Libcrypto
import NIOCore
import S3Signing
import SigV4

/// A request's body in `aws-chunked` framing: what it announces, and how it is read.
struct ChunkedBody {
    /// The object's length in bytes.
    let length: Int64
    /// The checksum that comes behind the chunks.
    let trailingChecksum: ChecksumAlgorithm?
    private let payload: ChunkedPayload
    private let verifier: ChunkVerifier?

    /// - Returns: Nil for a body that is the object itself.
    /// - Throws: A refusal of headers that contradict each other: framing must never be stored as if it were the object.
    init?(_ fields: FieldList, _ verified: VerifiedRequest) throws(S3Error) {
        guard case .streaming(let word) = verified.payload, let payload = ChunkedPayload(rawValue: word) else {
            try Self.refuseFraming(fields)
            return nil
        }
        guard let text = fields["x-amz-decoded-content-length"], let length = Int64(text), length >= 0 else {
            throw Refused.missingContentLength
        }
        self.length = length
        self.payload = payload
        self.verifier = verified.chunks
        self.trailingChecksum = try Self.trailingChecksum(fields)
        switch (payload, self.trailingChecksum) {
        case (.signed, _?):
            throw S3Error.invalidRequest("x-amz-trailer was sent, but x-amz-content-sha256 says that there is no trailer.")
        case (.signedWithTrailer, nil): throw Refused.malformedTrailer
        default: return
        }
    }

    private static func refuseFraming(_ fields: FieldList) throws(S3Error) {
        let names = ["x-amz-decoded-content-length", "x-amz-trailer"].filter { fields[$0] != nil }
        guard names.isEmpty, !ContentEncoding.isChunked(fields["content-encoding"]) else {
            throw S3Error.invalidArgument(
                "An aws-chunked body needs one of the STREAMING values in x-amz-content-sha256.", name: "x-amz-content-sha256",
                value: fields["x-amz-content-sha256"])
        }
    }

    private static func trailingChecksum(_ fields: FieldList) throws(S3Error) -> ChecksumAlgorithm? {
        guard let name = fields["x-amz-trailer"] else { return nil }
        guard let algorithm = ChecksumAlgorithm.allCases.first(where: { $0.headerName == name.lowercased() }) else {
            throw S3Error.invalidRequest("The value specified in the x-amz-trailer header is not supported")
        }
        return algorithm
    }

    /// Writes the object's bytes as they come. They may be thrown away still: only the end of the body tells that all were right.
    ///
    /// - Returns: The checksum that the client declares behind the chunks.
    func read(_ body: BodyReader, _ write: BodyWrite) async throws -> Checksum? {
        var parser = ChunkParser(self.payload, decodedLength: self.length)
        let signatures = ChunkSignatures(self.verifier)
        var trailer: [Header]?
        while let buffer = try await body.next() {
            parser.feed(buffer)
            while let event = try parser.next() {
                switch event {
                case .bytes(let bytes):
                    signatures.update(bytes)
                    try await write(bytes)
                case .endOfChunk(let signature): try signatures.check(signature)
                case .end(let headers, let signature):
                    try signatures.check(headers, signature)
                    trailer = headers
                }
            }
        }
        try parser.finish()
        return try self.checksum(in: trailer ?? [])
    }

    private func checksum(in trailer: [Header]) throws(S3Error) -> Checksum? {
        guard trailer.map({ $0.name.lowercased() }) == (self.trailingChecksum.map { [$0.headerName] } ?? []) else {
            throw Refused.malformedTrailer
        }
        guard let algorithm = self.trailingChecksum, let value = trailer.first?.value else { return nil }
        guard Base64.decode(value)?.count == algorithm.byteCount else {
            throw S3Error.invalidRequest("Value for \(algorithm.headerName) trailing header is invalid.")
        }
        return Checksum(algorithm: algorithm, value: value)
    }
}

/// The signatures of the chunks, checked one after the other as the bytes stream past. Used inside one task.
private final class ChunkSignatures {
    private var verifier: ChunkVerifier?
    private var digest = StreamingDigest(.sha256)

    init(_ verifier: ChunkVerifier?) {
        self.verifier = verifier
    }

    func update(_ bytes: ByteBuffer) {
        if self.verifier != nil { self.digest.update(bytes.readableBytesUInt8Span) }
    }

    func check(_ signature: String?) throws(S3Error) {
        guard let signature else { return }
        var finished = StreamingDigest(.sha256)
        swap(&finished, &self.digest)
        guard let digest = SHA256Digest(bytes: finished.finish()) else { preconditionFailure("a digest of another length") }
        try self.verifier?.verify(chunk: digest, signature: signature)
    }

    func check(_ trailer: [Header], _ signature: String?) throws(S3Error) {
        if let signature { try self.verifier?.verify(trailer: trailer, signature: signature) }
    }
}

/// The list in a `Content-Encoding` header.
enum ContentEncoding {
    private static let framing = "aws-chunked"

    static func isChunked(_ header: String?) -> Bool {
        self.codings(header).contains { $0.lowercased() == self.framing }
    }

    /// The codings of the object, without that of the transfer; nil when none is left.
    static func stored(_ header: String?) -> String? {
        guard self.isChunked(header) else { return header }
        let rest = self.codings(header).filter { $0.lowercased() != self.framing }
        return rest.isEmpty ? nil : rest.joined(separator: ",")
    }

    private static func codings(_ header: String?) -> [Substring] {
        (header ?? "").split(separator: ",").map(\.trimmingSpaces)
    }
}
