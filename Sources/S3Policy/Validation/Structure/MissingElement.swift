extension IssueCode {
    static let missingStatement = IssueCode("MISSING_STATEMENT", .error)
    static let missingEffect = IssueCode("MISSING_EFFECT", .error)
    static let missingAction = IssueCode("MISSING_ACTION", .error)
    static let missingResource = IssueCode("MISSING_RESOURCE", .error)
    static let missingPrincipal = IssueCode("MISSING_PRINCIPAL", .error)
}

/// A policy has no statement, or a statement lacks an element that it must have.
enum MissingElement: ValidationRule {
    static let codes = [
        IssueCode.missingStatement, IssueCode.missingEffect, IssueCode.missingAction, IssueCode.missingResource, IssueCode.missingPrincipal,
    ]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.root.object != nil else { return [] }
        let misspelt = InvalidPolicyElement.misspelt(subject.outline.elements, known: PolicyOutline.elementNames)
        guard subject.outline.element("Statement") != nil || misspelt.contains("Statement") else {
            return [Finding(.missingStatement, "Add a Statement: without one the policy does nothing.", at: subject.root.range)]
        }
        return subject.inStatements { statement in
            let misspelt = InvalidPolicyElement.misspelt(statement.elements, known: StatementOutline.elementNames)
            var findings: [Finding] = []
            func require(_ names: [String], _ code: IssueCode, _ message: String) {
                guard !names.contains(where: { statement.element($0) != nil || misspelt.contains($0) }) else { return }
                findings.append(Finding(code, message, at: statement.node.range))
            }
            require(["Effect"], .missingEffect, "Add an Effect, \"Allow\" or \"Deny\".")
            if subject.kind == .bucket {
                require(
                    ["Principal", "NotPrincipal"], .missingPrincipal, "Add a Principal: a bucket policy says whom a statement is about.")
            }
            require(["Action", "NotAction"], .missingAction, "Add an Action or a NotAction.")
            require(["Resource", "NotResource"], .missingResource, "Add a Resource or a NotResource.")
            return findings
        }
    }
}
