extension IssueCode {
    static let missingActionForConditionKey = IssueCode("MISSING_ACTION_FOR_CONDITION_KEY", .error, isInferred: true)
}

/// An upload can only set what the key is about when another action is allowed too, and that action is not in the list.
///
/// AWS does not list the pairs. Here: retention and legal hold beside `s3:PutObject`. Tags and ACLs are left out, since S3's own examples
/// have `s3:RequestObjectTag/key` and `s3:x-amz-acl` with `s3:PutObject` alone.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html>.
enum MissingActionForConditionKey: ValidationRule {
    static let codes = [IssueCode.missingActionForConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard statement.effect == .allow else { return [] }
            let patterns = statement.actions.filter { !$0.isNegated }.compactMap(\.pattern)
            return statement.conditions.compactMap { condition in
                guard let key = condition.key, let action = actions[key.lowercased], let conditionOperator = condition.operator,
                    !condition.holdsWhenMissing, !conditionOperator.comparison.isNegated, conditionOperator.comparison != .null,
                    patterns.contains(where: { $0.matches("s3:PutObject") }), !patterns.contains(where: { $0.matches(action) })
                else { return nil }
                let message = "An upload that has \(key.text) needs \(action) too; add it to the actions."
                return Finding(.missingActionForConditionKey, message, at: condition.member.keyRange)
            }
        }
    }

    private static let actions = [
        "s3:object-lock-mode": "s3:PutObjectRetention",
        "s3:object-lock-retain-until-date": "s3:PutObjectRetention",
        "s3:object-lock-remaining-retention-days": "s3:PutObjectRetention",
        "s3:object-lock-legal-hold": "s3:PutObjectLegalHold",
    ]
}
