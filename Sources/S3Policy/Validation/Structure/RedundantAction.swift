extension IssueCode {
    static let redundantAction = IssueCode("REDUNDANT_ACTION", .suggestion)
}

/// An action is listed twice, or covered by a pattern in the same list.
enum RedundantAction: ValidationRule {
    static let codes = [IssueCode.redundantAction]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            ["Action", "NotAction"].flatMap { name -> [Finding] in
                guard let list = statement.element(name)?.value.array, list.count > 1 else { return [] }
                let texts = list.map { $0.string ?? "" }
                let lowercased = texts.map { $0.lowercased() }
                let globs = lowercased.map { Glob($0) }
                let isPattern = { index in !globs[index].isLiteral && ActionPattern(texts[index]) != nil }
                let redundancy = Redundancy(forms: lowercased.map { Array($0.utf8) }, isPattern: isPattern) { globs[$0].covers(globs[$1]) }
                return redundancy.items.map { index, other in
                    let message = "\(texts[other]) in the same list covers this already; delete it."
                    return Finding(.redundantAction, message, at: list[index].range, fix: Redundancy.removal(of: index, from: list))
                }
            }
        }
    }
}
