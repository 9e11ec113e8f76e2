import Foundation
import Libcrypto
import NIOCore
import _NIOFileSystem

/// A regular file to send, and its size when the upload began.
struct UploadSource: Sendable {
    let path: String
    let name: String
    let byteCount: Int64

    static let maximumBytes: Int64 = 5 << 30
    private static let chunkLength = ByteCount.kibibytes(256)

    init(path: String) async throws(CommandFailure) {
        let info: FileInfo?
        do { info = try await FileSystem.shared.info(forFileAt: FilePath(path)) } catch {
            throw .wrongUse("cannot read \(Quoting.terminal(path)): \(Self.reason(error))")
        }
        guard let info else { throw .wrongUse("there is no file \(Quoting.terminal(path)).") }
        guard info.type == .regular else { throw .wrongUse("\(Quoting.terminal(path)) is no regular file.") }
        guard info.size <= Self.maximumBytes else {
            throw .wrongUse("the file has \(SizeArgument.readable(info.size)); one PUT takes at most 5 GiB.")
        }
        self.path = path
        name = path.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? path
        byteCount = info.size
    }

    /// The file's bytes, chunk by chunk, for as long as `body` runs.
    func withChunks<Value: Sendable>(_ body: @Sendable (FileChunks) async throws -> Value) async throws -> Value {
        do {
            return try await FileSystem.shared.withFileHandle(forReadingAt: FilePath(path)) { handle in
                try await body(handle.readChunks(in: 0..<byteCount, chunkLength: Self.chunkLength))
            }
        } catch let error as FileSystemError {
            throw CommandFailure.outside("cannot read \(Quoting.terminal(path)): \(Self.reason(error))")
        }
    }

    func sha256Base64() async throws -> String {
        try await withChunks { chunks in
            var digest = StreamingDigest(.sha256)
            for try await chunk in chunks { digest.update(Array(chunk.readableBytesView)) }
            return Base64.encode(digest.finish())
        }
    }

    private static func reason(_ error: any Error) -> String {
        (error as? FileSystemError)?.message ?? "\(error)"
    }
}
