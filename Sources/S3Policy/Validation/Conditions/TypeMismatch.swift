extension IssueCode {
    static let typeMismatch = IssueCode("TYPE_MISMATCH", .warning)
}

/// The operator compares another kind of values than the key has.
///
/// String operators are taken for ARNs, as in AWS's own examples.
enum TypeMismatch: ValidationRule {
    static let codes = [IssueCode.typeMismatch]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { statement, condition in
            guard let key = condition.key, let comparison = condition.operator?.comparison, comparison != .null,
                let reference = subject.reference.conditionKey(key)
            else { return nil }
            let fitting = reference.types.contains(.arn) ? reference.types + [.string] : reference.types
            guard !fitting.contains(comparison.family) else { return nil }
            let types = reference.types.map(\.rawValue).joined(separator: " or ")
            return Finding(
                .typeMismatch,
                "\(key.text) is of the type \(types); \(comparison.rawValue) compares the type \(comparison.family.rawValue).",
                at: [condition.operatorMember.keyRange, condition.member.keyRange],
                fix: reference.types == [.bool] ? asBool(condition, in: statement) : nil)
        }
    }

    /// `Bool` in the place of a string operator that compares with `true` or `false`: it means the same.
    private static func asBool(_ condition: ConditionOutline, in statement: StatementOutline) -> Fix? {
        guard let conditionOperator = condition.operator, [.stringEquals, .stringLike].contains(conditionOperator.comparison),
            condition.isAlone, condition.texts.count == 1, condition.texts.allSatisfy({ ["true", "false"].contains($0.value) })
        else { return nil }
        let name = ConditionOperator(.bool, qualifier: conditionOperator.qualifier, hasIfExists: conditionOperator.hasIfExists).description
        return statement.hasOperator(name) ? nil : .replace(condition.operatorMember.keyRange, by: name)
    }
}
