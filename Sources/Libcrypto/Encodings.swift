/// Hexadecimal digits (RFC 4648 section 8), written in lower case as SigV4 does.
public enum Hex {
    /// Two lower-case digits a byte.
    public static func encode(_ bytes: [UInt8]) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            digits.append(digit(byte >> 4))
            digits.append(digit(byte & 15))
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// The bytes of a text of digits in either case; an odd number of digits, or anything else in the text, is `nil`.
    public static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.span
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// The lower-case digit of half a byte.
    @inline(__always)
    static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : 0x57 + nibble
    }

    /// The eight digits of four bytes, least significant byte first on both sides, worked out side by side in one word.
    @inline(__always)
    static func digits(of bytes: UInt32) -> UInt64 {
        var spread = UInt64(bytes)
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        let nibbles = (spread >> 4 & 0x000F_000F_000F_000F) | (spread & 0x000F_000F_000F_000F) << 8
        let areLetters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return nibbles &+ 0x3030_3030_3030_3030 &+ areLetters &* 0x27
    }

    /// What a digit of either case stands for.
    package static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}

/// Base 64 with padding and the standard alphabet (RFC 4648 section 4), as S3 uses it for policies and checksums.
public enum Base64 {
    /// The text of some bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        encode(bytes.span)
    }

    /// The text of some bytes.
    public static func encode(_ bytes: Span<UInt8>) -> String {
        let count = (bytes.count + 2) / 3 * 4
        return unsafe String(unsafeUninitializedCapacity: count) { text in
            unsafe bytes.withUnsafeBufferPointer { unsafe encode($0, into: text) }
            return count
        }
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>) {
        let whole = bytes.count / 3
        for group in 0..<whole {
            let (first, second, third) = unsafe (bytes[3 * group], bytes[3 * group + 1], bytes[3 * group + 2])
            unsafe text[4 * group] = symbol(first >> 2)
            unsafe text[4 * group + 1] = symbol(first << 4 | second >> 4)
            unsafe text[4 * group + 2] = symbol(second << 2 | third >> 6)
            unsafe text[4 * group + 3] = symbol(third)
        }
        let left = bytes.count - 3 * whole
        guard left > 0 else { return }
        let first = unsafe bytes[3 * whole]
        let second = left > 1 ? unsafe bytes[3 * whole + 1] : 0
        unsafe text[4 * whole] = symbol(first >> 2)
        unsafe text[4 * whole + 1] = symbol(first << 4 | second >> 4)
        unsafe text[4 * whole + 2] = left > 1 ? symbol(second << 2) : padding
        unsafe text[4 * whole + 3] = padding
    }

    /// The bytes of a text; missing padding, white space, set bits behind the last byte and foreign characters are all `nil`.
    public static func decode(_ text: String) -> [UInt8]? {
        let symbols = text.utf8.span
        guard symbols.count.isMultiple(of: 4) else { return nil }
        if symbols.isEmpty { return [] }
        let paddings = symbols[symbols.count - 1] != padding ? 0 : symbols[symbols.count - 2] != padding ? 1 : 2
        var areValid = true
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: symbols.count / 4 * 3) { bytes, count in
            count = symbols.count / 4 * 3 - paddings
            areValid = unsafe symbols.withUnsafeBufferPointer { unsafe decode($0, paddings: paddings, into: bytes) }
        }
        return areValid ? bytes : nil
    }

    /// Decodes whole groups of four symbols; returns whether all of them are valid.
    private static func decode(
        _ symbols: UnsafeBufferPointer<UInt8>, paddings: Int, into bytes: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        let groups = symbols.count / 4
        var seen: UInt8 = 0
        for group in 0..<groups {
            let isPadded = group == groups - 1
            let first = unsafe value(of: symbols[4 * group])
            let second = unsafe value(of: symbols[4 * group + 1])
            let third = isPadded && paddings > 1 ? 0 : unsafe value(of: symbols[4 * group + 2])
            let fourth = isPadded && paddings > 0 ? 0 : unsafe value(of: symbols[4 * group + 3])
            seen |= first | second | third | fourth
            unsafe bytes[3 * group] = first << 2 | second >> 4
            unsafe bytes[3 * group + 1] = second << 4 | third >> 2
            unsafe bytes[3 * group + 2] = third << 6 | fourth
        }
        // Bits behind the last byte would be a second text for the same bytes.
        for index in 0..<paddings { unsafe seen |= bytes[3 * groups - 1 - index] == 0 ? 0 : invalid }
        return seen < 64
    }

    private static let padding = UInt8(ascii: "=")

    /// The symbol of the low six bits.
    @inline(__always)
    private static func symbol(_ bits: UInt8) -> UInt8 {
        symbols[Int(bits & 63)]
    }

    /// The six bits of a symbol, `invalid` for any other byte.
    @inline(__always)
    private static func value(of symbol: UInt8) -> UInt8 {
        values[Int(symbol)]
    }

    private static let symbols: InlineArray<64, UInt8> = [
        65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80,
        81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 97, 98, 99, 100, 101, 102,
        103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118,
        119, 120, 121, 122, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 43, 47,
    ]

    private static let invalid: UInt8 = 255

    /// What a symbol stands for, `invalid` for any other byte.
    private static let values: InlineArray<256, UInt8> = [
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 62, 255, 255, 255, 63,
        52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 255, 255, 255, 255, 255, 255,
        255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
        15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 255, 255, 255, 255, 255,
        255, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
        41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    ]
}

/// Base 64 with the alphabet for URLs and without padding (RFC 4648 section 5, RFC 7515 section 2), as JWTs have it.
public enum Base64URL {
    /// The text of some bytes.
    public static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for symbol in Base64.encode(bytes).utf8 {
            switch symbol {
            case UInt8(ascii: "+"): text.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): text.append(UInt8(ascii: "_"))
            case UInt8(ascii: "="): break
            default: text.append(symbol)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text; padding, the standard alphabet's `+` and `/`, white space and set bits behind the last byte are all `nil`.
    public static func decode(_ symbols: some Collection<UInt8>) -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(symbols.count + 3)
        for symbol in symbols {
            switch symbol {
            case UInt8(ascii: "-"): text.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): text.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: text.append(symbol)
            }
        }
        while !text.count.isMultiple(of: 4) { text.append(UInt8(ascii: "=")) }
        return Base64.decode(String(decoding: text, as: UTF8.self))
    }
}
