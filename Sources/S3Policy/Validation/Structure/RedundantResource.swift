extension IssueCode {
    static let redundantResource = IssueCode("REDUNDANT_RESOURCE", .suggestion)
}

/// A resource is listed twice, or covered by a pattern in the same list.
enum RedundantResource: ValidationRule {
    static let codes = [IssueCode.redundantResource]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            ["Resource", "NotResource"].flatMap { name -> [Finding] in
                guard let list = statement.element(name)?.value.array else { return [] }
                let texts = list.map { $0.string ?? "" }
                return Redundancy.find(texts) { covering, covered in
                    if covering.utf8.elementsEqual(covered.utf8) { return true }
                    guard !covering.contains("${"), !covered.contains("${") else { return false }
                    if covering == "*" { return ARN(covered) != nil }
                    guard let outer = Glob(covering).arnParts, let inner = Glob(covered).arnParts else { return false }
                    return zip(outer.parts, inner.parts).allSatisfy { $0.covers($1) }
                }.map { index, other in
                    let message = "\(texts[other]) in the same list covers this already; delete it."
                    return Finding(.redundantResource, message, at: list[index].range, fix: Redundancy.removal(of: index, from: list))
                }
            }
        }
    }
}
