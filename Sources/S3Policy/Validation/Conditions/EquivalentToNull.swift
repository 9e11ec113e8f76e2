extension IssueCode {
    static let equivalentToNullFalse = IssueCode("EQUIVALENT_TO_NULL_FALSE", .suggestion, isInferred: true)
    static let equivalentToNullTrue = IssueCode("EQUIVALENT_TO_NULL_TRUE", .suggestion, isInferred: true)
}

/// A condition only asks whether the key is there: every value matches `*`.
enum EquivalentToNull: ValidationRule {
    static let codes = [IssueCode.equivalentToNullFalse, IssueCode.equivalentToNullTrue]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { statement, condition in
            guard let conditionOperator = condition.operator, conditionOperator.qualifier == nil, condition.matchesEveryText else {
                return nil
            }
            let isNegated = conditionOperator.comparison.isNegated
            // StringLikeIfExists always holds; RedundantDueToWildcard tells that.
            guard isNegated || !conditionOperator.hasIfExists else { return nil }
            let key = condition.member.key
            let message =
                "This only asks whether \(key) is \(isNegated ? "missing" : "there"); write \"Null\": {\"\(key)\": \"\(isNegated)\"}."
            return Finding(
                isNegated ? .equivalentToNullTrue : .equivalentToNullFalse, message, at: condition.member.range,
                fix: self.fix(condition, in: statement, value: isNegated, subject.reference))
        }
    }

    /// Only where the key has one value: a key with several never meets an operator without a qualifier.
    private static func fix(_ condition: ConditionOutline, in statement: StatementOutline, value: Bool, _ reference: ServiceReference)
        -> Fix?
    {
        guard condition.isAlone, !statement.hasOperator("Null"), let key = condition.key,
            reference.conditionKey(key)?.isMultivalued == false
        else { return nil }
        return Fix(
            "write Null",
            edits: [
                .init(condition.operatorMember.keyRange, replacement: "\"Null\""),
                .init(condition.member.value.range, replacement: "\"\(value)\""),
            ])
    }
}

extension ConditionOutline {
    /// Whether `*` alone is among the values of an operator that matches patterns of text.
    var matchesEveryText: Bool {
        guard let comparison = self.operator?.comparison, comparison == .stringLike || comparison == .stringNotLike else { return false }
        return self.texts.contains { !$0.value.isEmpty && $0.value.utf8.allSatisfy { $0 == UInt8(ascii: "*") } }
    }
}
