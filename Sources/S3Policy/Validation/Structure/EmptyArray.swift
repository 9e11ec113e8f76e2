extension IssueCode {
    static let emptyArrayAction = IssueCode("EMPTY_ARRAY_ACTION", .suggestion)
    static let emptyArrayResource = IssueCode("EMPTY_ARRAY_RESOURCE", .suggestion)
    static let emptyArrayPrincipal = IssueCode("EMPTY_ARRAY_PRINCIPAL", .suggestion)
    static let emptyObjectPrincipal = IssueCode("EMPTY_OBJECT_PRINCIPAL", .suggestion)
}

/// An element names nothing, so that the statement is about nothing.
enum EmptyArray: ValidationRule {
    static let codes = [
        IssueCode.emptyArrayAction, IssueCode.emptyArrayResource, IssueCode.emptyArrayPrincipal, IssueCode.emptyObjectPrincipal,
    ]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            func empty(_ element: JSONMember?, _ code: IssueCode) -> [Finding] {
                guard let element, element.value.array?.isEmpty == true else { return [] }
                let message =
                    code == .emptyArrayPrincipal
                    ? "\(element.key) is empty and names nobody; name somebody, or delete it."
                    : "\(element.key) is empty, so that the statement is about nothing; name something, or delete the statement."
                return [Finding(code, message, at: element.value.range)]
            }
            let principals = ["Principal", "NotPrincipal"].compactMap { statement.element($0) }
            return principals.flatMap { principal -> [Finding] in
                if principal.value.object?.isEmpty == true {
                    return [
                        Finding(
                            .emptyObjectPrincipal, "\(principal.key) is empty, so that the statement is about nobody; name somebody.",
                            at: principal.value.range)
                    ]
                }
                return (principal.value.object ?? []).flatMap { empty($0, .emptyArrayPrincipal) }
            }
                + ["Action", "NotAction"].flatMap { empty(statement.element($0), .emptyArrayAction) }
                + ["Resource", "NotResource"].flatMap { empty(statement.element($0), .emptyArrayResource) }
        }
    }
}
