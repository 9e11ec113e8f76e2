extension IssueCode {
    static let emptySidValue = IssueCode("EMPTY_SID_VALUE", .suggestion)
}

/// A Sid is empty.
enum EmptySidValue: ValidationRule {
    static let codes = [IssueCode.emptySidValue]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard let sid = statement.element("Sid")?.value, sid.string?.isEmpty == true else { return [] }
            return [Finding(.emptySidValue, "The Sid is empty; give the statement a name, or delete the Sid.", at: sid.range)]
        }
    }
}
