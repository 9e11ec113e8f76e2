/// Why a text is no JSON, with the offset in bytes.
struct JSONError: Error, Equatable, CustomStringConvertible {
    let message: String
    let offset: Int

    var description: String { "\(message) at byte \(offset + 1)" }
}

/// A strict parser (RFC 8259): UTF-8 only, no name twice in one object, nothing after the value, depth bounded.
/// Written by hand because `presign batch` reads a million lines, and order matters to forms.
struct JSONParser {
    static let maximumDepth = 64

    private let bytes: ArraySlice<UInt8>
    private let base: Int
    private var position: Int

    private init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        base = bytes.startIndex
        position = bytes.startIndex
    }

    static func parse(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> JSON {
        var parser = JSONParser(bytes)
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.endIndex else { throw parser.fault("something follows the value") }
        return value
    }

    static func parse(_ text: String) throws(JSONError) -> JSON { try parse(Array(text.utf8)[...]) }

    private func fault(_ message: String) -> JSONError { JSONError(message: message, offset: position - base) }

    private var peeked: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peeked, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < Self.maximumDepth else { throw fault("nested deeper than \(Self.maximumDepth)") }
        switch peeked {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"): return try number()
        case let byte? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): return try number()
        case nil: throw fault("the text ends where a value should stand")
        default: throw fault("no JSON value starts like this")
        }
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[position...].starts(with: word.utf8) else { throw fault("no JSON value starts like this") }
        position += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var members: [JSON.Member] = []
        skipSpace()
        if peeked == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            guard peeked == UInt8(ascii: "\"") else { throw fault("a member's name in double quotes is missing") }
            let name = try string()
            if members.contains(where: { $0.name == name }) { throw fault("the name \"\(name)\" stands twice in one object") }
            skipSpace()
            guard peeked == UInt8(ascii: ":") else { throw fault("':' is missing") }
            position += 1
            skipSpace()
            members.append(JSON.Member(name, try value(depth: depth + 1)))
            if try endsList(with: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if peeked == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try value(depth: depth + 1))
            if try endsList(with: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// Steps over a comma (false) or the closing bracket (true).
    private mutating func endsList(with bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard let byte = peeked, byte == bracket || byte == UInt8(ascii: ",") else {
            throw fault("',' or '\(Character(UnicodeScalar(bracket)))' is missing")
        }
        position += 1
        skipSpace()
        return byte == bracket
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        if peeked == UInt8(ascii: "-") { position += 1 }
        let digitsStart = position
        skipDigits()
        guard position > digitsStart else { throw fault("a digit is missing") }
        guard bytes[digitsStart] != UInt8(ascii: "0") || position == digitsStart + 1 else {
            throw fault("a number must not start with 0")
        }
        var isInteger = true
        if peeked == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            let fractionStart = position
            skipDigits()
            guard position > fractionStart else { throw fault("a digit is missing") }
        }
        if let byte = peeked, byte | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if let sign = peeked, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            let exponentStart = position
            skipDigits()
            guard position > exponentStart else { throw fault("a digit is missing") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let integer = Int64(text) { return .integer(integer) }
        return .number(text)
    }

    private mutating func skipDigits() {
        while let byte = peeked, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        while let byte = peeked, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        guard peeked == UInt8(ascii: "\"") else { return try stringWithEscapes(from: start) }
        defer { position += 1 }
        return try utf8(bytes[start..<position])
    }

    private func utf8(_ slice: ArraySlice<UInt8>) throws(JSONError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw fault("the string before this is not UTF-8") }
        return text
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while let byte = peeked {
            switch byte {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return try utf8(text[...])
            case UInt8(ascii: "\\"):
                position += 1
                try appendEscape(to: &text)
            case 0..<0x20: throw fault("a control character must be written as \\u00..")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw fault("the closing double quote is missing")
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(JSONError) {
        guard let byte = peeked else { throw fault("the closing double quote is missing") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: Character(try escapedScalar()).utf8)
        default:
            position -= 1
            throw fault("no such escape")
        }
    }

    private mutating func escapedScalar() throws(JSONError) -> UnicodeScalar {
        let unit = try hexUnit()
        if let scalar = UnicodeScalar(unit) { return scalar }
        guard unit < 0xDC00, peeked == UInt8(ascii: "\\"), position + 1 < bytes.endIndex, bytes[position + 1] == UInt8(ascii: "u") else {
            throw fault("half of a surrogate pair")
        }
        position += 2
        let low = try hexUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
        let combined = 0x10000 + ((UInt32(unit) - 0xD800) << 10) + (UInt32(low) - 0xDC00)
        guard let scalar = UnicodeScalar(combined) else { throw fault("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexUnit() throws(JSONError) -> UInt16 {
        guard position + 4 <= bytes.endIndex, let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
            bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-")
        else { throw fault("four hexadecimal digits are missing") }
        position += 4
        return unit
    }
}
