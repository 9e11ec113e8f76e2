extension IssueCode {
    static let redundantResource = IssueCode("REDUNDANT_RESOURCE", .suggestion)
}

/// A resource is listed twice, or covered by a pattern in the same list.
enum RedundantResource: ValidationRule {
    static let codes = [IssueCode.redundantResource]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            ["Resource", "NotResource"].flatMap { name -> [Finding] in
                guard let list = statement.element(name)?.value.array, list.count > 1 else { return [] }
                let texts = list.map { $0.string ?? "" }
                return self.redundancy(of: texts).items.map { index, other in
                    let message = "\(texts[other]) in the same list covers this already; delete it."
                    return Finding(.redundantResource, message, at: list[index].range, fix: Redundancy.removal(of: index, from: list))
                }
            }
        }
    }

    /// The parts of an ARN are compared one by one. What a variable stands for is not known.
    private static func redundancy(of texts: [String]) -> Redundancy {
        let parts = texts.map { $0.contains("${") ? nil : Glob($0).arnParts?.parts }
        let isPattern = { index in texts[index] == "*" || parts[index]?.contains { !$0.isLiteral } == true }
        return Redundancy(forms: texts.map { Array($0.utf8) }, isPattern: isPattern) { covering, covered in
            if texts[covering] == "*" { return ARN(texts[covered]) != nil }
            guard let outer = parts[covering], let inner = parts[covered] else { return false }
            return zip(outer, inner).allSatisfy { $0.covers($1) }
        }
    }
}
