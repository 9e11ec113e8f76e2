extension IssueCode {
    static let wildcardUsageTooPermissive = IssueCode("WILDCARD_USAGE_TOO_PERMISSIVE", .error, isInferred: true)
    static let variableUsageTooPermissive = IssueCode("VARIABLE_USAGE_TOO_PERMISSIVE", .error, isInferred: true)
}

/// A key that separates accounts, organizations or networks is compared with a wildcard or a variable, so that more callers pass.
///
/// AWS also asks for six fixed characters before a wildcard without saying for which keys; that is told for `aws:userid` alone. A variable
/// that is one of these keys itself is fine, as `${aws:PrincipalOrgID}` in AWS's own examples. So is what lets fewer callers pass: a
/// pattern in a Deny, or a negated one in an Allow.
enum UsageTooPermissive: ValidationRule {
    static let codes = [IssueCode.wildcardUsageTooPermissive, IssueCode.variableUsageTooPermissive]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.conditions.flatMap { statement, condition -> [Finding] in
            guard let key = condition.key, let comparison = condition.operator?.comparison, comparison.family == .string,
                statement.effect == (comparison.isNegated ? .deny : .allow), let fixedCount = fixedCount(of: key, subject.reference)
            else { return [] }
            return condition.texts.flatMap { text -> [Finding] in
                let pieces = PolicyText(text.value, version: subject.outline.version).pieces
                var findings: [Finding] = []
                let isWildcard = { (piece: PolicyText.Piece) in piece == .anyRun || piece == .anyUnit }
                if comparison.matchesPatterns, isLoose(pieces, fixedCount, isWildcard) {
                    findings.append(Finding(.wildcardUsageTooPermissive, message(key, "a wildcard", fixedCount), at: text.range))
                }
                let isForeign = { (piece: PolicyText.Piece) in
                    if case .variable(let name, _) = piece { subject.reference.conditionKey(name)?.isSensitive != true } else { false }
                }
                if isLoose(pieces, fixedCount, isForeign) {
                    findings.append(Finding(.variableUsageTooPermissive, message(key, "a policy variable", fixedCount), at: text.range))
                }
                return findings
            }
        }
    }

    /// How many fixed characters make a pattern of the key safe: none do where the key is sensitive. Nil for every other key.
    private static func fixedCount(of key: ConditionKey, _ reference: ServiceReference) -> Int? {
        if key.lowercased == "aws:userid" { return 6 }
        return reference.conditionKey(key)?.isSensitive == true ? .max : nil
    }

    private static func message(_ key: ConditionKey, _ what: String, _ fixedCount: Int) -> String {
        fixedCount == .max
            ? "\(what.prefix(1).uppercased() + what.dropFirst()) in \(key.text) lets strangers in; name the values that are meant."
            : "Write at least \(fixedCount) fixed characters before \(what) in \(key.text), such as the role's id and a colon."
    }

    private static func isLoose(_ pieces: [PolicyText.Piece], _ fixedCount: Int, _ isOpen: (PolicyText.Piece) -> Bool) -> Bool {
        var count = 0
        for piece in pieces {
            if isOpen(piece) { return count < fixedCount }
            if case .literal(let text) = piece { count += text.utf8.count }
        }
        return false
    }
}
