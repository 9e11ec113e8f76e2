extension IssueCode {
    static let invalidGlobalConditionKey = IssueCode("INVALID_GLOBAL_CONDITION_KEY", .error)
}

/// There is no global condition key of this name, or a tag stands behind one that has none.
enum InvalidGlobalConditionKey: ValidationRule {
    static let codes = [IssueCode.invalidGlobalConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, key.prefix.lowercased() == "aws", key.lowercased != "aws:arn", !subject.reference.hasKey(key)
            else { return nil }
            let nearest = subject.reference.nearestKey(to: key)
            let message = "There is no global condition key \(key.text)." + Finding.didYouMean(nearest)
            return Finding(
                .invalidGlobalConditionKey, message, at: condition.member.keyRange, fix: nearest.flatMap(condition.renamingKey))
        }
    }
}
