extension IssueCode {
    static let missingTagKeyInCondition = IssueCode("MISSING_TAG_KEY_IN_CONDITION", .error)
}

/// A condition key of a tag does not name the tag.
enum MissingTagKeyInCondition: ValidationRule {
    static let codes = [IssueCode.missingTagKeyInCondition]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, subject.reference.familyNamesTag(key), key.tagKey?.isEmpty != false else { return nil }
            return Finding(
                .missingTagKeyInCondition, "Name the tag behind a slash: \(key.text.prefix { $0 != "/" })/tag-key.",
                at: condition.member.keyRange)
        }
    }
}
