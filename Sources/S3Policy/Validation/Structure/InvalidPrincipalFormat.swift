extension IssueCode {
    static let invalidPrincipalFormat = IssueCode("INVALID_PRINCIPAL_FORMAT", .error)
}

/// A principal is neither `*` nor an object.
enum InvalidPrincipalFormat: ValidationRule {
    static let codes = [IssueCode.invalidPrincipalFormat]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            ["Principal", "NotPrincipal"].compactMap { statement.element($0) }.filter { $0.value.object == nil && $0.value.string != "*" }
                .map { element in
                    let message = "Write \"*\" or an object such as {\"AWS\": \"111122223333\"}."
                    let fix = element.value.string.flatMap { text in
                        Principal(kind: .aws, text: text).map { _ in
                            Fix(
                                "name the kind of principal",
                                edits: [.init(element.value.range, replacement: "{\"AWS\": \(text.jsonLiteral)}")])
                        }
                    }
                    return Finding(.invalidPrincipalFormat, message, at: element.value.range, fix: fix)
                }
        }
    }
}
