extension IssueCode {
    static let irrelevantConditionKeyInPolicy = IssueCode("IRRELEVANT_CONDITION_KEY_IN_POLICY", .suggestion, isInferred: true)
}

/// A bucket policy asks who owns the bucket: it is always the one that it is attached to.
enum IrrelevantConditionKeyInPolicy: ValidationRule {
    static let codes = [IssueCode.irrelevantConditionKeyInPolicy]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .bucket else { return [] }
        return subject.inConditions { _, condition in
            guard let key = condition.key, ["s3:resourceaccount", "aws:resourceaccount", "aws:resourceorgid"].contains(key.lowercased)
            else { return nil }
            return Finding(
                .irrelevantConditionKeyInPolicy,
                "A bucket policy is about its own bucket only, whose owner never changes; delete \(key.text).",
                at: condition.member.keyRange)
        }
    }
}
