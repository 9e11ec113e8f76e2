extension IssueCode {
    static let redundantAction = IssueCode("REDUNDANT_ACTION", .suggestion)
}

/// An action is listed twice, or covered by a pattern in the same list.
enum RedundantAction: ValidationRule {
    static let codes = [IssueCode.redundantAction]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            ["Action", "NotAction"].flatMap { name -> [Finding] in
                guard let list = statement.element(name)?.value.array else { return [] }
                let texts = list.map { $0.string ?? "" }
                return Redundancy.find(texts) { covering, covered in
                    ActionPattern(covering) != nil && Glob(covering.lowercased()).covers(Glob(covered.lowercased()))
                }.map { index, other in
                    let message = "\(texts[other]) in the same list covers this already; delete it."
                    return Finding(.redundantAction, message, at: list[index].range, fix: Redundancy.removal(of: index, from: list))
                }
            }
        }
    }
}
