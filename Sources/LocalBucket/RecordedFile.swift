import Foundation
import NIOCore
import NIOPosix

/// What is kept behind the bytes of a file.
protocol FileRecord: Codable, Sendable {
    /// Of the bytes alone.
    var size: Int64 { get }
}

/// A file of bytes and their record (``ObjectFile``), opened for reading.
struct RecordedFile<Record: FileRecord>: Sendable {
    let record: Record
    private let file: Descriptor

    /// Opens a file. Blocks.
    ///
    /// - Returns: Nil when there is no such file, or it is not one of bytes and such a record.
    init?(path: String) throws(FileFault) {
        guard let file = try Descriptor.existing(path: path), let record = try Self.record(in: file) else { return nil }
        self.record = record
        self.file = file
    }

    private static func record(in file: Descriptor) throws(FileFault) -> Record? {
        let footerOffset = try file.size() - Int64(ObjectFile.footerBytes)
        guard footerOffset >= 0,
            let length = ObjectFile.recordLength(footer: Array(buffer: try file.read(at: footerOffset, count: ObjectFile.footerBytes)))
        else {
            return nil
        }
        let size = footerOffset - Int64(length)
        guard size >= 0, let record: Record = ObjectFile.record(json: Array(buffer: try file.read(at: size, count: length))),
            record.size == size
        else {
            return nil
        }
        return record
    }

    /// Reads bytes, not of what follows them in the file.
    func read(_ range: Range<Int64>) async throws -> ByteBuffer {
        precondition(range.lowerBound >= 0 && range.upperBound <= self.record.size)
        let bytes = try await NIOThreadPool.singleton.runIfActive { [file] in
            try file.read(at: range.lowerBound, count: Int(range.upperBound - range.lowerBound))
        }
        guard bytes.readableBytes == range.upperBound - range.lowerBound else { throw FileFault(call: "pread", code: EIO) }
        return bytes
    }

    /// A range of bytes in pieces, each to be held in memory.
    func pieces(_ range: Range<Int64>) -> some Sequence<Range<Int64>> {
        let size: Int64 = 64 << 10
        return stride(from: range.lowerBound, to: range.upperBound, by: Int(size)).lazy.map { $0..<min($0 + size, range.upperBound) }
    }
}

/// An object opened for reading.
typealias StoredObject = RecordedFile<ObjectRecord>

extension StoredObject {
    /// Opens an object's file. Blocks.
    ///
    /// - Parameter key: The key that the file must be of; nil for whatever it says, as long as the file has that key's name.
    /// - Returns: Nil when there is no such file, or it is no object's.
    static func open(path: String, key: String?) throws(FileFault) -> StoredObject? {
        guard let object = try StoredObject(path: path), path.hasSuffix("/" + ObjectFile.name(for: object.record.key)),
            key.map({ $0.utf8.elementsEqual(object.record.key.utf8) }) ?? true
        else {
            return nil
        }
        return object
    }
}
