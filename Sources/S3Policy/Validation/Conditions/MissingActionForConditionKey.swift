extension IssueCode {
    static let missingActionForConditionKey = IssueCode("MISSING_ACTION_FOR_CONDITION_KEY", .error, isInferred: true)
}

/// A key is only there when another action is asked for too, and that action is not in the list.
///
/// AWS does not list the pairs. Here: tags of an upload need s3:PutObjectTagging beside s3:PutObject where the policy allows.
enum MissingActionForConditionKey: ValidationRule {
    static let codes = [IssueCode.missingActionForConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard statement.effect == .allow, let list = statement.element("Action")?.value.located, !list.isEmpty else { return [] }
            let patterns = list.compactMap { ActionPattern($0.value) }
            guard patterns.contains(where: { $0.matches("s3:PutObject") }), !patterns.contains(where: { $0.matches("s3:PutObjectTagging") })
            else { return [] }
            return statement.conditions.compactMap { condition in
                guard let key = condition.key, key.family == "s3:requestobjecttag", condition.operator?.hasIfExists == false,
                    condition.operator?.comparison.isNegated == false,
                    condition.operator?.qualifier != .forAllValues, condition.operator?.comparison != .null
                else { return nil }
                let message = "An upload that has \(key.text) needs s3:PutObjectTagging too; add it to the actions."
                return Finding(.missingActionForConditionKey, message, at: condition.member.keyRange)
            }
        }
    }
}
