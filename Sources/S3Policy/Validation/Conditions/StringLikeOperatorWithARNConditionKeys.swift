extension IssueCode {
    static let stringLikeOperatorWithARNConditionKeys = IssueCode("STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS", .securityWarning)
}

/// StringLike compares an ARN, where a `*` reaches over colons into another account.
///
/// Values without a wildcard are left alone: for them it makes no difference. So is s3:DataAccessPointArn, which S3's guide calls a string
/// and compares so: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>.
enum StringLikeOperatorWithARNConditionKeys: ValidationRule {
    static let codes = [IssueCode.stringLikeOperatorWithARNConditionKeys]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { statement, condition in
            guard let key = condition.key, let conditionOperator = condition.operator,
                [.stringLike, .stringNotLike].contains(conditionOperator.comparison),
                key.lowercased != "s3:dataaccesspointarn", subject.reference.conditionKey(key)?.types.first == .arn,
                condition.texts.contains(where: { PolicyText($0.value, version: subject.outline.version).hasWildcard })
            else { return nil }
            let comparison: Comparison = conditionOperator.comparison == .stringLike ? .arnLike : .arnNotLike
            let name = ConditionOperator(
                comparison, qualifier: conditionOperator.qualifier, hasIfExists: conditionOperator.hasIfExists
            ).description
            // ArnLike matches nothing with a text that has not the six parts of an ARN.
            let isCertain = condition.isAlone && !statement.hasOperator(name) && condition.texts.allSatisfy { ARN($0.value) != nil }
            return Finding(
                .stringLikeOperatorWithARNConditionKeys,
                "In \(conditionOperator) a * reaches over colons into other accounts; write \(name).",
                at: condition.operatorMember.keyRange,
                fix: isCertain ? .replace(condition.operatorMember.keyRange, by: name) : nil)
        }
    }
}
