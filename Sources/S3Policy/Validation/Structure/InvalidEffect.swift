extension IssueCode {
    static let invalidEffect = IssueCode("INVALID_EFFECT", .error)
}

/// The effect is neither Allow nor Deny.
enum InvalidEffect: ValidationRule {
    static let codes = [IssueCode.invalidEffect]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard let element = statement.element("Effect"), let text = element.value.string, statement.effect == nil else { return [] }
            let nearest = NearestName.of(text, among: Statement.Effect.allCases.map(\.rawValue))
            let message = "There is no effect \"\(text)\"; write \"Allow\" or \"Deny\"."
            return [Finding(.invalidEffect, message, at: element.value.range, fix: nearest.map { .replace(element.value.range, by: $0) })]
        }
    }
}
