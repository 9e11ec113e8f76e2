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
/// capacity, and parts that also stand in the URL are ranges of the one text.
package struct CanonicalRequest {
    package private(set) var bytes: [UInt8] = []
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

    private var names: [UInt8] = []
    private var headerEntries: [Entry] = []
    private var queryEntries: [Entry] = []
    private var headerList: [UInt8] = []

    package init() {}

    package mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        names.removeAll(keepingCapacity: true)
        headerEntries.removeAll(keepingCapacity: true)
        queryEntries.removeAll(keepingCapacity: true)
        headerList.removeAll(keepingCapacity: true)
    }

    /// Adds a header: the name in lower case, the value trimmed, with inner runs of white space as one space.
    package mutating func addHeader(_ name: String, _ value: String) {
        let nameStart = names.count
        for byte in name.utf8 { names.append(HeaderRules.lowercased(byte)) }
        let valueStart = names.count
        var pendingSpace = false
        for byte in value.utf8 {
            if byte == 0x20 || byte == 0x09 {
                pendingSpace = names.count > valueStart
            } else {
                if pendingSpace { names.append(0x20) }
                pendingSpace = false
                names.append(byte)
            }
        }
        headerEntries.append(Entry(name: nameStart..<valueStart, value: valueStart..<names.count))
    }

    /// Ends the headers: sorts them by name and joins the values of one name with commas, in their order.
    package mutating func closeHeaders() {
        CanonicalRequest.sort(&headerEntries, in: names, byValueToo: false)
        for index in headerEntries.indices where index == 0 || !isSame(headerEntries[index].name, headerEntries[index - 1].name) {
            if index > 0 { headerList.append(UInt8(ascii: ";")) }
            headerList.append(contentsOf: names[headerEntries[index].name])
        }
    }

    package mutating func addQuery(_ name: String, _ value: String) {
        addQuery(name) { PercentEncoding.append(value.utf8.span, to: &$0) }
    }

    /// Adds a query parameter whose encoded value `write` appends.
    package mutating func addQuery(_ name: String, _ write: (inout [UInt8]) -> Void) {
        let nameStart = names.count
        PercentEncoding.append(name.utf8.span, to: &names)
        let valueStart = names.count
        write(&names)
        queryEntries.append(Entry(name: nameStart..<valueStart, value: valueStart..<names.count))
    }

    /// Adds `X-Amz-SignedHeaders`, once the headers are closed.
    package mutating func addSignedHeadersQuery() {
        let list = headerList
        addQuery("X-Amz-SignedHeaders") { PercentEncoding.append(list.span, to: &$0) }
    }

    /// Writes the whole text from what was added.
    package mutating func write(method: String, payload: PayloadHash, path writePath: (inout [UInt8]) -> Void) {
        bytes.append(contentsOf: method.utf8)
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
        bytes.append(contentsOf: headerList)
        signedHeaders = listStart..<bytes.count
        bytes.append(UInt8(ascii: "\n"))
        payload.append(to: &bytes)
    }

    private mutating func writeQuery() {
        CanonicalRequest.sort(&queryEntries, in: names, byValueToo: true)
        let start = bytes.count
        for (index, entry) in queryEntries.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "&")) }
            bytes.append(contentsOf: names[entry.name])
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: names[entry.value])
        }
        query = start..<bytes.count
    }

    private mutating func writeHeaders() {
        for index in headerEntries.indices {
            if index > 0, isSame(headerEntries[index].name, headerEntries[index - 1].name) {
                bytes[bytes.count - 1] = UInt8(ascii: ",")
            } else {
                bytes.append(contentsOf: names[headerEntries[index].name])
                bytes.append(UInt8(ascii: ":"))
            }
            bytes.append(contentsOf: names[headerEntries[index].value])
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// Sorts after encoding, by bytes; the sort is stable, so that equal names keep their order.
    private static func sort(_ entries: inout [Entry], in names: [UInt8], byValueToo: Bool) {
        entries.sort { left, right in
            let order = compare(names, left.name, right.name)
            if order != 0 || !byValueToo { return order < 0 }
            return compare(names, left.value, right.value) < 0
        }
    }

    private func isSame(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        compare(names, left, right) == 0
    }
}

private func compare(_ bytes: [UInt8], _ left: Range<Int>, _ right: Range<Int>) -> Int {
    for offset in 0..<min(left.count, right.count) {
        let difference = Int(bytes[left.lowerBound + offset]) - Int(bytes[right.lowerBound + offset])
        if difference != 0 { return difference }
    }
    return left.count - right.count
}

extension PathRules {
    /// Appends the canonical form of a path as it goes over the wire; `nil` as a result where its encoding is broken.
    package func append(wirePath: String, to buffer: inout [UInt8]) -> Bool {
        let path = normalizes ? PathRules.removingDotSegments(wirePath) : wirePath
        if encodesAgain {
            PercentEncoding.append(path.utf8.span, keepsSlash: true, to: &buffer)
        } else {
            guard let decoded = PercentEncoding.decode(path) else { return false }
            PercentEncoding.append(decoded.utf8.span, keepsSlash: true, to: &buffer)
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
