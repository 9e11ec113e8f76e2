extension IssueCode {
    static let nullWithQualifier = IssueCode("NULL_WITH_QUALIFIER", .suggestion)
}

/// Null with ForAllValues always holds, with ForAnyValue never.
enum NullWithQualifier: ValidationRule {
    static let codes = [IssueCode.nullWithQualifier]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let qualifier = condition.operator?.qualifier, condition.operator?.comparison == .null else { return nil }
            let effect = qualifier == .forAllValues ? "always" : "never"
            return Finding(
                .nullWithQualifier, "Null with \(qualifier.rawValue) \(effect) holds; write Null alone.",
                at: condition.operatorMember.keyRange)
        }
    }
}
