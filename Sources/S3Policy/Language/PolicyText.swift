/// A text of the policy language that may have wildcards and policy variables: a resource, or the value of a condition.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
public struct PolicyText: Sendable, Hashable {
    /// A part of the text.
    public enum Piece: Sendable, Hashable {
        /// Characters that stand for themselves.
        case literal(String)
        /// `*`: any characters, also none. Only patterns give it this meaning; elsewhere it is an asterisk.
        case anyRun
        /// `?`: one UTF-16 code unit. Only patterns give it this meaning; elsewhere it is a question mark.
        case anyUnit
        /// `${key}` or `${key, 'default'}`.
        case variable(ConditionKey, default: String?)
    }

    /// The text as it was written.
    public let source: String
    public let pieces: [Piece]

    /// - Parameter version: Whether `${…}` is a variable. In 2008-10-17 it is text.
    public init(_ source: String, version: PolicyVersion) {
        self.source = source
        self.pieces = PolicyTextReader.pieces(of: source, hasVariables: version == .v2012)
    }

    /// The variables in it.
    public var variables: [ConditionKey] {
        self.pieces.compactMap { if case .variable(let key, _) = $0 { key } else { nil } }
    }

    /// Whether it has `*` or `?` as a wildcard.
    public var hasWildcard: Bool {
        self.pieces.contains { $0 == .anyRun || $0 == .anyUnit }
    }
}

/// Splits a text into its pieces. A `${` that begins no well-formed variable is text.
private struct PolicyTextReader {
    /// No variable is longer, in bytes.
    private static let variableLimit = 2048

    private let bytes: [UInt8]
    private let braces: VariableBraces?
    private var pieces: [PolicyText.Piece] = []
    private var literal: [UInt8] = []

    static func pieces(of source: String, hasVariables: Bool) -> [PolicyText.Piece] {
        var reader = PolicyTextReader(Array(source.utf8), hasVariables: hasVariables)
        reader.read()
        return reader.pieces
    }

    private init(_ bytes: [UInt8], hasVariables: Bool) {
        self.bytes = bytes
        self.braces = hasVariables && bytes.contains(UInt8(ascii: "$")) ? VariableBraces(bytes) : nil
    }

    private mutating func read() {
        var index = 0
        while index < self.bytes.count {
            let byte = self.bytes[index]
            if byte == UInt8(ascii: "$"), let (piece, end) = self.variable(at: index) {
                if case .literal(let escaped) = piece { self.literal += escaped.utf8 } else { self.append(piece) }
                index = end
                continue
            }
            switch byte {
            case UInt8(ascii: "*"): self.append(.anyRun)
            case UInt8(ascii: "?"): self.append(.anyUnit)
            default: self.literal.append(byte)
            }
            index += 1
        }
        self.flush()
    }

    private mutating func append(_ piece: PolicyText.Piece) {
        self.flush()
        self.pieces.append(piece)
    }

    private mutating func flush() {
        guard !self.literal.isEmpty else { return }
        self.pieces.append(.literal(String(decoding: self.literal, as: UTF8.self)))
        self.literal = []
    }

    /// The variable that starts at a place, and where it ends; `${*}`, `${?}` and `${$}` are the characters themselves.
    private func variable(at start: Int) -> (PolicyText.Piece, end: Int)? {
        guard let braces = self.braces, start + 2 < self.bytes.count, self.bytes[start + 1] == UInt8(ascii: "{"),
            let close = braces.close(from: start + 2), close - start <= Self.variableLimit
        else { return nil }
        let inner = self.bytes[(start + 2)..<close]
        if inner.count == 1, let byte = inner.first, "*?$".utf8.contains(byte) {
            return (.literal(String(decoding: inner, as: UTF8.self)), close + 1)
        }
        guard let comma = inner.firstIndex(of: UInt8(ascii: ",")) else {
            return ConditionKey(String(decoding: inner, as: UTF8.self)).map { (.variable($0, default: nil), close + 1) }
        }
        let fallback = inner[(comma + 1)...].drop { $0 == UInt8(ascii: " ") }
        let quote = UInt8(ascii: "'")
        guard fallback.count >= 2, fallback.first == quote, fallback.last == quote,
            let key = ConditionKey(String(decoding: inner[..<comma], as: UTF8.self))
        else { return nil }
        return (.variable(key, default: String(decoding: fallback.dropFirst().dropLast(), as: UTF8.self)), close + 1)
    }
}
