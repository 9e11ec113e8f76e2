extension IssueCode {
    static let redundantKeyDueToWildcard = IssueCode("REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION", .suggestion, isInferred: true)
    static let redundantStatementDueToWildcard = IssueCode(
        "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION", .suggestion, isInferred: true)
}

/// A wildcard alone decides a condition that a missing key would decide the same way: it always holds, or never.
enum RedundantDueToWildcard: ValidationRule {
    static let codes = [IssueCode.redundantKeyDueToWildcard, IssueCode.redundantStatementDueToWildcard]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let conditionOperator = condition.operator, condition.matchesEveryText else { return nil }
            let qualifier = conditionOperator.qualifier
            if !conditionOperator.comparison.isNegated, qualifier == .forAllValues || conditionOperator.hasIfExists && qualifier == nil {
                let message = "Every request meets this condition; delete it, or name values."
                return Finding(.redundantKeyDueToWildcard, message, at: condition.member.range)
            }
            if conditionOperator.comparison.isNegated, qualifier == .forAnyValue, !conditionOperator.hasIfExists {
                let message = "No request meets this condition, so that the statement does nothing; name values."
                return Finding(.redundantStatementDueToWildcard, message, at: condition.member.range)
            }
            return nil
        }
    }
}
