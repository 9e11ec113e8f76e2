extension IssueCode {
    static let useConditionKeyOnlyWithSupportedServices = IssueCode(
        "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES", .warning, isInferred: true)
}

/// A key of VPC endpoints' owners works with some services only. S3 is one of them.
///
/// AWS's list of the others grows, so that only a statement about all services is told; a bucket policy's `*` is about S3 alone.
enum UseConditionKeyOnlyWithSupportedServices: ValidationRule {
    static let codes = [IssueCode.useConditionKeyOnlyWithSupportedServices]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind != .bucket else { return [] }
        return subject.inStatements { statement in
            guard statement.actions.contains(where: { $0.value == "*" }) else { return [] }
            return statement.conditions.compactMap { condition in
                guard let key = condition.key, ["aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"].contains(key.lowercased) else {
                    return nil
                }
                let message = "\(key.text) works with some services only, and the actions name all; name those of services that have it."
                return Finding(.useConditionKeyOnlyWithSupportedServices, message, at: condition.member.keyRange)
            }
        }
    }
}
