/// A JSON value and where it stands.
public struct JSONNode: Sendable, Hashable {
    public let value: JSONValue
    /// The offsets of its bytes, quotation marks and brackets included.
    public let range: Range<Int>

    public init(_ value: JSONValue, range: Range<Int>) {
        self.value = value
        self.range = range
    }

    /// The text, if it is a string.
    public var string: String? {
        if case .string(let text) = self.value { text } else { nil }
    }

    /// The items, if it is an array.
    public var array: [JSONNode]? {
        if case .array(let items) = self.value { items } else { nil }
    }

    /// The members in their order, if it is an object.
    public var object: [JSONMember]? {
        if case .object(let members) = self.value { members } else { nil }
    }

    /// The items of an array, or the value alone: how the policy language takes lists.
    public var items: [JSONNode] { self.array ?? [self] }

    /// The value of the first member with this key, if it is an object that has it.
    public subscript(key: String) -> JSONNode? {
        self.object?.first { $0.key == key }?.value
    }
}

/// What a ``JSONNode`` holds.
public enum JSONValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// A number, as it was written.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([JSONMember])

    /// What it is, in words for messages: `a string`, `an object`, ….
    public var kindName: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// One key of an object with its value.
public struct JSONMember: Sendable, Hashable {
    public let key: String
    /// The offsets of the key, quotation marks included.
    public let keyRange: Range<Int>
    public let value: JSONNode

    public init(key: String, keyRange: Range<Int>, value: JSONNode) {
        self.key = key
        self.keyRange = keyRange
        self.value = value
    }

    /// From the key's first byte to the value's last.
    public var range: Range<Int> { self.keyRange.lowerBound..<self.value.range.upperBound }
}
