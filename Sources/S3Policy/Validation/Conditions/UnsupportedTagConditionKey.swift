extension IssueCode {
    static let denyWithUnsupportedTagConditionKey = IssueCode("DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", .securityWarning)
    static let denyNotActionWithUnsupportedTagConditionKey = IssueCode(
        "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", .securityWarning)
    static let allowWithUnsupportedTagConditionKey = IssueCode("ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", .suggestion)
    static let allowNotActionWithUnsupportedTagConditionKey = IssueCode(
        "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", .suggestion)
}

/// A tag key stands in a statement with actions that do not have it: a Deny never denies them, an Allow never allows them.
///
/// A pattern of actions is told when no action that it matches has the key; with `NotAction`, when one that is left over does not.
/// Objects have their tags under `s3:ExistingObjectTag` and `s3:RequestObjectTag`.
enum UnsupportedTagConditionKey: ValidationRule {
    static let codes = [
        IssueCode.denyWithUnsupportedTagConditionKey, IssueCode.denyNotActionWithUnsupportedTagConditionKey,
        IssueCode.allowWithUnsupportedTagConditionKey, IssueCode.allowNotActionWithUnsupportedTagConditionKey,
    ]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard let effect = statement.effect else { return [] }
            return statement.conditions.compactMap { condition in
                guard let key = condition.key, ["aws:requesttag", "aws:tagkeys", "aws:resourcetag"].contains(key.family),
                    condition.operator?.comparison != .null
                else { return nil }
                let isNegated = statement.element("NotAction") != nil
                let example = isNegated ? leftOver(by: statement, key, subject) : unsupported(in: statement, key, subject)
                guard let example else { return nil }
                let code: IssueCode =
                    effect == .deny
                    ? isNegated ? .denyNotActionWithUnsupportedTagConditionKey : .denyWithUnsupportedTagConditionKey
                    : isNegated ? .allowNotActionWithUnsupportedTagConditionKey : .allowWithUnsupportedTagConditionKey
                let message =
                    "No request for \(example) has \(key.text)"
                    + (isNegated
                        ? ", and the statement is about it too; name in Action those that have the key."
                        : "; tags of objects are s3:ExistingObjectTag/key and s3:RequestObjectTag/key.")
                return Finding(code, message, at: condition.member.keyRange)
            }
        }
    }

    /// The first of the listed actions that does not have the key. What is not S3's, or not known, is not judged.
    private static func unsupported(in statement: StatementOutline, _ key: ConditionKey, _ subject: ValidationSubject) -> String? {
        statement.actions.first { action in
            guard let pattern = action.pattern else { return false }
            let actions = subject.reference.actions(matching: pattern).filter { isJudged($0, in: subject.kind) }
            return !actions.isEmpty && !actions.contains { subject.reference.supports(key, for: $0) }
        }?.value
    }

    /// A bucket policy is about actions on buckets and objects.
    private static func isJudged(_ action: ActionReference, in kind: PolicyKind) -> Bool {
        kind != .bucket || !action.bucketPolicyTypes.isEmpty
    }

    /// An action that the statement is about and that does not have the key.
    private static func leftOver(by statement: StatementOutline, _ key: ConditionKey, _ subject: ValidationSubject) -> String? {
        let patterns = statement.actions.compactMap(\.pattern)
        let action = subject.reference.actions.first { action in
            isJudged(action, in: subject.kind) && !subject.reference.supports(key, for: action)
                && !patterns.contains { $0.matches("s3:\(action.name)") }
        }
        return action.map { "s3:\($0.name)" }
    }
}
