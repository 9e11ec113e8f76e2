extension IssueCode {
    static let redundantKeyDueToWildcard = IssueCode("REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION", .suggestion, isInferred: true)
    static let redundantStatementDueToWildcard = IssueCode(
        "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION", .suggestion, isInferred: true)
}

/// A wildcard alone decides a condition that a missing key would decide the same way: it always holds, or never.
enum RedundantDueToWildcard: ValidationRule {
    static let codes = [IssueCode.redundantKeyDueToWildcard, IssueCode.redundantStatementDueToWildcard]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { statement, condition in
            guard let conditionOperator = condition.operator, [.stringLike, .stringNotLike].contains(conditionOperator.comparison),
                condition.texts.contains(where: { !$0.value.isEmpty && $0.value.allSatisfy { $0 == "*" } })
            else { return nil }
            let holdsWhenMissing =
                conditionOperator.qualifier == .forAllValues || conditionOperator.hasIfExists && conditionOperator.qualifier == nil
            if !conditionOperator.comparison.isNegated, holdsWhenMissing {
                return Finding(
                    .redundantKeyDueToWildcard, "Every request meets this condition; delete it, or name values.", at: condition.member.range
                )
            }
            if conditionOperator.comparison.isNegated, conditionOperator.qualifier == .forAnyValue, !conditionOperator.hasIfExists {
                return Finding(
                    .redundantStatementDueToWildcard, "No request meets this condition, so that the statement does nothing; name values.",
                    at: condition.member.range)
            }
            return nil
        }
    }
}
