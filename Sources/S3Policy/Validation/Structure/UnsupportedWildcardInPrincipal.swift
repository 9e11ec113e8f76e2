extension IssueCode {
    static let unsupportedWildcardInPrincipal = IssueCode("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", .error)
}

/// A principal has a wildcard among other characters; only a `*` alone has a meaning.
enum UnsupportedWildcardInPrincipal: ValidationRule {
    static let codes = [IssueCode.unsupportedWildcardInPrincipal]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            statement.principals.filter { $0.text.value != "*" && $0.text.value.contains { $0 == "*" || $0 == "?" } }.map { principal in
                let message =
                    "No part of a principal can be a wildcard; name it in full, or write \"*\" with a condition on aws:PrincipalArn."
                return Finding(.unsupportedWildcardInPrincipal, message, at: principal.text.range)
            }
        }
    }
}
