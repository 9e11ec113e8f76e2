/// Classes of bytes, independent of any locale.
enum ASCII {
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    static func isLowercase(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    static func isUppercase(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLowercase(byte) || isUppercase(byte) }
    /// A byte that any HTTP header value may hold: visible ASCII or a space (RFC 9110 section 5.5).
    static func isPrintable(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }

    /// Lowers `A…Z` only: no other character turns into an ASCII letter, as `K` (Kelvin) would with Unicode's mapping.
    static func lowercased(_ text: some StringProtocol) -> String {
        String(decoding: text.utf8.map { isUppercase($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Two lower-case hexadecimal digits.
    static func hex(_ byte: UInt8) -> [UInt8] {
        [hexDigit(byte >> 4), hexDigit(byte & 15)]
    }

    /// The lower-case digit of 0…15.
    static func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x57 + nibble }
}

/// A value from outside as it may stand in a message: in quotes, printable ASCII only, not longer than a line.
func quoted(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(81) {
        if shown.count > 80 { return "\"\(shown)...\"" }
        shown += scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : scalar.escaped(asASCII: true)
    }
    return "\"\(shown)\(text.unicodeScalars.count > 81 ? "..." : "")\""
}
