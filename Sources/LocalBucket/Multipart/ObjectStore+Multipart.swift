import NIOPosix
import S3Signing

extension ObjectStore {
    func begin(_ upload: UploadRecord) async throws {
        try await self.withIncoming { incoming in
            try await self.seal(incoming, with: upload)
            try await self.onCommitQueue { try self.uploads.add(upload, from: incoming.path) }
        }
    }

    /// - Parameter id: Whatever a client says.
    /// - Throws: `NoSuchUpload` also when the upload is of another key.
    func upload(_ id: String, of key: String) async throws -> UploadRecord {
        let found = try await self.pool.runIfActive { try self.uploads.upload(id) }
        guard let found, found.key.utf8.elementsEqual(key.utf8) else { throw Refused.noSuchUpload(id) }
        return found
    }

    /// All open uploads, by key and then by age.
    func openUploads() async throws -> [UploadRecord] {
        try await self.pool.runIfActive { try self.uploads.all() }
    }

    /// Makes a file that has come in a part of an upload.
    ///
    /// - Throws: `NoSuchUpload` when it has been aborted or completed meanwhile.
    func commit(_ incoming: IncomingObject, asPart part: PartRecord, of upload: UploadRecord) async throws {
        try await self.seal(incoming, with: part)
        try await self.onCommitQueue {
            guard self.uploads.isOpen(upload.id) else { throw Refused.noSuchUpload(upload.id) }
            try self.uploads.addPart(part.number, of: upload.id, from: incoming.path)
        }
    }

    /// The parts that have arrived, in order.
    ///
    /// - Parameter choose: Which of their numbers.
    /// - Throws: `NoSuchUpload` when it has been aborted or completed meanwhile, which removes its parts one after the other.
    func parts(of upload: UploadRecord, _ choose: @escaping @Sendable ([Int]) -> [Int] = { $0 }) async throws -> [PartRecord] {
        try await self.pool.runIfActive {
            let parts = try choose(try self.uploads.partNumbers(of: upload.id)).compactMap {
                try self.uploads.part($0, of: upload.id)?.record
            }
            guard self.uploads.isOpen(upload.id) else { throw Refused.noSuchUpload(upload.id) }
            return parts
        }
    }

    func part(_ number: Int, of upload: UploadRecord) async throws -> RecordedFile<PartRecord>? {
        try await self.pool.runIfActive { try self.uploads.part(number, of: upload.id) }
    }

    /// Makes a file that was put together from an upload's parts the object, and ends the upload.
    ///
    /// A kill after the object has its name and before the upload is gone leaves both; the object tells which upload it is of.
    ///
    /// - Parameter watch: On the key's deletions since the completion began: a condition that was looked at before one is not kept
    ///   by looking again, so S3 has it all done again.
    func complete(
        _ upload: UploadRecord, with incoming: IncomingObject, as record: ObjectRecord, if condition: WriteCondition, watch: DeletionWatch
    ) async throws {
        try await self.seal(incoming, with: record)
        try await self.onCommitQueue {
            guard self.uploads.isOpen(upload.id) else { throw Refused.noSuchUpload(upload.id) }
            if condition != .none, watch.hasSeenDeletion { throw Refused.conditionalConflict }
            try self.name(incoming, as: record, if: condition)
            _ = try self.uploads.close(upload.id)
        }
        try await self.removeParts(of: upload)
    }

    /// - Throws: `NoSuchUpload` when it is not open.
    func abort(_ upload: UploadRecord) async throws {
        guard try await self.onCommitQueue({ try self.uploads.close(upload.id) }) else { throw Refused.noSuchUpload(upload.id) }
        try await self.removeParts(of: upload)
    }

    private func removeParts(of upload: UploadRecord) async throws {
        try await self.pool.runIfActive { self.uploads.removeParts(of: upload.id) }
    }
}
