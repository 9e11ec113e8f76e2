/// The little JSON (RFC 8259) that a POST policy is written in.
///
/// Strict, but for the escapes `\$` and `\v`, which S3 documents for policies. Numbers are integers, since the only
/// numbers of a policy are sizes.
indirect enum JSONText: Equatable {
    case object([Member])
    case array([JSONText])
    case string(String)
    case integer(Int64)
    case other

    struct Member: Equatable {
        let name: String
        let value: JSONText
    }

    /// Why a text is no JSON.
    struct Invalid: Error {}

    /// Reads one value and nothing behind it.
    init(_ bytes: [UInt8]) throws(Invalid) {
        var reader = Reader(bytes: bytes)
        self = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.isAtEnd else { throw Invalid() }
    }

    /// A text as a JSON string, in ASCII.
    static func quote(_ text: String) -> String {
        var quoted = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: quoted += "\\\""
            case 0x5C: quoted += "\\\\"
            case 0x20...0x7E: quoted.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}

private struct Reader {
    let bytes: [UInt8]
    var position = 0

    /// More than any policy needs, less than a stack overflow does.
    static let maximumDepth = 16

    var isAtEnd: Bool { position == bytes.count }
    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipBlanks() {
        while let byte = current, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(JSONText.Invalid) {
        skipBlanks()
        guard take(byte) else { throw JSONText.Invalid() }
    }

    mutating func value(depth: Int) throws(JSONText.Invalid) -> JSONText {
        guard depth < Reader.maximumDepth else { throw JSONText.Invalid() }
        skipBlanks()
        switch current {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), .some(0x30...0x39): return .integer(try integer())
        default: return try word()
        }
    }

    private mutating func members(depth: Int) throws(JSONText.Invalid) -> [JSONText.Member] {
        position += 1
        var members: [JSONText.Member] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return members }
        repeat {
            skipBlanks()
            let name = try string()
            guard !members.contains(where: { $0.name == name }) else { throw JSONText.Invalid() }
            try expect(UInt8(ascii: ":"))
            members.append(JSONText.Member(name: name, value: try value(depth: depth + 1)))
            skipBlanks()
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return members
    }

    private mutating func elements(depth: Int) throws(JSONText.Invalid) -> [JSONText] {
        position += 1
        var elements: [JSONText] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return elements }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipBlanks()
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return elements
    }

    private mutating func string() throws(JSONText.Invalid) -> String {
        guard take(UInt8(ascii: "\"")) else { throw JSONText.Invalid() }
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else { throw JSONText.Invalid() }
                return text
            case UInt8(ascii: "\\"): text.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw JSONText.Invalid()
            default: text.append(byte)
            }
        }
        throw JSONText.Invalid()
    }

    private mutating func escape() throws(JSONText.Invalid) -> String {
        guard let byte = current else { throw JSONText.Invalid() }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "$"): return String(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "v"): return "\u{B}"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw JSONText.Invalid()
        }
    }

    private mutating func unicodeEscape() throws(JSONText.Invalid) -> String {
        let unit = try codeUnit()
        if let scalar = Unicode.Scalar(UInt32(unit)) { return String(scalar) }
        guard (0xD800..<0xDC00).contains(unit), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw JSONText.Invalid() }
        let low = try codeUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw JSONText.Invalid() }
        let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
        guard let scalar else { throw JSONText.Invalid() }
        return String(scalar)
    }

    private mutating func codeUnit() throws(JSONText.Invalid) -> UInt16 {
        guard bytes.count - position >= 4 else { throw JSONText.Invalid() }
        let digits = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
        guard digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }), let unit = UInt16(digits, radix: 16) else {
            throw JSONText.Invalid()
        }
        position += 4
        return unit
    }

    private mutating func integer() throws(JSONText.Invalid) -> Int64 {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        let hasLeadingZero = position - firstDigit > 1 && bytes[firstDigit] == 0x30
        guard !hasLeadingZero, let value = Int64(String(decoding: bytes[start..<position], as: UTF8.self)) else { throw JSONText.Invalid() }
        if let byte = current, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(byte) { throw JSONText.Invalid() }
        return value
    }

    private mutating func word() throws(JSONText.Invalid) -> JSONText {
        for word in ["true", "false", "null"] where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return .other
        }
        throw JSONText.Invalid()
    }
}
