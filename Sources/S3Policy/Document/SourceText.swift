/// A place in a text.
public struct SourcePosition: Sendable, Hashable {
    /// The line, from 1. A line ends with LF, CR or CR LF.
    public let line: Int
    /// How many bytes come before the place on its line.
    public let column: Int
    /// How many bytes come before the place in the text.
    public let offset: Int

    public init(line: Int, column: Int, offset: Int) {
        self.line = line
        self.column = column
        self.offset = offset
    }
}

/// A document's bytes, and where its lines are.
public struct SourceText: Sendable {
    /// The bytes as they were read.
    public let bytes: [UInt8]
    /// The offsets at which lines start; the first is 0.
    private let lineStarts: [Int]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        self.lineStarts = Self.lineStarts(in: bytes)
    }

    public init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// How many lines there are; an empty text has one.
    public var lineCount: Int { self.lineStarts.count }

    /// The place of an offset; one behind the end is the end.
    public func position(at offset: Int) -> SourcePosition {
        let offset = min(max(offset, 0), self.bytes.count)
        var low = 0
        var high = self.lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if self.lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return SourcePosition(line: low + 1, column: offset - self.lineStarts[low], offset: offset)
    }

    /// The bytes of a line, counted from 1, without its end; what is not UTF-8 shows as U+FFFD.
    public func line(_ number: Int) -> String {
        String(decoding: self.bytes[self.range(ofLine: number)], as: UTF8.self)
    }

    /// The offsets of a line, counted from 1, without its end.
    public func range(ofLine number: Int) -> Range<Int> {
        let start = self.lineStarts[number - 1]
        var end = number < self.lineStarts.count ? self.lineStarts[number] : self.bytes.count
        while end > start, self.bytes[end - 1] == UInt8(ascii: "\n") || self.bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return start..<end
    }

    /// A part of the text; what is not UTF-8 shows as U+FFFD.
    public subscript(range: Range<Int>) -> String {
        String(decoding: self.bytes[range], as: UTF8.self)
    }

    private static func lineStarts(in bytes: [UInt8]) -> [Int] {
        var starts = [0]
        for (offset, byte) in bytes.enumerated() {
            let isLineFeed = byte == UInt8(ascii: "\n")
            let isLoneReturn = byte == UInt8(ascii: "\r") && !(offset + 1 < bytes.count && bytes[offset + 1] == UInt8(ascii: "\n"))
            if isLineFeed || isLoneReturn { starts.append(offset + 1) }
        }
        return starts
    }
}
