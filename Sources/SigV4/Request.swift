public import Libcrypto

/// One header field of a request: a name, in any case, and its value.
public struct Header: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// One query parameter of a request, both parts decoded. A parameter without a value has the empty one.
public struct QueryItem: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension QueryItem {
    /// Reads the query of a request target. As in S3, `+` is a space; a broken `%` sequence, or bytes that are not UTF-8, give `nil`.
    public static func parse(_ rawQuery: some StringProtocol) -> [QueryItem]? {
        unsafe withBytes(of: String(rawQuery)) { unsafe parse($0) }
    }

    /// Reads a query's bytes.
    ///
    /// By bytes: a combining mark behind a separator makes one character of the two, to Swift but not to a server.
    package static func parse(_ query: UnsafeBufferPointer<UInt8>) -> [QueryItem]? {
        var items: [QueryItem] = []
        items.reserveCapacity(8)
        var pieces = ByteSplitter(separator: UInt8(ascii: "&"))
        while let pair = unsafe pieces.next(of: query) {
            if pair.isEmpty { continue }
            let nameEnd = unsafe query.position(of: UInt8(ascii: "="), in: pair)
            let name = pair.lowerBound..<nameEnd
            let value = min(nameEnd + 1, pair.upperBound)..<pair.upperBound
            guard let name = unsafe PercentEncoding.decode(UnsafeBufferPointer(rebasing: query[name]), plusIsSpace: true),
                let value = unsafe PercentEncoding.decode(UnsafeBufferPointer(rebasing: query[value]), plusIsSpace: true)
            else { return nil }
            items.append(QueryItem(name, value))
        }
        return items
    }
}

/// Finds the pieces between separators, empty ones among them.
struct ByteSplitter {
    let separator: UInt8
    private var position = 0

    init(separator: UInt8) {
        self.separator = separator
    }

    /// The next piece of the text that was split so far.
    @inline(__always)
    mutating func next(of bytes: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        let start = position
        guard start <= bytes.count else { return nil }
        let end = unsafe bytes.position(of: separator, in: start..<bytes.count)
        position = end + 1
        return start..<end
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Where a byte stands first in a range; the range's end where it does not.
    @inline(__always)
    package func position(of byte: UInt8, in range: Range<Int>) -> Int {
        var position = range.lowerBound
        while position < range.upperBound, unsafe self[position] != byte { position += 1 }
        return position
    }
}

/// A request to sign. Header signing needs a `Host` header in it.
public struct SignableRequest: Sendable {
    public var method: String
    /// The path as it goes over the wire, percent-encoded where its client does so.
    public var path: String
    public var query: [QueryItem]
    public var headers: [Header]

    public init(method: String, path: String, query: [QueryItem] = [], headers: [Header]) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }
}

/// What the last line of the canonical request says about the body.
public enum PayloadHash: Sendable, Hashable {
    /// `UNSIGNED-PAYLOAD`: S3 only; the body is not part of what is signed.
    case unsigned
    /// The digest of the body.
    case sha256(SHA256Digest)
    /// One of S3's `STREAMING-…` words: the body is `aws-chunked`.
    case streaming(String)

    /// The digest of a request without a body.
    public static let empty = PayloadHash.sha256(SHA256.hash([]))

    /// The value as it stands in the canonical request and in `x-amz-content-sha256`.
    public var text: String {
        switch self {
        case .unsigned: "UNSIGNED-PAYLOAD"
        case .sha256(let digest): digest.hex
        case .streaming(let word): word
        }
    }

    @inline(__always)
    func append(to buffer: inout GrowingBytes) {
        switch self {
        case .unsigned: buffer.append("UNSIGNED-PAYLOAD")
        case .sha256(let digest): buffer.append(digest)
        case .streaming(let word): buffer.append(word)
        }
    }
}
