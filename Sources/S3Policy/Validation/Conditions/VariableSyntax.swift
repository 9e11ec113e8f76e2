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
            (statement.resources + statement.conditions.flatMap(\.texts)).compactMap { text in
                mistake(in: text.value).map { Finding($0.code, $0.message, at: text.range) }
            }
        }
    }

    private static func mistake(in text: String) -> (code: IssueCode, message: String)? {
        var rest = text[...]
        while let start = rest.utf8.firstRange(of: "${".utf8) {
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                return (.missingBraceInVariable, "Close the policy variable with }; a $ that is meant is written as ${$}.")
            }
            let inner = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if let mistake = self.mistake(inside: inner) { return mistake }
        }
        return nil
    }

    private static func mistake(inside variable: Substring) -> (code: IssueCode, message: String)? {
        if variable.allSatisfy(\.isWhitespace) {
            return (.emptyVariable, "Name a condition key between the braces, as in ${aws:username}.")
        }
        let parts = variable.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        if parts[0].contains(where: \.isWhitespace) {
            return (
                .unsupportedSpaceInVariable,
                "A policy variable has no spaces in its name; write ${\(parts[0].filter { !$0.isWhitespace })}."
            )
        }
        guard parts.count == 2 else { return nil }
        let fallback = parts[1].drop { $0 == " " }
        if fallback.count < 2 || fallback.first != "'" || fallback.last != "'" {
            return (
                .missingQuoteInVariable, "The default of a policy variable stands in single quotation marks: ${\(parts[0]), 'default'}."
            )
        }
        return nil
    }
}
