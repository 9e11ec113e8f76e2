extension IssueCode {
    static let invalidPrincipalInPolicy = IssueCode("S3_INVALID_PRINCIPAL", .error, origin: .s3)
}

/// A principal cannot be anybody: S3 refuses the policy.
enum InvalidPrincipalInPolicy: ValidationRule {
    static let codes = [IssueCode.invalidPrincipalInPolicy]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .bucket else { return [] }
        return subject.inStatements { statement in
            statement.principals.compactMap { principal in
                guard let kind = principal.kind.flatMap(Principal.Kind.init(rawValue:)), kind == .aws || kind == .canonicalUser else {
                    return nil
                }
                // UnsupportedWildcardInPrincipal tells wildcards.
                guard !principal.text.value.contains(where: { $0 == "*" || $0 == "?" }) else { return nil }
                guard Principal(kind: kind, text: principal.text.value) == nil else { return nil }
                let form = kind == .aws ? "a twelve-digit account, or the ARN of a user or role" : "64 hexadecimal digits"
                return Finding(.invalidPrincipalInPolicy, "Invalid principal in policy: write \(form).", at: principal.text.range)
            }
        }
    }
}
