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
            guard let element = statement.element("Condition"), let operators = element.value.object else { return [] }
            let objects = operators.isEmpty ? [element.value] : operators.map(\.value).filter { $0.object?.isEmpty == true }
            return objects.map { Finding(.emptyObjectCondition, "The condition has no key; add one, or delete it.", at: $0.range) }
                + statement.conditions.filter { $0.member.value.array?.isEmpty == true }.map(finding)
        }
    }

    private static func finding(_ condition: ConditionOutline) -> Finding {
        let key = condition.member.key
        let onlyMissing =
            "Without values this holds only for requests without \(key); write \"Null\": {\"\(key)\": \"true\"}, or add values."
        let (code, message): (IssueCode, String) =
            switch (condition.operator?.qualifier, condition.operator?.hasIfExists) {
            case (.forAllValues, _): (.emptyArrayConditionForAllValues, onlyMissing)
            case (.forAnyValue, _): (.emptyArrayConditionForAnyValue, "Without values this never holds; add values to \(key).")
            case (nil, true?): (.emptyArrayConditionIfExists, onlyMissing)
            default: (.emptyArrayCondition, "The list of \(key) is empty, so that nothing matches it; add values.")
            }
        return Finding(code, message, at: condition.member.value.range)
    }
}
