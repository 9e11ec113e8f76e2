extension IssueCode {
    static let variableUnsupportedInElement = IssueCode("VARIABLE_UNSUPPORTED_IN_ELEMENT", .error)
    static let variableUnsupportedInVersion = IssueCode("VARIABLE_UNSUPPORTED_IN_VERSION", .error)
}

/// A policy variable stands where none is replaced: outside resources and conditions, or in a policy of the older version.
enum VariableUnsupported: ValidationRule {
    static let codes = [IssueCode.variableUnsupportedInElement, IssueCode.variableUnsupportedInVersion]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            let sids = statement.element("Sid")?.value.located ?? []
            let keys = statement.conditions.map { Located($0.member.key, range: $0.member.keyRange) }
            let others = statement.actions.map(\.text) + statement.principals.map(\.text) + sids + keys
            let elements = others.filter(self.hasVariable).map { text in
                Finding(
                    .variableUnsupportedInElement, "Policy variables are replaced in resources and conditions only; write a name here.",
                    at: text.range)
            }
            guard subject.outline.version != .v2012 else { return elements + statement.resources.compactMap(self.early) }
            let texts = statement.resources.map(\.text) + statement.conditions.flatMap(\.texts)
            return elements
                + texts.filter(self.hasVariable).map { text in
                    let message =
                        "Only version 2012-10-17 has policy variables; this one is taken as text. Write \"Version\": \"2012-10-17\"."
                    return Finding(.variableUnsupportedInVersion, message, at: text.range)
                }
        }
    }

    private static func hasVariable(_ text: Located<String>) -> Bool {
        text.value.utf8.contains(UInt8(ascii: "$")) && !PolicyText(text.value, version: .v2012).variables.isEmpty
    }

    /// A variable in front of an ARN's last part, which AWS never replaces.
    private static func early(_ resource: ResourceOutline) -> Finding? {
        guard let arn = resource.arn, [arn.partition, arn.service, arn.region, arn.account].contains(where: { $0.contains("${") }) else {
            return nil
        }
        let message = "Policy variables are replaced behind the fifth colon of an ARN only; write what is meant, as in arn:aws:s3:::bucket."
        return Finding(.variableUnsupportedInElement, message, at: resource.range)
    }
}
