extension IssueCode {
    static let s3PrefixInNegativeContext = IssueCode("S3_PREFIX_IN_NEGATIVE_CONTEXT", .securityWarning)
}

/// A listing is denied by its prefix: a shorter prefix, or none, lists the same keys and is not denied.
enum S3PrefixInNegativeContext: ValidationRule {
    static let codes = [IssueCode.s3PrefixInNegativeContext]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { statement, condition in
            guard condition.key?.lowercased == "s3:prefix", let comparison = condition.operator?.comparison else { return nil }
            let isEvaded =
                statement.effect == .deny && [.stringLike, .stringEquals].contains(comparison)
                || statement.effect == .allow && [.stringNotLike, .stringNotEquals].contains(comparison)
            guard isEvaded else { return nil }
            let message =
                "A shorter prefix, or none, lists the same keys; write which prefixes are allowed: Allow with StringLike, or Deny with StringNotLike."
            return Finding(.s3PrefixInNegativeContext, message, at: condition.member.keyRange)
        }
    }
}
