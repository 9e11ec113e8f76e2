extension IssueCode {
    static let allowWithNotPrincipal = IssueCode("ALLOW_WITH_NOT_PRINCIPAL", .securityWarning)
}

/// An Allow with NotPrincipal allows everybody else, anonymous callers among them.
enum AllowWithNotPrincipal: ValidationRule {
    static let codes = [IssueCode.allowWithNotPrincipal]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard statement.effect == .allow, let element = statement.element("NotPrincipal") else { return [] }
            let message = "Allow with NotPrincipal allows everybody else in the world; name in Principal who is meant."
            return [Finding(.allowWithNotPrincipal, message, at: element.keyRange)]
        }
    }
}
