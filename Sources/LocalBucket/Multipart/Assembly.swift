import Libcrypto
import NIOCore
import S3Signing
import SigV4

/// An object that is put together from the parts of an upload.
struct Assembly {
    private let upload: UploadRecord
    private let parts: [PartRecord]
    private let fields: FieldList

    /// Checks a completion as S3 does.
    ///
    /// - Parameters:
    ///   - stored: The parts that have arrived.
    ///   - fields: The headers of the completion, which may tell size and checksum of the object.
    init(_ upload: UploadRecord, _ completion: Completion, stored: [PartRecord], fields: FieldList) throws(S3Error) {
        self.upload = upload
        self.fields = fields
        for (earlier, later) in zip(completion.parts, completion.parts.dropFirst()) where earlier.number >= later.number {
            throw Refused.invalidPartOrder(uploadID: upload.id)
        }
        let known = Dictionary(uniqueKeysWithValues: stored.map { ($0.number, $0) })
        var parts: [PartRecord] = []
        for named in completion.parts {
            guard let part = known[named.number], part.etag == named.etag, named.checksums.allSatisfy({ $0 == part.checksum }) else {
                throw Refused.invalidPart(named.number, etag: named.etag, uploadID: upload.id)
            }
            if upload.checksumType == .composite, named.checksums.isEmpty {
                throw S3Error.invalidRequest(
                    "The upload was created using a \(part.checksum.algorithm.rawValue.lowercased()) checksum. The complete request must "
                        + "include the checksum for each part. It was missing for part \(named.number) in the request.")
            }
            parts.append(part)
        }
        for part in parts.dropLast() where part.size < Limits.minimumPartBytes { throw Refused.partTooSmall(part) }
        self.parts = parts
        try self.checkHeaders()
    }

    private func checkHeaders() throws(S3Error) {
        if let type = self.fields["x-amz-checksum-type"], type.uppercased() != self.upload.checksumType.rawValue {
            throw S3Error.invalidRequest(
                "The upload was created using the \(self.upload.checksumType.rawValue) checksum mode. The complete request must use the same "
                    + "checksum mode.")
        }
        if let size = self.fields["x-amz-mp-object-size"], Int64(size) != self.parts.reduce(0, { $0 + $1.size }) {
            throw S3Error.invalidRequest("The provided 'x-amz-mp-object-size' header value does not match what was computed.")
        }
    }

    /// Copies the parts one behind the other, holding a piece of one of them in memory.
    ///
    /// - Throws: `BadDigest` when the object is not what the headers declare; `InvalidPart` when a part has been replaced meanwhile.
    func write(from store: ObjectStore, to incoming: IncomingObject, at time: SigningTime) async throws -> ObjectRecord {
        let checksum = RunningCheck(self.upload.checksumType == .fullObject ? self.upload.checksumAlgorithm ?? .crc64nvme : nil)
        for part in self.parts {
            guard let file = try await store.part(part.number, of: self.upload) else { throw Refused.noSuchUpload(self.upload.id) }
            guard file.record == part else { throw Refused.invalidPart(part.number, etag: part.etag, uploadID: self.upload.id) }
            try await incoming.append(file) { checksum.update($0) }
        }
        let record = ObjectRecord(
            key: self.upload.key, size: self.parts.reduce(0) { $0 + $1.size }, etag: self.etag(),
            lastModifiedSeconds: time.secondsSinceEpoch, attributes: self.upload.attributes,
            checksum: try checksum.finish() ?? self.compositeChecksum(),
            multipart: MultipartOrigin(
                uploadID: self.upload.id, partSizes: self.parts.map(\.size), checksumType: self.upload.checksumType))
        try self.checkDeclared(record.checksum)
        return record
    }

    /// MD5 of the parts' MD5s, and their number.
    private func etag() -> String {
        var digest = StreamingDigest(.md5)
        let sums = self.parts.flatMap { Hex.decode($0.etag) ?? [] }
        digest.update(sums.span)
        return "\(Hex.encode(digest.finish()))-\(self.parts.count)"
    }

    /// The checksum of the parts' checksums, and their number.
    private func compositeChecksum() throws(S3Error) -> Checksum {
        var digests = BodyDigests(try BodyExpectation(FieldList([]), trailing: self.parts[0].checksum.algorithm))
        for part in self.parts { digests.update(ByteBuffer(bytes: Base64.decode(part.checksum.value) ?? [])) }
        var checksum = try digests.finish(trailing: nil).checksum
        checksum.value += "-\(self.parts.count)"
        return checksum
    }

    /// A composite one may be declared without the number.
    private func checkDeclared(_ computed: Checksum) throws(S3Error) {
        for algorithm in ChecksumAlgorithm.allCases {
            guard let declared = self.fields[algorithm.headerName] else { continue }
            guard algorithm == computed.algorithm else {
                throw Refused.checksumMismatch(expected: self.upload.checksumAlgorithm, actual: algorithm)
            }
            guard computed.value == declared || computed.value == "\(declared)-\(self.parts.count)" else {
                throw Refused.badChecksum(algorithm)
            }
        }
    }
}

/// The checksum of all bytes of an object that is put together. Used inside one task.
private final class RunningCheck {
    private let algorithm: ChecksumAlgorithm?
    private var check: CRC?

    init(_ algorithm: ChecksumAlgorithm?) {
        self.algorithm = algorithm
        self.check = algorithm.flatMap { CRC.check(of: $0) }
    }

    func update(_ buffer: ByteBuffer) { self.check?.update(buffer.readableBytesUInt8Span) }

    /// - Returns: Nil where the object has none of this kind.
    func finish() -> Checksum? {
        guard let algorithm, let check else { return nil }
        return Checksum(algorithm: algorithm, value: Base64.encode(check.finish()))
    }
}
