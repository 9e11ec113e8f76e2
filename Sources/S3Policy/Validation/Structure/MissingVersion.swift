extension IssueCode {
    static let missingVersion = IssueCode("MISSING_VERSION", .warning)
}

/// The policy states no version, so that it is read by the older one, without policy variables.
enum MissingVersion: ValidationRule {
    static let codes = [IssueCode.missingVersion]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.root.object != nil, subject.outline.element("Version") == nil else { return [] }
        let message = "Add \"Version\": \"2012-10-17\"; without it the policy is read by the rules of 2008, which know no variables."
        return [Finding(.missingVersion, message, at: subject.root.range.lowerBound..<(subject.root.range.lowerBound + 1))]
    }
}
