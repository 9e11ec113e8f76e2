extension IssueCode {
    static let invalidConditionKeyFormat = IssueCode("INVALID_CONDITION_KEY_FORMAT", .error)
}

/// A condition key is not of the form `prefix:name`.
enum InvalidConditionKeyFormat: ValidationRule {
    static let codes = [IssueCode.invalidConditionKeyFormat]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard condition.key == nil else { return nil }
            let names = subject.reference.conditionKeys.map(\.name)
            let nearest = names.first { $0.lowercased().hasSuffix(":" + condition.member.key.lowercased()) }
            let message = "A condition key is written as service:name, such as aws:SourceIp." + Finding.didYouMean(nearest)
            return Finding(
                .invalidConditionKeyFormat, message, at: condition.member.keyRange,
                fix: nearest.map { .replace(condition.member.keyRange, by: $0) })
        }
    }
}
