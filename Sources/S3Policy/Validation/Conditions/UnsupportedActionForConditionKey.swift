extension IssueCode {
    static let unsupportedActionForConditionKey = IssueCode("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", .error)
}

/// A listed action never has the condition's key. Patterns of actions are not judged, as AWS does not.
enum UnsupportedActionForConditionKey: ValidationRule {
    static let codes = [IssueCode.unsupportedActionForConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            let actions = (statement.element("Action")?.value.located ?? []).compactMap { text -> (Located<String>, ActionReference)? in
                guard let pattern = ActionPattern(text.value), pattern.service.lowercased() == "s3" else { return nil }
                return subject.reference.action(named: pattern.name).map { (text, $0) }
            }
            return statement.conditions.compactMap { condition in
                guard let key = condition.key, key.prefix.lowercased() == "s3", subject.reference.hasFamily(of: key) else { return nil }
                let unsupported = actions.filter { !$0.1.supports(key) && !subject.reference.resourceHas(key, for: $0.1) }
                guard !unsupported.isEmpty else { return nil }
                let names = unsupported.map(\.0.value).joined(separator: ", ")
                let message = "A request for \(names) never has \(key.text); make a statement of its own for the actions that have it."
                return Finding(.unsupportedActionForConditionKey, message, at: [condition.member.keyRange] + unsupported.map(\.0.range))
            }
        }
    }
}
