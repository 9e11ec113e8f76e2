extension IssueCode {
    static let denyWithUnsupportedTagConditionKey = IssueCode("DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", .securityWarning)
    static let denyNotActionWithUnsupportedTagConditionKey = IssueCode(
        "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", .securityWarning)
    static let allowWithUnsupportedTagConditionKey = IssueCode("ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", .suggestion)
    static let allowNotActionWithUnsupportedTagConditionKey = IssueCode(
        "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", .suggestion)
}

/// A tag key stands in a statement of which no action has it, so that a Deny never denies and an Allow never allows.
///
/// Objects have their tags under `s3:ExistingObjectTag` and `s3:RequestObjectTag`.
enum UnsupportedTagConditionKey: ValidationRule {
    static let codes = [
        IssueCode.denyWithUnsupportedTagConditionKey, IssueCode.denyNotActionWithUnsupportedTagConditionKey,
        IssueCode.allowWithUnsupportedTagConditionKey, IssueCode.allowNotActionWithUnsupportedTagConditionKey,
    ]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard let effect = statement.effect else { return [] }
            let isNegated = statement.element("NotAction") != nil
            return statement.conditions.compactMap { condition in
                guard let key = condition.key, ["aws:requesttag", "aws:tagkeys", "aws:resourcetag"].contains(key.family),
                    condition.operator?.comparison != .null,
                    !isSupported(key, by: statement, subject.reference)
                else { return nil }
                let code: IssueCode =
                    effect == .deny
                    ? isNegated ? .denyNotActionWithUnsupportedTagConditionKey : .denyWithUnsupportedTagConditionKey
                    : isNegated ? .allowNotActionWithUnsupportedTagConditionKey : .allowWithUnsupportedTagConditionKey
                let message =
                    "No request for these actions has \(key.text); tags of objects are s3:ExistingObjectTag/key and s3:RequestObjectTag/key."
                return Finding(code, message, at: condition.member.keyRange)
            }
        }
    }

    private static func isSupported(_ key: ConditionKey, by statement: StatementOutline, _ reference: ServiceReference) -> Bool {
        let isNegated = statement.element("NotAction") != nil
        let patterns = statement.actions.compactMap { ActionPattern($0.value) }
        // What is not S3's, or not known, is not judged.
        guard isNegated || patterns.allSatisfy({ $0.service.lowercased() == "s3" && reference.hasAction($0) }) else { return true }
        let actions = reference.actions.filter { action in patterns.contains { $0.matches("s3:\(action.name)") } != isNegated }
        return actions.contains { $0.supports(key) || reference.resourceHas(key, for: $0) }
    }
}
