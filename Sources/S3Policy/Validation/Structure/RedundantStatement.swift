extension IssueCode {
    static let redundantStatement = IssueCode("REDUNDANT_STATEMENT", .suggestion)
}

/// Two statements are the same but for their Sid.
enum RedundantStatement: ValidationRule {
    static let codes = [IssueCode.redundantStatement]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        var seen: [[String: JSONValue]] = []
        return subject.statements.compactMap { statement in
            var content: [String: JSONValue] = [:]
            for element in statement.elements where element.key != "Sid" { content[element.key] = element.value.withoutPlaces.value }
            defer { seen.append(content) }
            guard let first = seen.firstIndex(of: content), !content.isEmpty else { return nil }
            let message = "This statement says the same as statement \(first + 1); delete one of the two."
            return Finding(.redundantStatement, message, at: statement.node.range)
        }
    }
}
