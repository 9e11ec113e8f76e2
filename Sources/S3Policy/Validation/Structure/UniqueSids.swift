extension IssueCode {
    static let uniqueSidsRequired = IssueCode("UNIQUE_SIDS_REQUIRED", .error, isInferred: true)
    static let uniqueSidsRecommended = IssueCode("UNIQUE_SIDS_RECOMMENDED", .warning)
}

/// Two statements have the same Sid.
///
/// AWS does not say in which policies that is an error; IAM refuses it in policies of users and roles.
enum UniqueSids: ValidationRule {
    static let codes = [IssueCode.uniqueSidsRequired, IssueCode.uniqueSidsRecommended]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        var seen: Set<String> = []
        return subject.statements.compactMap { statement in
            guard let sid = statement.element("Sid")?.value, let text = sid.string, !text.isEmpty, !seen.insert(text).inserted else {
                return nil
            }
            let code = subject.kind == .identity ? IssueCode.uniqueSidsRequired : .uniqueSidsRecommended
            return Finding(code, "Another statement has the Sid \"\(text)\" already; give this one its own.", at: sid.range)
        }
    }
}
