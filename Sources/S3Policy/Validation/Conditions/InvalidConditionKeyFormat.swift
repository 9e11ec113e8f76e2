extension IssueCode {
    static let invalidConditionKeyFormat = IssueCode("INVALID_CONDITION_KEY_FORMAT", .error)
}

/// A condition key is not of the form `prefix:name`.
enum InvalidConditionKeyFormat: ValidationRule {
    static let codes = [IssueCode.invalidConditionKeyFormat]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard condition.key == nil else { return nil }
            let meant = self.meant(by: condition.member.key, subject.reference)
            let message = "A condition key is written as service:name, such as aws:SourceIp." + Finding.didYouMean(meant)
            return Finding(
                .invalidConditionKeyFormat, message, at: condition.member.keyRange, fix: meant.flatMap(condition.renamingKey))
        }
    }

    /// The key without its spaces, or the one key of S3 or of all services that has this name behind its prefix.
    private static func meant(by text: String, _ reference: ServiceReference) -> String? {
        let name = text.prefix { $0 != "/" }.filter { !$0.isWhitespace }
        let tag = String(text.drop { $0 != "/" })
        let candidates = ["", "aws:", "s3:"].compactMap { ConditionKey($0 + name + tag) }
        let keys = candidates.compactMap { key in reference.conditionKey(key).map { $0.familyName + tag } }
        return keys.count == 1 ? keys[0] : nil
    }
}
