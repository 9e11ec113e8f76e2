extension IssueCode {
    static let emptyArrayCondition = IssueCode("EMPTY_ARRAY_CONDITION", .suggestion)
    static let emptyArrayConditionForAllValues = IssueCode("EMPTY_ARRAY_CONDITION_FORALLVALUES", .suggestion)
    static let emptyArrayConditionForAnyValue = IssueCode("EMPTY_ARRAY_CONDITION_FORANYVALUE", .suggestion)
    static let emptyArrayConditionIfExists = IssueCode("EMPTY_ARRAY_CONDITION_IFEXISTS", .suggestion)
    static let emptyObjectCondition = IssueCode("EMPTY_OBJECT_CONDITION", .suggestion)
}

/// A condition compares with nothing.
enum EmptyCondition: ValidationRule {
    static let codes = [
        IssueCode.emptyArrayCondition, IssueCode.emptyArrayConditionForAllValues, IssueCode.emptyArrayConditionForAnyValue,
        IssueCode.emptyArrayConditionIfExists, IssueCode.emptyObjectCondition,
    ]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            let element = statement.element("Condition")
            let isEmpty =
                element?.value.object?.isEmpty == true || element?.value.object?.contains { $0.value.object?.isEmpty == true } == true
            let empty =
                isEmpty
                ? element.map { [Finding(.emptyObjectCondition, "The condition has no key; add one, or delete it.", at: $0.value.range)] }
                    ?? [] : []
            return empty + statement.conditions.filter { $0.member.value.array?.isEmpty == true }.map(finding)
        }
    }

    private static func finding(_ condition: ConditionOutline) -> Finding {
        let key = condition.member.key
        let range = condition.member.value.range
        switch (condition.operator?.qualifier, condition.operator?.hasIfExists) {
        case (.forAllValues, _):
            return Finding(
                .emptyArrayConditionForAllValues,
                "Without values this holds only for requests without \(key); write Null for that, or add values.", at: range)
        case (.forAnyValue, _):
            return Finding(.emptyArrayConditionForAnyValue, "Without values this never holds; add values to \(key).", at: range)
        case (nil, true?):
            return Finding(
                .emptyArrayConditionIfExists,
                "Without values this holds only for requests without \(key); write Null for that, or add values.", at: range)
        default: return Finding(.emptyArrayCondition, "The list of \(key) is empty, so that nothing matches it; add values.", at: range)
        }
    }
}
