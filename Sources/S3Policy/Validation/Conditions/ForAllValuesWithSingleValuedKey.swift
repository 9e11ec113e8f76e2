extension IssueCode {
    static let forAllValuesWithSingleValuedKey = IssueCode("FORALLVALUES_WITH_SINGLE_VALUED_KEY", .securityWarning)
}

/// ForAllValues stands before a key with one value: a request without the key passes.
enum ForAllValuesWithSingleValuedKey: ValidationRule {
    static let codes = [IssueCode.forAllValuesWithSingleValuedKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, condition.operator?.qualifier == .forAllValues, condition.operator?.comparison != .null,
                let reference = subject.reference.conditionKey(key), !reference.isMultivalued
            else { return nil }
            let name = condition.operatorMember.key.dropFirst("ForAllValues:".count)
            return Finding(
                .forAllValuesWithSingleValuedKey,
                "\(key.text) has one value at most, and ForAllValues lets requests without it pass; write \(name).",
                at: condition.operatorMember.keyRange)
        }
    }
}
