import S3Signing
import SigV4

/// What a `Range` header asks of an object (RFC 9110, section 14.2).
///
/// S3 serves one range per request. It ignores a header that is not a single byte range, and answers with the whole object.
enum ByteRange {
    /// - Returns: The bytes to send, or nil for the whole object.
    /// - Throws: `InvalidRange` when the range is well formed but the object has none of its bytes.
    static func resolve(_ header: String?, size: Int64) throws(S3Error) -> Range<Int64>? {
        guard let header, let asked = self.parse(header) else { return nil }
        switch asked {
        case .from(let first, let last) where first < size:
            return first..<min(last.map { $0 + 1 } ?? size, size)
        case .last(let count) where count > 0 && size > 0:
            return max(0, size - count)..<size
        case .from, .last:
            throw Refused.invalidRange(header, size: size)
        }
    }

    private enum Asked {
        case from(Int64, Int64?)
        case last(Int64)
    }

    private static func parse(_ header: String) -> Asked? {
        let unit = "bytes="
        guard header.lowercased().hasPrefix(unit) else { return nil }
        let parts = header.dropFirst(unit.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let (first, last) = (parts[0].trimmingSpaces, parts[1].trimmingSpaces)
        if first.isEmpty {
            return self.number(last).map { .last($0) }
        }
        guard let from = self.number(first) else { return nil }
        if last.isEmpty { return .from(from, nil) }
        guard let to = self.number(last), to >= from else { return nil }
        return .from(from, to)
    }

    /// A number that is too large for any object counts as the largest, less one so that it can be incremented.
    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return min(Int64(text) ?? .max, .max - 1)
    }
}

extension Substring {
    /// Without the spaces and tabs at both ends.
    var trimmingSpaces: Substring {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let first = self.utf8.firstIndex(where: { !isSpace($0) }) else { return self[self.startIndex..<self.startIndex] }
        let last = self.utf8.lastIndex { !isSpace($0) }!
        return self[first...last]
    }
}
