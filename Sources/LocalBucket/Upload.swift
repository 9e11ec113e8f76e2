import NIOCore
import S3Signing
import SigV4

/// The way of an object into the store, the same for PUT and POST.
struct Upload {
    let store: ObjectStore
    let key: String
    let attributes: ObjectAttributes
    let condition: WriteCondition
    let clock: @Sendable () -> SigningTime

    /// Writes what `body` hands out, checks it against what the client declared, and makes it the object.
    ///
    /// - Parameter body: Returns the checksum that came behind the bytes, where one did.
    /// - Throws: A refusal; the bucket is then unchanged.
    func receive(_ expectation: BodyExpectation, _ body: (BodyWrite) async throws -> Checksum?) async throws -> ObjectRecord {
        try await self.store.withIncoming { incoming in
            let received = try await incoming.receive(expectation, body)
            let record = ObjectRecord(
                key: self.key, size: received.size, etag: received.etag, lastModifiedSeconds: self.clock().secondsSinceEpoch,
                attributes: self.attributes, checksum: received.checksum)
            try await self.store.commit(incoming, as: record, if: self.condition)
            return record
        }
    }
}

typealias BodyWrite = (ByteBuffer) async throws -> Void

/// The body of PutObject or UploadPart: bytes, or chunks of them.
struct ObjectBody {
    var expectation: BodyExpectation
    private let length: Int64
    private let chunked: ChunkedBody?
    private let reader: BodyReader

    /// - Throws: A refusal of what the headers say of the body.
    init(_ fields: FieldList, _ verified: VerifiedRequest, _ reader: BodyReader) throws(S3Error) {
        self.reader = reader
        self.chunked = try ChunkedBody(fields, verified)
        guard let length = self.chunked?.length ?? reader.declaredLength else { throw Refused.missingContentLength }
        if length > Limits.objectBytes { throw Refused.entityTooLarge(length) }
        self.length = length
        self.expectation = try BodyExpectation(
            fields, contentSHA256: verified.contentSHA256, trailing: self.chunked?.trailingChecksum)
    }

    /// - Returns: The checksum that came behind the bytes.
    func read(_ write: BodyWrite) async throws -> Checksum? {
        if let chunked { return try await chunked.read(self.reader, write) }
        while let buffer = try await self.reader.next() { try await write(buffer) }
        guard self.reader.received == self.length else { throw Refused.incompleteBody }
        return nil
    }
}

extension IncomingObject {
    struct Received {
        let size: Int64
        /// MD5 in hexadecimal.
        let etag: String
        let checksum: Checksum
    }

    /// Writes what `body` hands out, and checks it against what the client declared.
    fileprivate func receive(
        _ expectation: BodyExpectation, _ body: (BodyWrite) async throws -> Checksum?
    ) async throws -> Received {
        let intake = Intake(expectation)
        let trailing = try await body { buffer in
            intake.count(buffer)
            try await self.append(buffer)
        }
        let digests = try intake.finish(trailing: trailing)
        return Received(size: intake.size, etag: digests.etag, checksum: digests.checksum)
    }

    func receive(_ body: ObjectBody) async throws -> Received {
        try await self.receive(body.expectation, body.read)
    }
}

/// Counts and digests bytes on their way. Used inside one task.
private final class Intake {
    private(set) var size: Int64 = 0
    private var digests: BodyDigests?

    init(_ expectation: BodyExpectation) {
        self.digests = BodyDigests(expectation)
    }

    func count(_ buffer: ByteBuffer) {
        self.size += Int64(buffer.readableBytes)
        self.digests?.update(buffer)
    }

    func finish(trailing: Checksum?) throws(S3Error) -> BodyDigests.Result {
        guard let digests = self.digests.take() else { preconditionFailure("finished twice") }
        return try digests.finish(trailing: trailing)
    }
}
