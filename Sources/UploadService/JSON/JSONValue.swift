/// A parsed JSON value (RFC 8259). Object members keep their order; numbers keep their text, so that nothing is rounded on the way.
enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    struct Member: Sendable {
        let name: String
        let value: JSONValue
    }

    /// What the value is, in the words of an error message.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// The integer that a number's text spells without fraction and exponent; nil for everything else and outside Int64.
    var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }
}

/// Why a text is not JSON, and where. Lines and columns count from 1; columns count bytes.
struct JSONSyntaxError: Error, Equatable {
    let message: String
    let line: Int
    let column: Int
}
