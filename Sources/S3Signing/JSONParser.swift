/// Why a text is not JSON, and where. Lines and columns count from 1; columns count bytes.
package struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    package let message: String
    package let line: Int
    package let column: Int

    package init(message: String, line: Int, column: Int) {
        self.message = message
        self.line = line
        self.column = column
    }

    package var description: String { "line \(line), column \(column): \(message)" }
}

/// The one reader of JSON (RFC 8259) that strangers send: strict, one value and nothing after it, valid UTF-8, no name twice in
/// an object, bounded depth and number length.
package struct JSONParser {
    /// Arrays and objects may nest this deep; an upload request needs three levels, a POST policy four.
    package static let maximumDepth = 32
    /// Longer number texts are refused; Int64 needs 20 characters.
    static let maximumNumberLength = 64

    private let bytes: ArraySlice<UInt8>
    private let takesPolicyEscapes: Bool
    private var position: Int

    private init(_ bytes: ArraySlice<UInt8>, takesPolicyEscapes: Bool) {
        self.bytes = bytes
        self.takesPolicyEscapes = takesPolicyEscapes
        position = bytes.startIndex
    }

    /// - Parameter takesPolicyEscapes: whether `\$` and `\v` are escapes too, as S3 documents for POST policies.
    package static func parse(_ bytes: ArraySlice<UInt8>, takesPolicyEscapes: Bool = false) throws(JSONSyntaxError) -> JSON {
        var parser = JSONParser(bytes, takesPolicyEscapes: takesPolicyEscapes)
        parser.skipWhitespace()
        let value = try parser.value(depth: 0)
        parser.skipWhitespace()
        if parser.position < bytes.endIndex { throw parser.error("unexpected text after the value") }
        return value
    }

    package static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSON {
        try parse(bytes[...])
    }

    package static func parse(_ text: String) throws(JSONSyntaxError) -> JSON {
        try parse(Array(text.utf8)[...])
    }

    private func error(_ message: String) -> JSONSyntaxError {
        error(message, at: position)
    }

    private func error(_ message: String, at offset: Int) -> JSONSyntaxError {
        let before = bytes[..<min(offset, bytes.endIndex)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.startIndex
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        return JSONSyntaxError(message: message, line: line, column: before.endIndex - lineStart + 1)
    }

    private var current: UInt8? {
        position < bytes.endIndex ? bytes[position] : nil
    }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSON {
        guard let byte = current else { throw error("the text ends where a value should be") }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw error("expected a value")
        }
    }

    private mutating func literal(_ text: String, _ value: JSON) throws(JSONSyntaxError) -> JSON {
        guard bytes[position...].starts(with: text.utf8) else { throw error("expected a value") }
        position += text.utf8.count
        return value
    }

    // MARK: Arrays and objects

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSON {
        try enter(depth: depth)
        var elements: [JSON] = []
        if close(UInt8(ascii: "]")) { return .array([]) }
        elements.reserveCapacity(8)
        while true {
            skipWhitespace()
            elements.append(try value(depth: depth))
            if close(UInt8(ascii: "]")) { return .array(elements) }
            try expect(UInt8(ascii: ","), "expected ',' or ']'")
        }
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSON {
        try enter(depth: depth)
        var members: [JSON.Member] = []
        var names: Set<String> = []
        if close(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipWhitespace()
            let start = position
            guard current == UInt8(ascii: "\"") else { throw error("expected a member name in double quotes") }
            let name = try string()
            guard !isRepeated(name, among: members, &names) else { throw error("duplicate member name", at: start) }
            skipWhitespace()
            try expect(UInt8(ascii: ":"), "expected ':' after a member name")
            skipWhitespace()
            members.append(JSON.Member(name, try value(depth: depth)))
            if close(UInt8(ascii: "}")) { return .object(members) }
            try expect(UInt8(ascii: ","), "expected ',' or '}'")
        }
    }

    /// Whether an object has a member of this name already. Few names are compared one by one, many are looked up.
    private func isRepeated(_ name: String, among members: [JSON.Member], _ names: inout Set<String>) -> Bool {
        guard members.count > 8 else { return members.contains { $0.name == name } }
        if names.isEmpty { names = Set(members.map(\.name)) }
        return !names.insert(name).inserted
    }

    private mutating func enter(depth: Int) throws(JSONSyntaxError) {
        if depth > Self.maximumDepth { throw error("arrays and objects nest deeper than \(Self.maximumDepth) levels") }
        position += 1
    }

    private mutating func close(_ byte: UInt8) -> Bool {
        skipWhitespace()
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ message: String) throws(JSONSyntaxError) {
        guard current == byte else { throw error(message) }
        position += 1
    }

    // MARK: Numbers

    private mutating func number() throws(JSONSyntaxError) -> JSON {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits()
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if let byte = current, byte | 0x20 == UInt8(ascii: "e") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        if let byte = current, Self.isDigit(byte) { throw error("a number does not start with 0", at: start) }
        guard position - start <= Self.maximumNumberLength else {
            throw error("a number is longer than \(Self.maximumNumberLength) characters", at: start)
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return Int64(text).map { .integer($0) } ?? .number(text)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, Self.isDigit(byte) { position += 1 }
        if position == start { throw error("expected a digit") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    // MARK: Strings

    private mutating func string() throws(JSONSyntaxError) -> String {
        let opening = position
        position += 1
        var text: [UInt8] = []
        var runStart = position
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let run = bytes[runStart..<position]
                position += 1
                guard let string = text.isEmpty ? Self.text(run) : Self.text((text + run)[...]) else {
                    throw error("a string is not valid UTF-8", at: opening)
                }
                return string
            case UInt8(ascii: "\\"):
                text += bytes[runStart..<position]
                try escape(into: &text)
                runStart = position
            case 0..<0x20:
                throw error("a control character in a string must be escaped")
            default:
                skipPlainBytes()
            }
        }
        throw error("a string has no closing quote", at: opening)
    }

    /// Goes to the next byte that ends a string or does not stand for itself in one.
    private mutating func skipPlainBytes() {
        position += unsafe bytes[position...].withUnsafeBufferPointer { bytes in
            var count = 0
            while count < bytes.count, unsafe JSONParser.isPlain(bytes[count]) { count += 1 }
            return count
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The text of some bytes, `nil` where they are not UTF-8. What is ASCII, as nearly all is, costs little.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        let isASCII = unsafe bytes.withUnsafeBufferPointer { bytes in
            var seen: UInt8 = 0
            for index in 0..<bytes.count { unsafe seen |= bytes[index] }
            return seen < 0x80
        }
        return isASCII ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        let start = position
        position += 1
        guard let byte = current else { throw error("the text ends inside an escape", at: start) }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "$") where takesPolicyEscapes: text.append(byte)
        case UInt8(ascii: "v") where takesPolicyEscapes: text.append(0x0B)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += Array(String(try unicodeEscape(from: start)).utf8)
        default: throw error("unknown escape", at: start)
        }
    }

    private mutating func unicodeEscape(from start: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try hexadecimalUnit(from: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), current == UInt8(ascii: "\\"), bytes[(position + 1)...].first == UInt8(ascii: "u") else {
            throw error("half of a surrogate pair", at: start)
        }
        position += 2
        let second = try hexadecimalUnit(from: start)
        guard UTF16.isTrailSurrogate(second) else { throw error("half of a surrogate pair", at: start) }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    private mutating func hexadecimalUnit(from start: Int) throws(JSONSyntaxError) -> UInt16 {
        let digits = bytes[position..<min(position + 4, bytes.endIndex)]
        let isHexadecimal = digits.allSatisfy { Self.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20) }
        guard digits.count == 4, isHexadecimal, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw error("\\u needs four hexadecimal digits", at: start)
        }
        position += 4
        return unit
    }
}
