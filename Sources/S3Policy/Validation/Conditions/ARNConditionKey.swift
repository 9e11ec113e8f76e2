extension IssueCode {
    static let unsupportedGlobalConditionKey = IssueCode("UNSUPPORTED_GLOBAL_CONDITION_KEY", .error)
    static let deprecatedGlobalConditionKey = IssueCode("DEPRECATED_GLOBAL_CONDITION_KEY", .warning, isInferred: true)
}

/// `aws:ARN` is not supported any more: `aws:PrincipalArn` and `aws:SourceArn` took its place.
///
/// AWS has two codes for it and does not say when which appears: here the error is told in bucket policies, where either key can be
/// meant, and the warning in others, which are about the caller.
enum ARNConditionKey: ValidationRule {
    static let codes = [IssueCode.unsupportedGlobalConditionKey, IssueCode.deprecatedGlobalConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, key.lowercased == "aws:arn" else { return nil }
            let range = condition.member.keyRange
            if subject.kind == .bucket {
                let message =
                    "Write aws:PrincipalArn for the caller, or aws:SourceArn for the resource behind the call, instead of \(key.text)."
                return Finding(.unsupportedGlobalConditionKey, message, at: range)
            }
            let successor = "aws:PrincipalArn"
            let message = "Write \(successor) instead of \(key.text), which is deprecated."
            return Finding(.deprecatedGlobalConditionKey, message, at: range, fix: condition.renamingKey(to: successor))
        }
    }
}
