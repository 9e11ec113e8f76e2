import Foundation
import Libcrypto
import NIOCore
import UploadService
import _NIOFileSystem

/// A regular file to send, as it was when the upload began.
struct UploadSource: Sendable {
    let path: String
    let name: String
    let byteCount: Int64
    private let modified: FileInfo.Timespec

    init(path: String) async throws(CommandFailure) {
        let info = try await Self.info(path)
        guard info.type == .regular else { throw .wrongUse("\(Quoting.terminal(path)) is no regular file.") }
        self.path = path
        name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? path
        byteCount = info.size
        modified = info.lastDataModificationTime
    }

    private static func info(_ path: String) async throws(CommandFailure) -> FileInfo {
        let info: FileInfo?
        do { info = try await FileSystem.shared.info(forFileAt: FilePath(path)) } catch {
            throw .wrongUse("cannot read \(Quoting.terminal(path)): \(reason(error))")
        }
        guard let info else { throw .wrongUse("there is no file \(Quoting.terminal(path)).") }
        return info
    }

    /// The file, open for as long as `body` runs.
    func open<Value: Sendable>(_ body: @Sendable (OpenSource) async throws -> Value) async throws -> Value {
        do {
            return try await FileSystem.shared.withFileHandle(forReadingAt: FilePath(path)) { handle in
                try await body(OpenSource(handle: handle))
            }
        } catch let error as FileSystemError {
            throw CommandFailure.outside("cannot read \(Quoting.terminal(path)): \(Self.reason(error))")
        }
    }

    /// Whether somebody wrote to the file meanwhile, so that what was sent may be neither the old one nor the new one.
    func checkUnchanged() async throws(CommandFailure) {
        let info = try await Self.info(path)
        guard info.size == byteCount, info.lastDataModificationTime == modified else {
            throw .no("\(Quoting.terminal(path)) changed while it was sent; nothing is stored. Send it again.")
        }
    }

    func sha256Base64() async throws -> String {
        Base64.encode(try await open { file in try await file.digest(.sha256, of: 0..<byteCount) })
    }

    private static func reason(_ error: any Error) -> String {
        (error as? FileSystemError)?.message ?? "\(error)"
    }
}

/// An open file, read by position: several parts of it at one time.
struct OpenSource: Sendable {
    private static let chunkLength = ByteCount.kibibytes(256)
    fileprivate let handle: ReadFileHandle

    func digest(_ algorithm: DigestAlgorithm, of range: Range<Int64>) async throws -> [UInt8] {
        var digest = StreamingDigest(algorithm)
        for try await chunk in handle.readChunks(in: range, chunkLength: Self.chunkLength) { digest.update(Array(chunk.readableBytesView)) }
        return digest.finish()
    }

    /// What a request carries of the file; each try counts from the beginning.
    ///
    /// - Parameter signsBytes: whether they are read before, for their digest.
    func body(_ range: Range<Int64>, signsBytes: Bool, progress: ProgressBar) async throws -> StoreBody {
        let sha256 = signsBytes ? SHA256Digest(bytes: try await digest(.sha256, of: range)) : nil
        let counter = TryCounter(progress: progress)
        return StoreBody(byteCount: Int64(range.count), sha256: sha256) {
            counter.begin()
            return handle.readChunks(in: range, chunkLength: Self.chunkLength).map { chunk in
                counter.add(chunk.readableBytes)
                return chunk
            }
        }
    }
}
