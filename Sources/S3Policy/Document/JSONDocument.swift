/// A text read as JSON: what could be read, and everything that is wrong with it.
public struct JSONDocument: Sendable {
    public let text: SourceText
    /// The value, as far as it could be read; nil when there is none at all.
    public let root: JSONNode?
    /// What is wrong, in the order of the text; at most ``JSONLimits/problemCount``.
    public let problems: [JSONProblem]

    /// Reads a text to its end, over its mistakes; never fails.
    public init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) {
        var reader = JSONReader(bytes, limits: limits)
        self.root = reader.document()
        // What is never closed shows only after what is wrong inside it.
        self.problems = reader.problems.enumerated().sorted { left, right in
            (left.element.range.lowerBound, left.offset) < (right.element.range.lowerBound, right.offset)
        }.map(\.element)
        self.text = SourceText(bytes)
    }

    public init(_ text: String, limits: JSONLimits = JSONLimits()) {
        self.init(Array(text.utf8), limits: limits)
    }

    /// Whether the value is all that was written: no problem made the reader skip or guess something.
    public var isComplete: Bool { self.root != nil && !self.problems.contains(where: \.losesValues) }
}

/// How much of a text is read as JSON.
public struct JSONLimits: Sendable, Hashable {
    /// The longest text, in bytes. A bucket policy has at most 20 KB; the room above it is for telling so.
    public var byteCount: Int
    /// How deep arrays and objects may nest; a policy needs seven levels.
    public var depth: Int
    /// The longest number, in bytes.
    public var numberLength: Int
    /// How many problems are collected before the reader gives up.
    public var problemCount: Int

    public init(byteCount: Int = 1 << 20, depth: Int = 64, numberLength: Int = 64, problemCount: Int = 32) {
        self.byteCount = byteCount
        self.depth = depth
        self.numberLength = numberLength
        self.problemCount = problemCount
    }
}

/// One thing that is wrong with a text as JSON (RFC 8259).
public struct JSONProblem: Sendable, Hashable {
    /// What is wrong and what to change.
    public let message: String
    public let range: Range<Int>
    /// Whether something that was written is missing from the value that was read.
    public let losesValues: Bool

    public init(_ message: String, range: Range<Int>, losesValues: Bool) {
        self.message = message
        self.range = range
        self.losesValues = losesValues
    }
}
