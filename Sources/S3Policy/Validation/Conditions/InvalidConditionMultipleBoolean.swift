extension IssueCode {
    static let invalidConditionMultipleBoolean = IssueCode("INVALID_CONDITION_MULTIPLE_BOOLEAN", .error)
}

/// A key that takes one Boolean has several.
enum InvalidConditionMultipleBoolean: ValidationRule {
    static let codes = [IssueCode.invalidConditionMultipleBoolean]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let comparison = condition.operator?.comparison, comparison == .bool || comparison == .null, condition.values.count > 1
            else { return nil }
            return Finding(
                .invalidConditionMultipleBoolean, "\(comparison.rawValue) takes one value, true or false; write one.",
                at: condition.member.value.range)
        }
    }
}
