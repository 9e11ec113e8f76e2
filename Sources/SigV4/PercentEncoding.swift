internal import Libcrypto

/// The one encoder of paths and query parameters, for what is signed and for what is sent alike.
///
/// RFC 3986 section 2.3: `A-Z a-z 0-9 - . _ ~` stay; every other byte of the UTF-8 text becomes `%` and two upper-case digits.
public enum PercentEncoding {
    /// Encodes a query parameter's name or value.
    public static func encode(_ text: String) -> String {
        var buffer = GrowingBytes(capacity: text.utf8.count * 3)
        buffer.appendEncoded(text)
        return buffer.text()
    }

    /// Encodes a path, in which `/` stays.
    public static func encodePath(_ text: String) -> String {
        var buffer = GrowingBytes(capacity: text.utf8.count * 3)
        buffer.appendEncoded(text, keepsSlash: true)
        return buffer.text()
    }

    /// Decodes `%` sequences; `nil` where one is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    public static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var pending = text.utf8.makeIterator()
        while let byte = pending.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = pending.next().flatMap(Hex.value), let low = pending.next().flatMap(Hex.value) else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    @inline(__always)
    static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : 0x37 + nibble
    }
}
