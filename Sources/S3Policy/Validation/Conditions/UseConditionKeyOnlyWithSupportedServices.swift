extension IssueCode {
    static let useConditionKeyOnlyWithSupportedServices = IssueCode(
        "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES", .warning, isInferred: true)
}

/// A key of VPC endpoints' owners works with some services only. S3 is one of them; a statement about all services is told.
enum UseConditionKeyOnlyWithSupportedServices: ValidationRule {
    static let codes = [IssueCode.useConditionKeyOnlyWithSupportedServices]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            let services = statement.actions.map { ActionPattern($0.value)?.service.lowercased() ?? "s3" }
            guard let other = services.first(where: { $0 != "s3" }) else { return [] }
            return statement.conditions.compactMap { condition in
                guard let key = condition.key, ["aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths"].contains(key.lowercased) else {
                    return nil
                }
                let message =
                    "\(key.text) works with some services only, and the actions name \(other == "*" ? "all" : other); name s3 actions."
                return Finding(.useConditionKeyOnlyWithSupportedServices, message, at: condition.member.keyRange)
            }
        }
    }
}
