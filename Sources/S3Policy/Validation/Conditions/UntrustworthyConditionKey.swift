extension IssueCode {
    static let untrustworthyConditionKey = IssueCode("UNTRUSTWORTHY_CONDITION_KEY", .securityWarning, isInferred: true)
}

/// An Allow depends on a value that every caller can choose.
///
/// AWS's page lists no keys; those of the global-key page's own warnings are told: `aws:referer` and `aws:UserAgent`. Where only AWS
/// services are allowed in, they set the value themselves, as Amazon SES does with `aws:Referer`.
enum UntrustworthyConditionKey: ValidationRule {
    static let codes = [IssueCode.untrustworthyConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { statement, condition in
            guard statement.effect == .allow, let key = condition.key, ["aws:referer", "aws:useragent"].contains(key.lowercased),
                let comparison = condition.operator?.comparison, !comparison.isNegated, comparison != .null, !statement.isAboutServicesOnly
            else { return nil }
            return Finding(
                .untrustworthyConditionKey,
                "Every caller can send any \(key.text); it protects nothing. Use signed URLs, or CloudFront, instead.",
                at: condition.member.keyRange)
        }
    }
}
