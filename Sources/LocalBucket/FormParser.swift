import Foundation
import NIOCore
import S3Signing
import SigV4

/// Takes a POST form apart while it arrives (RFC 7578), in bounded memory.
///
/// A value without I/O: ``feed(_:)`` gives it bytes, ``next()`` takes what they mean.
struct FormParser {
    enum Event: Equatable {
        /// A field before the file.
        case field(Header)
        /// The file begins; the name is nil when its part has no `filename` parameter.
        case file(filename: String?)
        /// Bytes of the file.
        case bytes(ByteBuffer)
        /// The file is complete.
        case endOfFile
        /// A further part named `file` begins.
        case anotherFile
        /// The closing boundary; what follows is ignored.
        case end
    }

    private enum State {
        case preamble
        case delimiter
        case partHeaders
        case field(name: String)
        case file
        case ignoredPart
        case ended
    }

    /// The most header bytes of one part.
    private static let partHeaderBytes = 8192
    /// The most bytes before the file's content, boundaries and part headers included.
    private static let maximumLeadingBytes = 4 * Limits.formFieldBytes

    private let delimiter: [UInt8]
    private var buffer: ByteBuffer
    private var state = State.preamble
    private var seenFile = false
    /// Bytes of the fields' names and values so far, which S3 limits.
    private var fieldBytes = 0
    /// All bytes before the file's content so far.
    private var leadingBytes = 0

    init(boundary: FormBoundary) {
        self.delimiter = Array("\r\n--\(boundary.text)".utf8)
        // So that the first boundary, which may start the body, looks like every other.
        self.buffer = ByteBuffer(string: "\r\n")
    }

    mutating func feed(_ bytes: ByteBuffer) {
        self.buffer.discardReadBytes()
        self.buffer.writeImmutableBuffer(bytes)
    }

    /// - Returns: What comes next, or nil when more bytes are needed.
    mutating func next() throws(S3Error) -> Event? {
        while true {
            switch self.state {
            case .preamble, .ignoredPart:
                guard try self.skipToDelimiter() else { return nil }
            case .delimiter:
                guard let isLast = try self.takeDelimiterEnd() else { return nil }
                if isLast {
                    self.state = .ended
                    return .end
                }
                self.state = .partHeaders
            case .partHeaders:
                guard let headers = try self.takePartHeaders() else { return nil }
                if let event = try self.begin(headers) { return event }
            case .field(let name):
                guard let value = try self.takeField(name) else { return nil }
                self.state = .delimiter
                return .field(Header(name, value))
            case .file:
                return self.takeFile()
            case .ended:
                return nil
            }
        }
    }

    /// - Throws: When the body has ended before the closing boundary.
    func finish() throws(S3Error) {
        guard case .ended = self.state else { throw Refused.malformedForm }
    }
}

extension FormParser {
    private mutating func count(_ bytes: Int) throws(S3Error) {
        guard !self.seenFile else { return }
        self.leadingBytes += bytes
        if self.leadingBytes > Self.maximumLeadingBytes { throw Refused.fieldsTooLarge }
    }

    private mutating func count(field name: String, valueBytes: Int) throws(S3Error) {
        self.fieldBytes += name.utf8.count + valueBytes
        if self.fieldBytes > Limits.formFieldBytes { throw Refused.fieldsTooLarge }
    }

    private mutating func skipToDelimiter() throws(S3Error) -> Bool {
        guard let distance = self.buffer.distance(to: self.delimiter) else {
            let safe = max(0, self.buffer.readableBytes - self.delimiter.count + 1)
            self.buffer.moveReaderIndex(forwardBy: safe)
            try self.count(safe)
            return false
        }
        self.buffer.moveReaderIndex(forwardBy: distance + self.delimiter.count)
        try self.count(distance + self.delimiter.count)
        self.state = .delimiter
        return true
    }

    /// After a delimiter stands `--` (the last one), or white space and a line end.
    private mutating func takeDelimiterEnd() throws(S3Error) -> Bool? {
        guard let first = self.buffer.getInteger(at: self.buffer.readerIndex, as: UInt16.self) else { return nil }
        if first == 0x2d2d {
            self.buffer.moveReaderIndex(forwardBy: 2)
            return true
        }
        guard let lineEnd = self.buffer.distance(to: [0x0d, 0x0a]) else {
            if self.buffer.readableBytes > 256 { throw Refused.malformedForm }
            return nil
        }
        let padding = self.buffer.readString(length: lineEnd) ?? ""
        guard padding.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { throw Refused.malformedForm }
        // The line end stays: it also ends the header block of a part that has no headers.
        try self.count(lineEnd)
        return false
    }

    private mutating func takePartHeaders() throws(S3Error) -> String? {
        guard let end = self.buffer.distance(to: [0x0d, 0x0a, 0x0d, 0x0a]), end <= Self.partHeaderBytes else {
            if self.buffer.readableBytes > Self.partHeaderBytes { throw Refused.malformedForm }
            return nil
        }
        let bytes = self.buffer.readBytes(length: end + 4) ?? []
        try self.count(end + 4)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Refused.malformedForm }
        return text
    }

    private mutating func begin(_ headers: String) throws(S3Error) -> Event? {
        var disposition: String?
        for line in headers.split(separator: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].trimmingSpaces.lowercased() == "content-disposition" { disposition = String(parts[1]) }
        }
        let (type, parameters) = HeaderParameters.parse(disposition ?? "")
        guard type == "form-data", let name = parameters["name"] else { throw Refused.malformedForm }
        let isFile = name.lowercased() == "file"
        if self.seenFile {
            self.state = .ignoredPart
            return isFile ? .anotherFile : nil
        }
        if isFile {
            self.seenFile = true
            self.state = .file
            return .file(filename: parameters["filename"])
        }
        self.state = .field(name: name)
        return nil
    }

    private mutating func takeField(_ name: String) throws(S3Error) -> String? {
        guard let end = self.buffer.distance(to: self.delimiter) else {
            // What may still arrive of a field must not be collected beyond the limit.
            if self.buffer.readableBytes > Limits.formFieldBytes + self.delimiter.count { throw Refused.fieldsTooLarge }
            return nil
        }
        let bytes = self.buffer.readBytes(length: end) ?? []
        self.buffer.moveReaderIndex(forwardBy: self.delimiter.count)
        try self.count(end + self.delimiter.count)
        try self.count(field: name, valueBytes: end)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Refused.malformedForm }
        return text
    }

    /// Hands out all that cannot be the beginning of a delimiter.
    private mutating func takeFile() -> Event? {
        let distance = self.buffer.distance(to: self.delimiter)
        let length = distance ?? max(0, self.buffer.readableBytes - self.delimiter.count + 1)
        if length > 0, let bytes = self.buffer.readSlice(length: length) {
            return .bytes(bytes)
        }
        guard distance != nil else { return nil }
        self.buffer.moveReaderIndex(forwardBy: self.delimiter.count)
        self.state = .delimiter
        return .endOfFile
    }
}

extension ByteBuffer {
    /// How many readable bytes stand before the first occurrence of a pattern.
    func distance(to pattern: [UInt8]) -> Int? {
        self.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var start = 0
            while start + pattern.count <= bytes.count {
                // Candidates are found by their first byte at the speed of the C library.
                let length = bytes.count - pattern.count - start + 1
                guard let found = memchr(base + start, CInt(pattern[0]), length) else { return nil }
                if memcmp(found, pattern, pattern.count) == 0 { return UnsafeRawPointer(found) - base }
                start = UnsafeRawPointer(found) - base + 1
            }
            return nil
        }
    }
}
