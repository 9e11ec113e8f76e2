extension IssueCode {
    static let s3PrefixInNegativeContext = IssueCode("S3_PREFIX_IN_NEGATIVE_CONTEXT", .securityWarning)
}

/// A listing is denied by a pattern of prefixes: a shorter prefix, or none, lists the same keys and is not denied.
///
/// `StringEquals` is left alone: AWS names the patterns only, and a Deny of the prefix `""` is sensible.
enum S3PrefixInNegativeContext: ValidationRule {
    static let codes = [IssueCode.s3PrefixInNegativeContext]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { statement, condition in
            guard condition.key?.lowercased == "s3:prefix", let comparison = condition.operator?.comparison else { return nil }
            let isEvaded =
                statement.effect == .deny && comparison == .stringLike || statement.effect == .allow && comparison == .stringNotLike
            guard isEvaded else { return nil }
            let message =
                "A shorter prefix, or none, lists the same keys; write which prefixes are allowed: Allow with StringLike, or Deny with StringNotLike."
            return Finding(.s3PrefixInNegativeContext, message, at: condition.member.keyRange)
        }
    }
}
