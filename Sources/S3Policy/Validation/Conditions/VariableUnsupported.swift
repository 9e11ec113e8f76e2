extension IssueCode {
    static let variableUnsupportedInElement = IssueCode("VARIABLE_UNSUPPORTED_IN_ELEMENT", .error)
    static let variableUnsupportedInVersion = IssueCode("VARIABLE_UNSUPPORTED_IN_VERSION", .error)
}

/// A policy variable stands where none is replaced: outside resources and conditions, or in a policy of the older version.
enum VariableUnsupported: ValidationRule {
    static let codes = [IssueCode.variableUnsupportedInElement, IssueCode.variableUnsupportedInVersion]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            let others = statement.actions.map(\.text) + statement.principals.map(\.text)
            let elements = others.filter { !PolicyText($0.value, version: .v2012).variables.isEmpty }.map { text in
                Finding(
                    .variableUnsupportedInElement, "Policy variables are replaced in resources and conditions only; write a name here.",
                    at: text.range)
            }
            guard subject.outline.version != .v2012 else { return elements }
            let texts = statement.resources.map(\.text) + statement.conditions.flatMap(\.texts)
            return elements
                + texts.filter { !PolicyText($0.value, version: .v2012).variables.isEmpty }.map { text in
                    let message =
                        "Only version 2012-10-17 has policy variables; this one is taken as text. Write \"Version\": \"2012-10-17\"."
                    return Finding(.variableUnsupportedInVersion, message, at: text.range)
                }
        }
    }
}
