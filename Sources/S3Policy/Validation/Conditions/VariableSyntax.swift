extension IssueCode {
    static let missingBraceInVariable = IssueCode("MISSING_BRACE_IN_VARIABLE", .error)
    static let missingQuoteInVariable = IssueCode("MISSING_QUOTE_IN_VARIABLE", .error)
    static let unsupportedSpaceInVariable = IssueCode("UNSUPPORTED_SPACE_IN_VARIABLE", .error)
    static let emptyVariable = IssueCode("EMPTY_VARIABLE", .error)
}

/// A policy variable is not written as `${key}` or `${key, 'default'}`.
enum VariableSyntax: ValidationRule {
    static let codes = [
        IssueCode.missingBraceInVariable, IssueCode.missingQuoteInVariable, IssueCode.unsupportedSpaceInVariable, IssueCode.emptyVariable,
    ]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.outline.version == .v2012 else { return [] }
        return subject.inStatements { statement in
            (statement.resources.map(\.text) + statement.conditions.flatMap(\.texts)).compactMap { text in
                mistake(in: text.value).map { mistake in
                    Finding(mistake.code, mistake.message, at: text.range, fix: mistake.corrected.map { .replace(text.range, by: $0) })
                }
            }
        }
    }

    private struct Mistake {
        let code: IssueCode
        let message: String
        /// The whole text without the mistake, where that is certain.
        var corrected: String?
    }

    private static func mistake(in text: String) -> Mistake? {
        let bytes = Array(text.utf8)
        guard bytes.contains(UInt8(ascii: "$")) else { return nil }
        let braces = VariableBraces(bytes)
        var index = 0
        while let start = bytes[index...].firstRange(of: "${".utf8)?.upperBound {
            guard let end = braces.closeAnyway(from: start) else {
                return Mistake(
                    code: .missingBraceInVariable, message: "Close the policy variable with }; a $ that is meant is written as ${$}.")
            }
            index = end + 1
            guard var mistake = self.mistake(inside: Substring(decoding: bytes[start..<end], as: UTF8.self)) else { continue }
            mistake.corrected = mistake.corrected.map { corrected in
                String(decoding: bytes[..<start], as: UTF8.self) + corrected + String(decoding: bytes[end...], as: UTF8.self)
            }
            return mistake
        }
        return nil
    }

    private static func mistake(inside variable: Substring) -> Mistake? {
        if variable.allSatisfy(\.isWhitespace) {
            return Mistake(code: .emptyVariable, message: "Name a condition key between the braces, as in ${aws:username}.")
        }
        let parts = variable.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        if parts[0].contains(where: \.isWhitespace) {
            let name = parts[0].filter { !$0.isWhitespace }
            // A tag's key may have spaces, which are then part of the key.
            let isTag = parts[0].contains("/")
            let message = "A policy variable has no spaces in its name; write ${\(isTag ? "key" : name)}."
            let corrected = isTag ? nil : name + variable[parts[0].endIndex...]
            return Mistake(code: .unsupportedSpaceInVariable, message: message, corrected: corrected)
        }
        guard parts.count == 2 else { return nil }
        let fallback = parts[1].drop { $0 == " " }
        if fallback.count < 2 || fallback.first != "'" || fallback.last != "'" {
            let message = "The default of a policy variable stands in single quotation marks: ${\(parts[0]), 'default'}."
            return Mistake(code: .missingQuoteInVariable, message: message)
        }
        return nil
    }
}
