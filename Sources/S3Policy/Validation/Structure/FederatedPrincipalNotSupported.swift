extension IssueCode {
    static let federatedPrincipalNotSupported = IssueCode("FEDERATED_PRINCIPAL_NOT_SUPPORTED", .error)
}

/// A bucket policy names an identity provider, which only role trust policies may.
enum FederatedPrincipalNotSupported: ValidationRule {
    static let codes = [IssueCode.federatedPrincipalNotSupported]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .bucket else { return [] }
        return subject.inStatements { statement in
            statement.principals.filter { $0.kind == "Federated" }.map { principal in
                let message = "A bucket policy cannot name an identity provider; name the role that its users assume."
                return Finding(.federatedPrincipalNotSupported, message, at: principal.text.range)
            }
        }
    }
}
