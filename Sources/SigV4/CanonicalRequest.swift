internal import Libcrypto

/// How a path becomes the canonical one.
public struct PathRules: Sendable, Hashable {
    /// Whether `.`, `..` and empty segments are resolved first (RFC 3986 section 5.2.4).
    public let normalizes: Bool
    /// Whether a path that is percent-encoded already is encoded once more.
    public let encodesAgain: Bool

    public init(normalizes: Bool, encodesAgain: Bool) {
        self.normalizes = normalizes
        self.encodesAgain = encodesAgain
    }

    /// S3: encoded once, never normalised; `a//b` and `a/../b` are keys of their own.
    public static let s3 = PathRules(normalizes: false, encodesAgain: false)
    /// Every other service: normalised, encoded twice.
    public static let general = PathRules(normalizes: true, encodesAgain: true)
}

/// The request as both sides write it down before hashing it.
///
/// Source: AWS, "Create a signed AWS API request", step 1. The value is made to be used again: its buffers keep their
/// memory, and parts that also stand in the URL are ranges of the one text.
package struct CanonicalRequest: ~Copyable {
    package private(set) var bytes = GrowingBytes()
    /// Where the path stands in `bytes`.
    package private(set) var path = 0..<0
    /// Where the query stands in `bytes`.
    package private(set) var query = 0..<0
    /// Where the list of signed headers stands in `bytes`.
    package private(set) var signedHeaders = 0..<0

    private struct Entry {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// What was added, in the form in which it is written, before it is sorted.
    private var parts = GrowingBytes()
    private var headers: [Entry] = []
    private var parameters: [Entry] = []
    private var headerList = GrowingBytes(capacity: 128)

    package init() {}

    package mutating func reset() {
        bytes.removeAll()
        parts.removeAll()
        headers.removeAll(keepingCapacity: true)
        parameters.removeAll(keepingCapacity: true)
        headerList.removeAll()
    }

    /// Adds a header: the name in lower case, the value trimmed, with inner runs of white space as one space.
    package mutating func addHeader(_ name: String, _ value: String) {
        let nameStart = parts.count
        parts.appendLowercased(name)
        let valueStart = parts.count
        parts.appendTrimmed(value)
        headers.append(Entry(name: nameStart..<valueStart, value: valueStart..<parts.count))
    }

    /// Ends the headers: sorts them by name and joins the values of one name with commas, in their order.
    package mutating func closeHeaders() {
        CanonicalRequest.sort(&headers, in: parts, byValueToo: false)
        for index in headers.indices where index == 0 || !isRepeated(index) {
            if index > 0 { headerList.append(UInt8(ascii: ";")) }
            headerList.append(headers[index].name, of: parts)
        }
    }

    /// Adds a query parameter.
    package mutating func addQuery(_ name: String, _ value: String) {
        let nameStart = parts.count
        parts.appendEncoded(name)
        let valueStart = parts.count
        parts.appendEncoded(value)
        parameters.append(Entry(name: nameStart..<valueStart, value: valueStart..<parts.count))
    }

    /// Adds a query parameter whose name needs no encoding and whose encoded value `write` appends.
    @inline(__always)
    package mutating func addQuery(_ name: StaticString, _ write: (inout GrowingBytes) -> Void) {
        let nameStart = parts.count
        parts.append(name)
        let valueStart = parts.count
        write(&parts)
        parameters.append(Entry(name: nameStart..<valueStart, value: valueStart..<parts.count))
    }

    /// Adds `X-Amz-SignedHeaders`, once the headers are closed.
    package mutating func addSignedHeadersQuery() {
        let nameStart = parts.count
        parts.append("X-Amz-SignedHeaders" as StaticString)
        let valueStart = parts.count
        parts.appendEncoded(0..<headerList.count, of: headerList)
        parameters.append(Entry(name: nameStart..<valueStart, value: valueStart..<parts.count))
    }

    /// Writes the whole text from what was added.
    package mutating func write(method: String, payload: PayloadHash, path writePath: (inout GrowingBytes) -> Void) {
        bytes.append(method)
        bytes.append(UInt8(ascii: "\n"))
        let pathStart = bytes.count
        writePath(&bytes)
        path = pathStart..<bytes.count
        bytes.append(UInt8(ascii: "\n"))
        writeQuery()
        bytes.append(UInt8(ascii: "\n"))
        writeHeaders()
        bytes.append(UInt8(ascii: "\n"))
        let listStart = bytes.count
        bytes.append(0..<headerList.count, of: headerList)
        signedHeaders = listStart..<bytes.count
        bytes.append(UInt8(ascii: "\n"))
        payload.append(to: &bytes)
    }

    private mutating func writeQuery() {
        CanonicalRequest.sort(&parameters, in: parts, byValueToo: true)
        let start = bytes.count
        for index in parameters.indices {
            if index > 0 { bytes.append(UInt8(ascii: "&")) }
            bytes.append(parameters[index].name, of: parts)
            bytes.append(UInt8(ascii: "="))
            bytes.append(parameters[index].value, of: parts)
        }
        query = start..<bytes.count
    }

    private mutating func writeHeaders() {
        for index in headers.indices {
            if index > 0, isRepeated(index) {
                bytes.replaceLast(with: UInt8(ascii: ","))
            } else {
                bytes.append(headers[index].name, of: parts)
                bytes.append(UInt8(ascii: ":"))
            }
            bytes.append(headers[index].value, of: parts)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// Sorts after encoding, by bytes; the sort is stable, so that equal names keep their order.
    private static func sort(_ entries: inout [Entry], in parts: borrowing GrowingBytes, byValueToo: Bool) {
        func precedes(_ left: Entry, _ right: Entry) -> Bool {
            let order = parts.compare(left.name, right.name)
            if order != 0 || !byValueToo { return order < 0 }
            return parts.compare(left.value, right.value) < 0
        }
        // Requests have a handful of headers and parameters, mostly in order already; hostile ones have many.
        guard entries.count <= 16 else { return entries.sort(by: precedes) }
        for index in 1..<max(entries.count, 1) {
            var position = index
            while position > 0, precedes(entries[position], entries[position - 1]) {
                entries.swapAt(position, position - 1)
                position -= 1
            }
        }
    }

    /// Whether a header has the name of the one before it.
    private func isRepeated(_ index: Int) -> Bool {
        parts.compare(headers[index].name, headers[index - 1].name) == 0
    }
}

extension PathRules {
    /// Appends the canonical form of a path as it goes over the wire; `nil` as a result where its encoding is broken.
    package func append(wirePath: String, to buffer: inout GrowingBytes) -> Bool {
        let path = normalizes ? PathRules.removingDotSegments(wirePath) : wirePath
        if encodesAgain {
            buffer.appendEncoded(path, keepsSlash: true)
        } else {
            guard let decoded = PercentEncoding.decode(path) else { return false }
            buffer.appendEncoded(decoded, keepsSlash: true)
        }
        if path.isEmpty { buffer.append(UInt8(ascii: "/")) }
        return true
    }

    private static func removingDotSegments(_ path: String) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        for segment in segments {
            switch segment {
            case "", ".": continue
            case "..": _ = kept.popLast()
            default: kept.append(segment)
            }
        }
        let endsAsFolder = segments.last.map { ["", ".", ".."].contains($0) } ?? true
        return "/" + kept.joined(separator: "/") + (endsAsFolder && !kept.isEmpty ? "/" : "")
    }
}
