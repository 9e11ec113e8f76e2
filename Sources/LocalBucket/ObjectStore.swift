import Dispatch
import Foundation
import NIOCore
import NIOPosix
import S3Signing
import Synchronization

/// The objects of one bucket in one folder.
///
/// A new object is written to a file under `incoming/`, brought to the disk, and then renamed into `objects/`: whenever the process
/// is killed, the old object is there or the new one. The parts of multipart uploads come in the same way (``UploadFolder``).
final class ObjectStore: Sendable {
    private let objects: String
    private let incoming: String
    let uploads: UploadFolder
    let pool = NIOThreadPool.singleton
    /// Objects are put together a few at a time: the disk is no faster for more, and each holds a piece and a list of parts in memory.
    let assemblies = Turnstile(4)
    /// Conditions are checked and names changed here, one after another, so that nothing comes between a check and its change.
    private let commits: DispatchQueue
    /// The conditional completions under way, by key; see ``DeletionWatch``.
    private let watches = Mutex<[String: [DeletionWatch]]>([:])

    /// The keys that the last listing read. A file's name is made from its key, so that what was read once stays true.
    private let keysByName = Mutex<[String: [UInt8]]>([:])

    /// Makes the folders, and removes what uploads that were killed have left. Blocks.
    init(folder: String) throws {
        self.objects = folder + "/objects"
        self.incoming = folder + "/incoming"
        self.uploads = UploadFolder(folder: folder)
        self.commits = DispatchQueue(label: "countersign.local-bucket.commits")
        for path in [self.objects, self.incoming] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try self.sweep()
        try self.uploads.prepare()
    }

    /// An upload under way holds the lock on its file, also one of another process; what can be locked was left behind.
    private func sweep() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: self.incoming) {
            let path = "\(self.incoming)/\(name)"
            guard let file = try? Descriptor(path: path, flags: O_RDWR | O_NOFOLLOW), file.lock() else { continue }
            _ = unlink(path)
        }
    }

    private func path(of key: String) -> String {
        "\(self.objects)/\(ObjectFile.name(for: key))"
    }

    /// Opens an object for reading. What was opened stays readable as it was, whatever happens to the key afterwards.
    func object(_ key: String) async throws -> StoredObject? {
        let path = self.path(of: key)
        return try await self.pool.runIfActive { try StoredObject.open(path: path, key: key) }
    }

    /// The keys of all objects, in the binary order of their UTF-8.
    func keys() async throws -> [[UInt8]] {
        try await self.pool.runIfActive {
            let known = self.keysByName.withLock { $0 }
            var found: [String: [UInt8]] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: self.objects) {
                found[name] =
                    try known[name] ?? StoredObject.open(path: "\(self.objects)/\(name)", key: nil).map { Array($0.record.key.utf8) }
            }
            self.keysByName.withLock { [found] in $0 = found }
            return found.values.sorted { $0.lexicographicallyPrecedes($1) }
        }
    }

    /// The records of some objects, without those that are gone.
    func records(_ keys: [String]) async throws -> [ObjectRecord] {
        try await self.pool.runIfActive {
            try keys.compactMap { try StoredObject.open(path: self.path(of: $0), key: $0)?.record }
        }
    }
}

/// What must hold for a change to happen.
enum WriteCondition: Sendable, Equatable {
    case none
    /// `If-None-Match: *`
    case absent
    /// `If-Match`: one of these entity tags, or any (`*`).
    case matches(String)

    /// - Throws: `PreconditionFailed`; or `NoSuchKey`, where a match is asked and there is nothing.
    func check(_ current: ObjectRecord?, key: String) throws(S3Error) {
        switch self {
        case .none: return
        case .absent: if current != nil { throw Refused.precondition("If-None-Match") }
        case .matches(let tags):
            guard let current else { throw Refused.noSuchKey(key) }
            if !EntityTags(tags).contain(current.etag) { throw Refused.precondition("If-Match") }
        }
    }
}

extension ObjectStore {
    /// Opens a file for an object on its way in, and removes it afterwards unless it was committed.
    func withIncoming<Result>(_ body: (IncomingObject) async throws -> Result) async throws -> Result {
        let path = "\(self.incoming)/\(UUID().uuidString)"
        let file = try await self.pool.runIfActive {
            let file = try Descriptor(path: path, flags: O_RDWR | O_CREAT | O_EXCL)
            _ = file.lock()
            return file
        }
        do {
            let result = try await body(IncomingObject(file: file, path: path, pool: self.pool))
            try await self.remove(path)
            return result
        } catch {
            try await self.remove(path)
            throw error
        }
    }

