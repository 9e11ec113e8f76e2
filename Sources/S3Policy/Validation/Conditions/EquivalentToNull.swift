extension IssueCode {
    static let equivalentToNullFalse = IssueCode("EQUIVALENT_TO_NULL_FALSE", .suggestion, isInferred: true)
    static let equivalentToNullTrue = IssueCode("EQUIVALENT_TO_NULL_TRUE", .suggestion, isInferred: true)
}

/// A condition only asks whether the key is there: every value matches `*`.
enum EquivalentToNull: ValidationRule {
    static let codes = [IssueCode.equivalentToNullFalse, IssueCode.equivalentToNullTrue]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let conditionOperator = condition.operator, [.stringLike, .stringNotLike].contains(conditionOperator.comparison),
                conditionOperator.qualifier == nil, !conditionOperator.hasIfExists,
                condition.texts.contains(where: { !$0.value.isEmpty && $0.value.allSatisfy { $0 == "*" } })
            else { return nil }
            let isNegated = conditionOperator.comparison.isNegated
            let code: IssueCode = isNegated ? .equivalentToNullTrue : .equivalentToNullFalse
            return Finding(
                code,
                "This only asks whether \(condition.member.key) is \(isNegated ? "missing" : "there"); write \"Null\": {\"\(condition.member.key)\": \"\(isNegated)\"}.",
                at: condition.member.range)
        }
    }
}
