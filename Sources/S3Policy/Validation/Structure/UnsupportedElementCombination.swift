extension IssueCode {
    static let unsupportedElementCombination = IssueCode("UNSUPPORTED_ELEMENT_COMBINATION", .error)
}

/// A statement has an element and its negation.
enum UnsupportedElementCombination: ValidationRule {
    static let codes = [IssueCode.unsupportedElementCombination]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            ["Principal", "Action", "Resource"].compactMap { name in
                guard let element = statement.element(name), let negation = statement.element("Not\(name)") else { return nil }
                let message = "A statement has either \(name) or Not\(name); make two statements of it, or delete one of the elements."
                return Finding(.unsupportedElementCombination, message, at: [element.keyRange, negation.keyRange])
            }
        }
    }
}