    private func remove(_ path: String) async throws {
        try await self.pool.runIfActive { _ = unlink(path) }
    }

    /// Gives an object on its way in its record and its name.
    ///
    /// - Throws: The refusal of the condition; the bucket is then unchanged.
    func commit(_ object: IncomingObject, as record: ObjectRecord, if condition: WriteCondition) async throws {
        try await self.seal(object, with: record)
        try await self.onCommitQueue { try self.name(object, as: record, if: condition) }
    }

    /// Gives a sealed object its name, on the commit queue.
    func name(_ object: IncomingObject, as record: ObjectRecord, if condition: WriteCondition) throws {
        let final = self.path(of: record.key)
        try condition.check(try StoredObject.open(path: final, key: record.key)?.record, key: record.key)
        if condition == .absent {
            // Refuses by itself what another process has made since.
            guard link(object.path, final) == 0 else {
                throw errno == EEXIST ? Refused.precondition("If-None-Match") as any Error : FileFault.last("link")
            }
        } else {
            guard rename(object.path, final) == 0 else { throw FileFault.last("rename") }
        }
        try self.synchronizeNames()
    }

    /// Replaces an object by another one that was made from it.
    ///
    /// - Returns: False, and nothing is changed, when the object is not `old` any more.
    func replace(_ old: ObjectRecord, by object: IncomingObject, as record: ObjectRecord) async throws -> Bool {
        try await self.seal(object, with: record)
        return try await self.onCommitQueue {
            guard try StoredObject.open(path: self.path(of: old.key), key: old.key)?.record == old else { return false }
            try self.name(object, as: record, if: .none)
            return true
        }
    }

    /// Writes the record behind the bytes, and brings both to the disk.
    func seal(_ object: IncomingObject, with record: some FileRecord) async throws {
        let trailer = try ObjectFile.trailer(record)
        try await self.pool.runIfActive {
            try trailer.withUnsafeBytes { try object.file.append($0) }
            try object.file.synchronize()
        }
    }

    /// Removes an object; one that is not there is fine, unless the condition asks for it.
    func delete(_ key: String, if condition: WriteCondition) async throws {
        let path = self.path(of: key)
        try await self.onCommitQueue {
            if condition != .none { try condition.check(try StoredObject.open(path: path, key: key)?.record, key: key) }
            guard unlink(path) == 0 || errno == ENOENT else { throw FileFault.last("unlink") }
            self.watches.withLock { $0[key]?.forEach { $0.note() } }
            try self.synchronizeNames()
        }
    }

    /// Tells `body` of deletions of a key that happen while it runs.
    func watchingDeletions<Result>(of key: String, _ body: (DeletionWatch) async throws -> Result) async rethrows -> Result {
        let watch = DeletionWatch()
        self.watches.withLock { $0[key, default: []].append(watch) }
        defer {
            self.watches.withLock { watches in
                watches[key]?.removeAll { $0 === watch }
                if watches[key]?.isEmpty == true { watches[key] = nil }
            }
        }
        return try await body(watch)
    }

    private func synchronizeNames() throws {
        try Descriptor.synchronizeFolder(self.objects)
    }

    func onCommitQueue<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
            self.commits.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}

/// A file that receives an object's bytes.
struct IncomingObject: Sendable {
    fileprivate let file: Descriptor
    let path: String
    fileprivate let pool: NIOThreadPool

    func append(_ buffer: ByteBuffer) async throws {
        try await self.pool.runIfActive { [file] in
            try buffer.withUnsafeReadableBytes { try file.append($0) }
        }
    }

    /// Appends all bytes of a file that is there already, which `look` sees on their way.
    func append(_ source: RecordedFile<some FileRecord>, _ look: (ByteBuffer) -> Void = { _ in }) async throws {
        for range in source.pieces(0..<source.record.size) {
            let buffer = try await source.read(range)
            look(buffer)
            try await self.append(buffer)
        }
    }
}

/// Whether a key has been deleted since the watch began: what S3 asks before it completes a conditional multipart upload.
final class DeletionWatch: Sendable {
    private let noted = Atomic<Bool>(false)

    fileprivate func note() { self.noted.store(true, ordering: .releasing) }
    var hasSeenDeletion: Bool { self.noted.load(ordering: .acquiring) }
}
