extension IssueCode {
    static let invalidConditionDataType = IssueCode("INVALID_CONDITION_DATA_TYPE", .error)
}

/// The values of one key have different JSON types.
enum InvalidConditionDataType: ValidationRule {
    static let codes = [IssueCode.invalidConditionDataType]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            let kinds = Set(condition.values.filter { $0.scalarText != nil }.map(\.value.kindName))
            guard kinds.count > 1 else { return nil }
            return Finding(
                .invalidConditionDataType, "The values of \(condition.member.key) have different JSON types; write all of them as strings.",
                at: condition.member.value.range)
        }
    }
}
