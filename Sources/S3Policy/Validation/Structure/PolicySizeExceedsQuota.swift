extension IssueCode {
    static let policySizeExceedsResourcePolicyQuota = IssueCode("POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA", .warning)
    static let policySizeExceedsIdentityPolicyQuota = IssueCode("POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", .warning)
}

/// The policy is larger than AWS takes: 20 KB for bucket policies, 6,144 characters without white space for managed IAM policies.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html> and
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
enum PolicySizeExceedsQuota: ValidationRule {
    static let codes = [IssueCode.policySizeExceedsResourcePolicyQuota, IssueCode.policySizeExceedsIdentityPolicyQuota]

    /// Eight times the larger quota.
    private static let detailLimit = 8 * 20_480

    /// Whether the policy, without white space, is so large that the other rules do not look at it.
    static func isFarExceeded(by subject: ValidationSubject) -> Bool {
        let bytes = subject.document.text.bytes
        return bytes.count > self.detailLimit && bytes.count { $0 > UInt8(ascii: " ") } > self.detailLimit
    }

    static func findings(in subject: ValidationSubject) -> [Finding] {
        switch subject.kind {
        case .bucket:
            let count = subject.document.text.bytes.count
            guard count > 20_480 else { return [] }
            let message = "The policy has \(count) bytes; S3 takes 20,480 (20 KB). Join statements, or use wildcards."
            return [Finding(.policySizeExceedsResourcePolicyQuota, message, at: subject.root.range)]
        case .identity:
            let count = subject.document.text[subject.root.range].unicodeScalars.count { !$0.properties.isWhitespace }
            guard count > 6144 else { return [] }
            let message = "The policy has \(count) characters besides white space; IAM takes 6,144. Make two policies of it."
            return [Finding(.policySizeExceedsIdentityPolicyQuota, message, at: subject.root.range)]
        }
    }
}
