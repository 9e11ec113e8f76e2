/// A JSON value (RFC 8259) whose objects keep their order: policies, forms and what a command prints are read by people too.
package enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number that is no 64-bit integer, as it was written.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    package struct Member: Equatable, Sendable {
        package var name: String
        package var value: JSON

        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    package subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// What kind of value this is, for messages.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// On one line.
    package var compact: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Indented by two spaces.
    package var pretty: String {
        var text: [UInt8] = []
        appendPretty(to: &text, depth: 0)
        return String(decoding: text, as: UTF8.self)
    }

    package func append(to text: inout [UInt8]) {
        switch self {
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                element.append(to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                Self.appendQuoted(member.name, to: &text)
                text.append(UInt8(ascii: ":"))
                member.value.append(to: &text)
            }
            text.append(UInt8(ascii: "}"))
        default: appendScalar(to: &text)
        }
    }

    private func appendScalar(to text: inout [UInt8]) {
        switch self {
        case .null: text.append(contentsOf: "null".utf8)
        case .bool(let flag): text.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let number): text.append(contentsOf: String(number).utf8)
        case .number(let digits): text.append(contentsOf: digits.utf8)
        case .string(let string): Self.appendQuoted(string, to: &text)
        case .array, .object: break
        }
    }

    private func appendPretty(to text: inout [UInt8], depth: Int) {
        func newLine(_ depth: Int) {
            text.append(0x0A)
            text.append(contentsOf: repeatElement(0x20, count: depth * 2))
        }
        switch self {
        case .array(let elements) where !elements.isEmpty:
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                newLine(depth + 1)
                element.appendPretty(to: &text, depth: depth + 1)
            }
            newLine(depth)
            text.append(UInt8(ascii: "]"))
        case .object(let members) where !members.isEmpty:
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                newLine(depth + 1)
                Self.appendQuoted(member.name, to: &text)
                text.append(contentsOf: ": ".utf8)
                member.value.appendPretty(to: &text, depth: depth + 1)
            }
            newLine(depth)
            text.append(UInt8(ascii: "}"))
        default: append(to: &text)
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// A JSON string literal; control characters and DEL as `\u00xx`, so that a terminal stays as it is.
    package static func appendQuoted(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        appendEscaped(string, to: &text)
        text.append(UInt8(ascii: "\""))
    }

    private static func appendEscaped(_ string: String, to text: inout [UInt8]) {
        // Most strings stand for themselves, and go in one piece.
        if standsForItself(string.utf8.span) { return text.append(contentsOf: string.utf8) }
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            case 0x0A: text.append(contentsOf: "\\n".utf8)
            case 0x0D: text.append(contentsOf: "\\r".utf8)
            case 0x09: text.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
                text.append(contentsOf: "\\u00".utf8)
                text.append(hexDigits[Int(byte >> 4)])
                text.append(hexDigits[Int(byte & 15)])
            default: text.append(byte)
            }
        }
    }

    private static func standsForItself(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices {
            switch bytes[index] {
            case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7F: return false
            default: continue
            }
        }
        return true
    }
}
