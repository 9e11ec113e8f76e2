import Foundation
import NIOCore

/// A failed call to the operating system.
struct FileFault: Error, CustomStringConvertible {
    let call: String
    let code: CInt

    static func last(_ call: String) -> FileFault {
        FileFault(call: call, code: errno)
    }

    var description: String { "\(self.call): \(String(cString: strerror(self.code)))" }
}

/// An open file or folder; closed with its last reference. Its calls block: make them on a thread pool.
final class Descriptor: Sendable {
    private let number: CInt

    /// - Parameter permissions: Of a file that this call creates.
    init(path: String, flags: CInt, permissions: mode_t = 0o600) throws(FileFault) {
        let opened = open(path, flags | O_CLOEXEC, permissions)
        guard opened >= 0 else { throw .last("open") }
        self.number = opened
    }

    /// Opens a file for reading; nil when there is none.
    static func existing(path: String) throws(FileFault) -> Descriptor? {
        do {
            return try Descriptor(path: path, flags: O_RDONLY | O_NOFOLLOW)
        } catch {
            if error.code == ENOENT || error.code == ELOOP { return nil }
            throw error
        }
    }

    deinit {
        _ = close(self.number)
    }

    /// The file's size in bytes; further bytes are appended behind its end.
    func size() throws(FileFault) -> Int64 {
        let end = lseek(self.number, 0, SEEK_END)
        guard end >= 0 else { throw .last("lseek") }
        return Int64(end)
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(FileFault) {
        var rest = bytes
        while let base = rest.baseAddress, !rest.isEmpty {
            let written = write(self.number, base, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                throw .last("write")
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    /// Reads up to `count` bytes at an offset; fewer only at the end of the file.
    func read(at offset: Int64, count: Int) throws(FileFault) -> ByteBuffer {
        var fault: FileFault?
        var bytes = ByteBuffer()
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { buffer in
            var filled = 0
            while filled < count, let base = buffer.baseAddress {
                let taken = pread(self.number, base + filled, count - filled, off_t(offset) + off_t(filled))
                if taken < 0, errno == EINTR { continue }
                if taken < 0 { fault = .last("pread") }
                if taken <= 0 { break }
                filled += taken
            }
            return filled
        }
        if let fault { throw fault }
        return bytes
    }

    /// Waits until the bytes are on the disk.
    func synchronize() throws(FileFault) {
        guard fsync(self.number) == 0 else { throw .last("fsync") }
    }

    /// Waits until the names in a folder are on the disk.
    static func synchronizeFolder(_ path: String) throws(FileFault) {
        try Descriptor(path: path, flags: O_RDONLY | O_DIRECTORY).synchronize()
    }

    /// Tries for the exclusive lock, which is held until this file is closed or its process is gone.
    func lock() -> Bool {
        flock(self.number, LOCK_EX | LOCK_NB) == 0
    }
}
