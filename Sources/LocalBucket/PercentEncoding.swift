/// Percent-encoding of text that is no part of a signature: tags, listings, locations.
enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Keeps the unreserved characters of RFC 3986, section 2.3, and what else is named.
    static func encode(_ bytes: some Sequence<UInt8>, keeping kept: String = "") -> String {
        var result: [UInt8] = []
        for byte in bytes {
            if self.isUnreserved(byte) || kept.utf8.contains(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), self.digits[Int(byte >> 4)], self.digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// As `application/x-www-form-urlencoded`: `+` is a space. Nil when an escape or the UTF-8 is broken.
    static func decodeForm(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(self.value), let low = rest.popFirst().flatMap(self.value) else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
