extension IssueCode {
    static let invalidRoleReference = IssueCode("INVALID_ROLE_REFERENCE", .warning)
    static let invalidUserReference = IssueCode("INVALID_USER_REFERENCE", .warning)
}

/// A principal is the unique id of a role or user: what IAM leaves in a policy when it is deleted.
enum InvalidIdentityReference: ValidationRule {
    static let codes = [IssueCode.invalidRoleReference, IssueCode.invalidUserReference]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            statement.principals.compactMap { principal in
                guard principal.kind == "AWS", Principal(kind: .aws, text: principal.text.value) == .deletedIdentity(principal.text.value)
                else { return nil }
                let isRole = principal.text.value.hasPrefix("AROA")
                let message =
                    "This is the id of a \(isRole ? "role" : "user") that was deleted; nobody has it any more. Name the one that is meant by its ARN, or delete the entry."
                return Finding(isRole ? .invalidRoleReference : .invalidUserReference, message, at: principal.text.range)
            }
        }
    }
}
