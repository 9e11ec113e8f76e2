extension IssueCode {
    static let invalidKMSKeyValue = IssueCode("INVALID_KMS_KEY_VALUE", .error)
}

/// The key of SSE-KMS is not named by the ARN of a KMS key.
enum InvalidKMSKeyValue: ValidationRule {
    static let codes = [IssueCode.invalidKMSKeyValue]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.conditions.flatMap { _, condition -> [Finding] in
            guard condition.key?.lowercased == "s3:x-amz-server-side-encryption-aws-kms-key-id",
                [.string, .arn].contains(condition.operator?.comparison.family)
            else { return [] }
            return condition.texts.filter { !isKey($0.value) }.map { text in
                Finding(.invalidKMSKeyValue, "Name the KMS key by its ARN: arn:aws:kms:REGION:ACCOUNT:key/KEY-ID.", at: text.range)
            }
        }
    }

    private static func isKey(_ text: String) -> Bool {
        if text.isOpen { return true }
        guard let arn = ARN(text) else { return false }
        return arn.service == "kms" && Principal.isAccount(arn.account) && !arn.region.isEmpty && arn.resource.hasPrefix("key/")
            && arn.resource.utf8.count > "key/".utf8.count
    }
}
