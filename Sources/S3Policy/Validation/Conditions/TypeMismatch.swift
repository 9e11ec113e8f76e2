extension IssueCode {
    static let typeMismatch = IssueCode("TYPE_MISMATCH", .warning)
}

/// The operator compares another kind of values than the key has.
///
/// String operators are taken for ARNs, as in AWS's own examples.
enum TypeMismatch: ValidationRule {
    static let codes = [IssueCode.typeMismatch]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, let comparison = condition.operator?.comparison, comparison != .null,
                let reference = subject.reference.conditionKey(key)
            else { return nil }
            let fitting = reference.types.contains(.arn) ? reference.types + [.string] : reference.types
            guard !fitting.contains(comparison.family) else { return nil }
            let types = reference.types.map(\.rawValue).joined(separator: " or ")
            return Finding(
                .typeMismatch,
                "\(key.text) is of the type \(types); \(comparison.rawValue) compares the type \(comparison.family.rawValue).",
                at: [condition.operatorMember.keyRange, condition.member.keyRange])
        }
    }
}
