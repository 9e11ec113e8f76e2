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
private enum PolicyTextReader {
    static func pieces(of source: String, hasVariables: Bool) -> [PolicyText.Piece] {
        var pieces: [PolicyText.Piece] = []
        var literal = ""
        var rest = source.unicodeScalars[...]
        func flush() {
            guard !literal.isEmpty else { return }
            pieces.append(.literal(literal))
            literal = ""
        }
        while let scalar = rest.first {
            if hasVariables, scalar == "$", let (piece, length) = self.variable(at: rest) {
                rest = rest.dropFirst(length)
                if case .literal(let escaped) = piece { literal += escaped } else { flush(); pieces.append(piece) }
                continue
            }
            rest.removeFirst()
            switch scalar {
            case "*": flush(); pieces.append(.anyRun)
            case "?": flush(); pieces.append(.anyUnit)
            default: literal.unicodeScalars.append(scalar)
            }
        }
        flush()
        return pieces
    }

    /// The variable that a text starts with, and how many scalars it takes; `${*}`, `${?}` and `${$}` are the characters themselves.
    private static func variable(at text: Substring.UnicodeScalarView) -> (PolicyText.Piece, Int)? {
        guard text.dropFirst().first == "{", let close = self.closingBrace(of: text.dropFirst(2)) else { return nil }
        let inner = text[text.index(text.startIndex, offsetBy: 2)..<close]
        let length = inner.count + 3
        if inner.count == 1, let scalar = inner.first, scalar == "*" || scalar == "?" || scalar == "$" {
            return (.literal(String(scalar)), length)
        }
        guard let comma = inner.firstIndex(of: ",") else {
            return ConditionKey(String(inner)).map { (.variable($0, default: nil), length) }
        }
        var fallback = inner[inner.index(after: comma)...]
        while fallback.first == " " { fallback.removeFirst() }
        guard fallback.count >= 2, fallback.first == "'", fallback.last == "'", let key = ConditionKey(String(inner[..<comma])) else {
            return nil
        }
        return (.variable(key, default: String(fallback.dropFirst().dropLast())), length)
    }

    /// The brace that closes a variable; one inside the quoted default does not.
    private static func closingBrace(of text: Substring.UnicodeScalarView) -> String.Index? {
        var isQuoted = false
        for index in text.indices {
            if text[index] == "'" { isQuoted.toggle() }
            if text[index] == "}", !isQuoted { return index }
        }
        return nil
    }
}

extension Substring {
    /// Where a text behind `${` closes the variable: not inside its quoted default, unless the quotation is never closed.
    var closingBraceOfVariable: String.Index? {
        var isQuoted = false
        let unquoted = self.indices.first { index in
            if self[index] == "'" { isQuoted.toggle() }
            return self[index] == "}" && !isQuoted
        }
        return unquoted ?? self.firstIndex(of: "}")
    }
}
