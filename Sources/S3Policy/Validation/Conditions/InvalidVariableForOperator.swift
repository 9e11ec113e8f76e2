extension IssueCode {
    static let invalidVariableForOperator = IssueCode("INVALID_VARIABLE_FOR_OPERATOR", .error)
}

/// A policy variable is compared by an operator that knows none; only string and ARN operators do.
enum InvalidVariableForOperator: ValidationRule {
    static let codes = [IssueCode.invalidVariableForOperator]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.outline.version == .v2012 else { return [] }
        return subject.conditions.flatMap { _, condition -> [Finding] in
            guard let comparison = condition.operator?.comparison, ![.string, .arn].contains(comparison.family) else { return [] }
            return condition.texts.filter { !PolicyText($0.value, version: .v2012).variables.isEmpty }.map { text in
                let message = "\(comparison.rawValue) replaces no policy variables; only string and ARN operators do."
                return Finding(.invalidVariableForOperator, message, at: text.range)
            }
        }
    }
}
