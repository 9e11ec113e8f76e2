extension IssueCode {
    static let wildcardUsageTooPermissive = IssueCode("WILDCARD_USAGE_TOO_PERMISSIVE", .error, isInferred: true)
    static let variableUsageTooPermissive = IssueCode("VARIABLE_USAGE_TOO_PERMISSIVE", .error, isInferred: true)
}

/// A key that separates accounts, organizations or networks is compared with a wildcard or a variable.
///
/// AWS also asks for six fixed characters before a wildcard without saying for which keys; that is told for `aws:userid` alone.
enum UsageTooPermissive: ValidationRule {
    static let codes = [IssueCode.wildcardUsageTooPermissive, IssueCode.variableUsageTooPermissive]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.conditions.flatMap { _, condition -> [Finding] in
            guard let key = condition.key, let comparison = condition.operator?.comparison,
                comparison.matchesPatterns || comparison.family == .string,
                let reference = subject.reference.conditionKey(key), reference.isSensitive || key.lowercased == "aws:userid"
            else { return [] }
            return condition.texts.flatMap { text -> [Finding] in
                let pieces = PolicyText(text.value, version: subject.outline.version).pieces
                var findings: [Finding] = []
                if comparison.matchesPatterns, isLoose(pieces, reference, { $0 == .anyRun || $0 == .anyUnit }) {
                    findings.append(Finding(.wildcardUsageTooPermissive, message(key, "a wildcard"), at: text.range))
                }
                if isLoose(pieces, reference, { if case .variable = $0 { true } else { false } }) {
                    findings.append(Finding(.variableUsageTooPermissive, message(key, "a policy variable"), at: text.range))
                }
                return findings
            }
        }
    }

    private static let fixedCount = 6

    private static func message(_ key: ConditionKey, _ what: String) -> String {
        key.lowercased == "aws:userid"
            ? "Write at least \(fixedCount) fixed characters before \(what), such as the role's id and a colon."
            : "\(what.prefix(1).uppercased() + what.dropFirst()) in \(key.text) lets strangers in; name the values that are meant."
    }

    private static func isLoose(_ pieces: [PolicyText.Piece], _ reference: ConditionKeyReference, _ isOpen: (PolicyText.Piece) -> Bool)
        -> Bool
    {
        pieces.indices.contains { index in
            guard isOpen(pieces[index]) else { return false }
            if reference.isSensitive { return true }
            guard index > 0, case .literal(let text) = pieces[index - 1] else { return true }
            return text.count < fixedCount
        }
    }
}
