import Foundation
import Synchronization

/// Standard output's reader went away (`| head`): the command stops without a complaint.
struct OutputClosed: Error {}

/// Where a command's bytes go.
protocol ByteOutput: Sendable {
    func write(_ bytes: [UInt8]) throws
    func flush() throws
}

extension ByteOutput {
    func write(_ text: String) throws { try write(Array(text.utf8)) }
}

/// Where a command's bytes come from.
protocol ByteInput: Sendable {
    /// Up to `limit` further bytes; an empty array is the end.
    func read(upTo limit: Int) throws -> [UInt8]
}

/// A file descriptor written through a buffer (`buffered`), or at once.
final class FileDescriptorOutput: ByteOutput {
    private static let bufferedBytes = 1 << 16
    private let descriptor: Int32
    private let isBuffered: Bool
    private let pending = Mutex<[UInt8]>([])

    init(descriptor: Int32, buffered: Bool) {
        self.descriptor = descriptor
        isBuffered = buffered
    }

    func write(_ bytes: [UInt8]) throws {
        try pending.withLock { pending in
            pending.append(contentsOf: bytes)
            if !isBuffered || pending.count >= Self.bufferedBytes { try drain(&pending) }
        }
    }

    func flush() throws {
        try pending.withLock { try drain(&$0) }
    }

    private func drain(_ pending: inout [UInt8]) throws {
        var written = 0
        while written < pending.count {
            let count = pending[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                written += count
            } else if count < 0, errno == EINTR {
                continue
            } else {
                pending.removeAll()
                if errno == EPIPE { throw OutputClosed() }
                throw CommandFailure.outside("cannot write the output: \(String(cString: strerror(errno)))")
            }
        }
        pending.removeAll(keepingCapacity: true)
    }
}

/// A file descriptor read in blocks.
final class FileDescriptorInput: ByteInput {
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    func read(upTo limit: Int) throws -> [UInt8] {
        while true {
            var failure: Int32 = 0
            let block = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                let got = Foundation.read(descriptor, buffer.baseAddress, limit)
                if got < 0 { failure = errno }
                count = max(got, 0)
            }
            if failure == 0 { return block }
            if failure == EINTR { continue }
            throw CommandFailure.outside("cannot read the input: \(String(cString: strerror(failure)))")
        }
    }
}

/// A file opened for reading, closed with its owner.
final class FileInput: ByteInput {
    private let descriptor: Int32
    private let inner: FileDescriptorInput

    init(path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure.wrongUse("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        inner = FileDescriptorInput(descriptor: descriptor)
    }

    deinit { close(descriptor) }

    func read(upTo limit: Int) throws -> [UInt8] { try inner.read(upTo: limit) }
}

/// Splits an input into lines without holding more than one line and one block.
struct LineReader {
    enum Line {
        case bytes(ArraySlice<UInt8>)
        /// A line longer than the limit; its bytes were skipped.
        case tooLong
    }

    private static let blockBytes = 1 << 16
    private let input: any ByteInput
    private let maximumBytes: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var scanned = 0
    private var isAtEnd = false

    init(_ input: any ByteInput, maximumBytes: Int) {
        self.input = input
        self.maximumBytes = maximumBytes
    }

    /// The next line without its line end (LF or CRLF); nil at the end of the input.
    mutating func next() throws -> Line? {
        var isSkipping = false
        while true {
            if let end = buffer[scanned...].firstIndex(of: 0x0A) {
                let line = trimmed(start..<end)
                start = end + 1
                scanned = start
                return isSkipping || line.count > maximumBytes ? .tooLong : .bytes(line)
            }
            if buffer.count - start > maximumBytes {
                isSkipping = true
                start = buffer.count
            }
            scanned = buffer.count
            if isAtEnd {
                defer { start = buffer.count }
                if isSkipping { return .tooLong }
                return start < buffer.count ? .bytes(trimmed(start..<buffer.count)) : nil
            }
            try fill()
        }
    }

    private func trimmed(_ range: Range<Int>) -> ArraySlice<UInt8> {
        let line = buffer[range]
        return line.last == 0x0D ? line.dropLast() : line
    }

    private mutating func fill() throws {
        buffer.removeSubrange(..<start)
        scanned -= start
        start = 0
        let block = try input.read(upTo: Self.blockBytes)
        if block.isEmpty { isAtEnd = true } else { buffer.append(contentsOf: block) }
    }
}
