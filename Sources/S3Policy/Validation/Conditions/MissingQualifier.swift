extension IssueCode {
    static let missingQualifier = IssueCode("MISSING_QUALIFIER", .error)
}

/// A key with several values is compared without ForAllValues or ForAnyValue, so that the condition never holds.
enum MissingQualifier: ValidationRule {
    static let codes = [IssueCode.missingQualifier]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, let conditionOperator = condition.operator, conditionOperator.qualifier == nil,
                conditionOperator.comparison != .null,
                subject.reference.conditionKey(key)?.isMultivalued == true
            else { return nil }
            let message =
                "\(key.text) can have several values, so that this never holds; write ForAllValues:\(conditionOperator) or ForAnyValue:\(conditionOperator)."
            return Finding(.missingQualifier, message, at: condition.operatorMember.keyRange)
        }
    }
}
