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
    /// The text. Between `startPath` and `finish` it takes the path, and nothing else at any time.
    package var bytes = GrowingBytes()
    /// Where the path stands in `bytes`.
    package private(set) var path = 0..<0
    /// Where the query stands in `bytes`.
    package private(set) var query = 0..<0
    /// Where the list of signed headers stands in `bytes`.
    package private(set) var signedHeaders = 0..<0

    private var headerParts = GrowingBytes()
    private var queryParts = GrowingBytes()
    private var headers = CanonicalEntries()
    private var parameters = CanonicalEntries()
    /// Whether the parameters were added in their order, so that `queryParts` is the query already.
    private var isQuerySorted = true
    private var headerList = GrowingBytes(capacity: 128)
    /// Whether every name has letters, digits and hyphens only, so that nothing in the list needs encoding.
    private var areNamesPlain = true

    package init() {}

    package mutating func reset() {
        bytes.removeAll()
        headerParts.removeAll()
        queryParts.removeAll()
        headers.removeAll()
        parameters.removeAll()
        isQuerySorted = true
        headerList.removeAll()
        areNamesPlain = true
    }

    /// Adds a header: the name in lower case, the value trimmed, with inner runs of white space as one space.
    ///
    /// - Returns: its role where a glance shows that it can be signed and sent; `nil` means that its name or value holds
    ///   unusual characters, for `HeaderRules` to judge.
    @discardableResult
    package mutating func addHeader(_ name: borrowing String, _ value: borrowing String) -> HeaderRole? {
        let start = headerParts.count
        let isNamePlain = headerParts.appendName(name)
        let nameEnd = headerParts.count
        headerParts.append(UInt8(ascii: ":"))
        let isValuePlain = headerParts.appendValue(value)
        let entry = CanonicalEntry(start: start, nameEnd: nameEnd, valueEnd: headerParts.count)
        headers.append(entry)
        headerParts.append(UInt8(ascii: "\n"))
        areNamesPlain = areNamesPlain && isNamePlain
        return isNamePlain && isValuePlain ? headerParts.role(of: entry.name) : nil
    }

    /// Adds the host, which is in lower case already and holds nothing to trim.
    package mutating func addHost(_ host: borrowing String) {
        let start = headerParts.count
        headerParts.append("host:" as StaticString)
        let nameEnd = headerParts.count - 1
        headerParts.append(host)
        headers.append(CanonicalEntry(start: start, nameEnd: nameEnd, valueEnd: headerParts.count))
        headerParts.append(UInt8(ascii: "\n"))
    }

    /// Ends the headers: sorts them by name and joins the values of one name with commas, in their order.
    ///
    /// - Returns: whether each name stands there once.
    @discardableResult
    package mutating func closeHeaders() -> Bool {
        headers.sort(in: headerParts, byValueToo: false)
        var isEachNameThereOnce = true
        for index in 0..<headers.count {
            if index > 0 {
                guard !headerParts.isSame(headers[index].name, headers[index - 1].name) else {
                    headers.repeatsName(at: index)
                    isEachNameThereOnce = false
                    continue
                }
                headerList.append(UInt8(ascii: ";"))
            }
            headerList.append(headers[index].name, of: headerParts)
        }
        return isEachNameThereOnce
    }

    /// Adds a query parameter.
    package mutating func addQuery(_ name: String, _ value: String) {
        let start = queryParts.count
        queryParts.appendEncoded(name)
        let nameEnd = queryParts.count
        queryParts.append(UInt8(ascii: "="))
        queryParts.appendEncoded(value)
        let entry = closeParameter(from: start, nameEnd: nameEnd)
        if parameters.count > 0, entry.precedes(parameters[parameters.count - 1], in: queryParts, byValueToo: true) {
            isQuerySorted = false
        }
        parameters.append(entry)
    }

    /// Adds one of a signature's own parameters, whose encoded value `write` appends. They come in the order of their
    /// names, before any other, and their names need no encoding.
    @inline(__always)
    package mutating func addQuery(_ name: StaticString, _ write: (inout GrowingBytes) -> Void) {
        let start = queryParts.count
        queryParts.append(name)
        let nameEnd = queryParts.count
        queryParts.append(UInt8(ascii: "="))
        write(&queryParts)
        parameters.append(closeParameter(from: start, nameEnd: nameEnd))
    }

    @inline(__always)
    private mutating func closeParameter(from start: Int, nameEnd: Int) -> CanonicalEntry {
        let entry = CanonicalEntry(start: start, nameEnd: nameEnd, valueEnd: queryParts.count)
        queryParts.append(UInt8(ascii: "&"))
        return entry
    }

    /// Adds `X-Amz-SignedHeaders`, once the headers are closed.
    package mutating func addSignedHeadersQuery() {
        let start = queryParts.count
        queryParts.append("X-Amz-SignedHeaders=" as StaticString)
        let nameEnd = queryParts.count - 1
        for index in 0..<headers.count where !headers[index].repeatsName {
            if index > 0 { queryParts.append("%3B" as StaticString) }
            if areNamesPlain {
                queryParts.append(headers[index].name, of: headerParts)
            } else {
                queryParts.appendEncoded(headers[index].name, of: headerParts)
            }
        }
        parameters.append(closeParameter(from: start, nameEnd: nameEnd))
    }

    /// Begins the text; the path is to be appended to `bytes` next.
    package mutating func startPath(method: StaticString) {
        bytes.append(method)
        startPath()
    }

    /// Begins the text; the path is to be appended to `bytes` next.
    mutating func startPath(method: String) {
        bytes.append(method)
        startPath()
    }

    private mutating func startPath() {
        bytes.append(UInt8(ascii: "\n"))
        path = bytes.count..<bytes.count
    }

    /// Writes all behind the path, from what was added.
    package mutating func finish(payload: PayloadHash) {
        path = path.lowerBound..<bytes.count
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

    /// Whether the headers are exactly these, in this order.
    borrowing func hasSignedHeaders(_ names: [String]) -> Bool {
        var position = 0
        let names = names.span
        for index in names.indices {
            guard index == 0 || headerList.holds(";", at: position) else { return false }
            position += index == 0 ? 0 : 1
            guard headerList.holds(names[index], at: position) else { return false }
            position += names[index].utf8.count
        }
        return position == headerList.count
    }

    private mutating func writeQuery() {
        let start = bytes.count
        if isQuerySorted {
            bytes.append(0..<queryParts.count, of: queryParts)
        } else {
            parameters.sort(in: queryParts, byValueToo: true)
            for index in 0..<parameters.count { bytes.append(parameters[index].whole, of: queryParts) }
        }
        if parameters.count > 0 { bytes.removeLast() }
        query = start..<bytes.count
    }

    private mutating func writeHeaders() {
        for index in 0..<headers.count {
            if headers[index].repeatsName {
                bytes.removeLast()
                bytes.append(UInt8(ascii: ","))
                bytes.append(headers[index].value, of: headerParts)
                bytes.append(UInt8(ascii: "\n"))
            } else {
                bytes.append(headers[index].whole, of: headerParts)
            }
        }
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
