internal import Libcrypto

/// Who asks for a ticket, bound to one environment.
public struct Caller: Sendable, Hashable {
    /// The name of an API key (`web-backend`), as the configuration gives it.
    public let name: String
    /// The one environment that this caller may upload to.
    public let environment: String

    public init(name: String, environment: String) {
        self.name = name
        self.environment = environment
    }

    /// What `{caller}` becomes in a key: one path segment, never empty, `.` or `..`, at most 128 bytes of `a…z 0…9 - _`.
    ///
    /// `a…z`, `0…9` and `-` stand for themselves and every other byte of the name's UTF-8 is `_` and two hexadecimal digits, so no two
    /// names share a segment, not even where a file system or a CDN folds case. A name whose segment would be longer is `__` and its
    /// SHA-256; `_` alone is the empty name. `~`, `.` and `=` stay free for callers of other kinds.
    public var keySegment: String {
        guard !name.utf8.isEmpty else { return "_" }
        var segment: [UInt8] = []
        segment.reserveCapacity(name.utf8.count)
        for byte in name.utf8 {
            if ASCII.isLowercase(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "-") {
                segment.append(byte)
            } else {
                segment.append(UInt8(ascii: "_"))
                segment.append(contentsOf: ASCII.hex(byte))
            }
            if segment.count > Caller.maximumSegmentBytes { return "__" + SHA256.hash(name).hex }
        }
        return String(decoding: segment, as: UTF8.self)
    }

    static let maximumSegmentBytes = 128
}
