extension IssueCode {
    static let unsupportedGlobalConditionKey = IssueCode("UNSUPPORTED_GLOBAL_CONDITION_KEY", .error)
    static let deprecatedGlobalConditionKey = IssueCode("DEPRECATED_GLOBAL_CONDITION_KEY", .warning, isInferred: true)
}

/// `aws:ARN` is not supported any more: `aws:PrincipalArn` and `aws:SourceArn` took its place.
///
/// AWS has two codes for it and does not say when which appears: here the error is told in bucket policies, the warning in others.
enum ARNConditionKey: ValidationRule {
    static let codes = [IssueCode.unsupportedGlobalConditionKey, IssueCode.deprecatedGlobalConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, key.lowercased == "aws:arn" else { return nil }
            let code = subject.kind == .bucket ? IssueCode.unsupportedGlobalConditionKey : .deprecatedGlobalConditionKey
            return Finding(
                code, "Write aws:PrincipalArn for the caller, or aws:SourceArn for the resource behind the call, instead of \(key.text).",
                at: condition.member.keyRange)
        }
    }
}
