extension IssueCode {
    static let unsupportedWildcardInPrincipal = IssueCode("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", .error)
}

/// A principal has a wildcard: only `*` alone has a meaning, and only for AWS principals.
enum UnsupportedWildcardInPrincipal: ValidationRule {
    static let codes = [IssueCode.unsupportedWildcardInPrincipal]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            statement.principals.filter(hasUnsupportedWildcard).map { principal in
                let message =
                    principal.kind == Principal.Kind.aws.rawValue
                    ? "No part of a principal can be a wildcard; name it in full, or write \"*\" with a condition on aws:PrincipalArn."
                    : "No \(principal.kind ?? "principal") can be named by a wildcard; name it in full."
                return Finding(.unsupportedWildcardInPrincipal, message, at: principal.text.range)
            }
        }
    }

    /// What stands outside an object, or under a kind that does not exist, is told by other rules.
    private static func hasUnsupportedWildcard(_ principal: (kind: String?, text: Located<String>)) -> Bool {
        guard let kind = principal.kind.flatMap(Principal.Kind.init(rawValue:)) else { return false }
        let text = principal.text.value
        return text == "*" ? kind != .aws : text.contains { $0 == "*" || $0 == "?" }
    }
}
