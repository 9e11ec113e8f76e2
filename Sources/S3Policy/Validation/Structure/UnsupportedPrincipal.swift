extension IssueCode {
    static let unsupportedPrincipal = IssueCode("UNSUPPORTED_PRINCIPAL", .error)
}

/// A policy of a user or role names a principal: it is always about whoever has it.
enum UnsupportedPrincipal: ValidationRule {
    static let codes = [IssueCode.unsupportedPrincipal]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .identity else { return [] }
        return subject.inStatements { statement in
            ["Principal", "NotPrincipal"].compactMap { statement.element($0) }.map { element in
                Finding(.unsupportedPrincipal, "Delete \(element.key): a policy of a user or role names none.", at: element.keyRange)
            }
        }
    }
}
