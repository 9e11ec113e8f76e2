import Foundation

/// The multipart uploads of one bucket on the disk: `uploads/ID` says that an upload is open and what it is of, `parts/ID/` has its parts.
///
/// An upload is there as long as its file is; what is found in `parts/` without one is what a killed abort has left. All calls block.
struct UploadFolder: Sendable {
    private let uploads: String
    private let parts: String

    init(folder: String) {
        self.uploads = folder + "/uploads"
        self.parts = folder + "/parts"
    }

    /// Makes the folders, and removes parts whose upload is gone.
    func prepare() throws {
        for path in [self.uploads, self.parts] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        for id in try FileManager.default.contentsOfDirectory(atPath: self.parts) where !self.isOpen(id) { self.removeParts(of: id) }
    }

    // MARK: - Uploads

    /// Makes an upload known whose record was written to `path`.
    func add(_ upload: UploadRecord, from path: String) throws {
        guard rename(path, self.path(of: upload.id)) == 0 else { throw FileFault.last("rename") }
        try Descriptor.synchronizeFolder(self.uploads)
    }

    /// - Parameter id: Whatever a client says.
    func upload(_ id: String) throws -> UploadRecord? {
        guard UploadRecord.isID(id), let record = try RecordedFile<UploadRecord>(path: self.path(of: id))?.record, record.id == id else {
            return nil
        }
        return record
    }

    /// All uploads, by key and then by age.
    func all() throws -> [UploadRecord] {
        try FileManager.default.contentsOfDirectory(atPath: self.uploads).compactMap { try self.upload($0) }
            .sorted { $0.key.utf8.elementsEqual($1.key.utf8) ? $0.id < $1.id : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    func isOpen(_ id: String) -> Bool { access(self.path(of: id), F_OK) == 0 }

    /// Ends an upload. Its parts can be removed afterwards: nobody finds them any more.
    ///
    /// - Returns: Whether it was there.
    func close(_ id: String) throws -> Bool {
        guard unlink(self.path(of: id)) == 0 else {
            if errno == ENOENT { return false }
            throw FileFault.last("unlink")
        }
        try Descriptor.synchronizeFolder(self.uploads)
        return true
    }

    private func path(of id: String) -> String { "\(self.uploads)/\(id)" }

    // MARK: - Parts

    /// Gives a part that was written to `path` its name; an earlier one of the same number is replaced.
    func addPart(_ number: Int, of id: String, from path: String) throws {
        let folder = self.partsPath(of: id)
        if mkdir(folder, 0o700) == 0 {
            try Descriptor.synchronizeFolder(self.parts)
        } else if errno != EEXIST {
            throw FileFault.last("mkdir")
        }
        guard rename(path, "\(folder)/\(number)") == 0 else { throw FileFault.last("rename") }
        try Descriptor.synchronizeFolder(folder)
    }

    func part(_ number: Int, of id: String) throws -> RecordedFile<PartRecord>? {
        guard let part = try RecordedFile<PartRecord>(path: "\(self.partsPath(of: id))/\(number)"), part.record.number == number else {
            return nil
        }
        return part
    }

    /// The numbers of the parts, in order.
    func partNumbers(of id: String) throws -> [Int] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: self.partsPath(of: id)).compactMap { Int($0) }.sorted()
        } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
            return []
        }
    }

    func removeParts(of id: String) {
        try? FileManager.default.removeItem(atPath: self.partsPath(of: id))
    }

    private func partsPath(of id: String) -> String { "\(self.parts)/\(id)" }
}
