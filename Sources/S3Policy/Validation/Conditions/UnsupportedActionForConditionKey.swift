extension IssueCode {
    static let unsupportedActionForConditionKey = IssueCode("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", .error)
}

/// A listed action never has the condition's key. Patterns of actions are not judged, as AWS does not; nor is `IfExists`, which is written
/// for requests without the key.
enum UnsupportedActionForConditionKey: ValidationRule {
    static let codes = [IssueCode.unsupportedActionForConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            let conditions = statement.conditions.filter { $0.key?.prefix.lowercased() == "s3" && $0.operator?.hasIfExists != true }
            let actions = conditions.isEmpty ? [] : self.actions(of: statement, subject.reference)
            guard !actions.isEmpty else { return [] }
            return conditions.compactMap { condition in
                guard let key = condition.key, subject.reference.conditionKey(key) != nil else { return nil }
                let unsupported = actions.filter { !subject.reference.supports(key, for: $0.action) }
                guard !unsupported.isEmpty else { return nil }
                let rest = unsupported.count > shownCount ? " and \(unsupported.count - shownCount) more" : ""
                let names = unsupported.prefix(shownCount).map(\.text.value).joined(separator: ", ") + rest
                let message = "A request for \(names) never has \(key.text); make a statement of its own for the actions that have it."
                let ranges = [condition.member.keyRange] + unsupported.prefix(shownCount).map(\.text.range)
                return Finding(.unsupportedActionForConditionKey, message, at: ranges)
            }
        }
    }

    /// How many actions one finding shows.
    private static let shownCount = 12

    /// The actions that are named in full, each once.
    private static func actions(of statement: StatementOutline, _ reference: ServiceReference) -> [(
        text: Located<String>, action: ActionReference
    )] {
        var seen: Set<String> = []
        return statement.actions.compactMap { listed in
            guard !listed.isNegated, let pattern = listed.pattern, pattern.service.lowercased() == "s3",
                let action = reference.action(named: pattern.name), seen.insert(action.name).inserted
            else { return nil }
            return (listed.text, action)
        }
    }
}
