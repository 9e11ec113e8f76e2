extension IssueCode {
    static let invalidServiceConditionKey = IssueCode("INVALID_SERVICE_CONDITION_KEY", .error)
}

/// S3 has no condition key of this name, or a tag stands behind one that has none.
enum InvalidServiceConditionKey: ValidationRule {
    static let codes = [IssueCode.invalidServiceConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, key.prefix.lowercased() == "s3", !subject.reference.hasKey(key) else { return nil }
            let nearest = subject.reference.nearestKey(to: key)
            let message =
                "S3 has no condition key \(key.text); it is not in the data of \(subject.reference.date)." + Finding.didYouMean(nearest)
            return Finding(
                .invalidServiceConditionKey, message, at: condition.member.keyRange, fix: nearest.flatMap(condition.renamingKey))
        }
    }
}
