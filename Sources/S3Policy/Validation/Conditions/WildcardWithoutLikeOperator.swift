extension IssueCode {
    static let wildcardWithoutLikeOperator = IssueCode("WILDCARD_WITHOUT_LIKE_OPERATOR", .warning)
}

/// A value has a wildcard, and its operator compares it as a plain character.
enum WildcardWithoutLikeOperator: ValidationRule {
    static let codes = [IssueCode.wildcardWithoutLikeOperator]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let conditionOperator = condition.operator, conditionOperator.comparison.family == .string,
                !conditionOperator.comparison.matchesPatterns
            else { return nil }
            let texts = condition.texts.filter { PolicyText($0.value, version: subject.outline.version).hasWildcard }
            guard !texts.isEmpty else { return nil }
            let like: Comparison = conditionOperator.comparison.isNegated ? .stringNotLike : .stringLike
            let name = ConditionOperator(like, qualifier: conditionOperator.qualifier, hasIfExists: conditionOperator.hasIfExists)
            let message = "\(conditionOperator) takes * and ? as they are; write \(name) to match patterns."
            return Finding(.wildcardWithoutLikeOperator, message, at: texts.map(\.range))
        }
    }
}
