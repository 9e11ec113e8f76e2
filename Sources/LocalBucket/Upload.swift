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

    typealias Write = (ByteBuffer) async throws -> Void

    /// Writes what `body` hands out, checks it against what the client declared, and makes it the object.
    ///
    /// - Parameter body: Returns the checksum that came behind the bytes, where one did.
    /// - Throws: A refusal; the bucket is then unchanged.
    func receive(_ expectation: BodyExpectation, _ body: (Write) async throws -> Checksum?) async throws -> ObjectRecord {
        try await self.store.withIncoming { incoming in
            let intake = Intake(expectation)
            let trailing = try await body { buffer in
                intake.count(buffer)
                try await incoming.append(buffer)
            }
            let digests = try intake.finish(trailing: trailing)
            let record = ObjectRecord(
                key: self.key, size: intake.size, etag: digests.etag, lastModifiedSeconds: self.clock().secondsSinceEpoch,
                attributes: self.attributes, checksum: digests.checksum)
            try await self.store.commit(incoming, as: record, if: self.condition)
            return record
        }
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
