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
        let text = String(text)
        return unsafe withBytes(of: text) { bytes in
            unsafe isEncoded(bytes, plusIsSpace: plusIsSpace) ? decodeAny(bytes, plusIsSpace: plusIsSpace) : text
        }
    }

    /// Decodes a part of a text's bytes.
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool) -> String? {
        unsafe isEncoded(bytes, plusIsSpace: plusIsSpace) ? decodeAny(bytes, plusIsSpace: plusIsSpace) : text(bytes)
    }

    /// Whether there is anything to decode. All bytes are looked at, so that the loop has no branch.
    private static func isEncoded(_ bytes: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool) -> Bool {
        let space = UInt8(ascii: plusIsSpace ? "+" : "%")
        var found: UInt8 = 0
        for index in 0..<bytes.count { unsafe found |= (bytes[index] == UInt8(ascii: "%") ? 1 : 0) | (bytes[index] == space ? 1 : 0) }
        return found != 0
    }

    private static func decodeAny(_ bytes: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count) { room in
            guard let count = unsafe decode(bytes, plusIsSpace: plusIsSpace, into: room) else { return nil }
            return unsafe text(UnsafeBufferPointer(rebasing: room[..<count]))
        }
    }

    /// The text of some bytes, `nil` where they are not UTF-8. What is ASCII, as nearly all is, costs little.
    private static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        var seen: UInt8 = 0
        for index in 0..<bytes.count { unsafe seen |= bytes[index] }
        return seen < 0x80 ? unsafe String(decoding: bytes, as: UTF8.self) : unsafe String(validating: bytes, as: UTF8.self)
    }

    /// Writes the decoded bytes, which are never more than the encoded ones, and returns how many they are.
    private static func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool, into room: UnsafeMutableBufferPointer<UInt8>
    ) -> Int? {
        var index = 0
        var written = 0
        while index < bytes.count {
            var byte = unsafe bytes[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, let high = unsafe Hex.value(of: bytes[index + 1]),
                    let low = unsafe Hex.value(of: bytes[index + 2])
                else { return nil }
                byte = high << 4 | low
                index += 2
            } else if plusIsSpace, byte == UInt8(ascii: "+") {
                byte = UInt8(ascii: " ")
            }
            unsafe room[written] = byte
            written += 1
            index += 1
        }
        return written
    }

    @inline(__always)
    static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : 0x37 + nibble
    }
}
