extension IssueCode {
    static let invalidPrincipalKey = IssueCode("INVALID_PRINCIPAL_KEY", .error)
}

/// A kind of principal does not exist.
enum InvalidPrincipalKey: ValidationRule {
    static let codes = [IssueCode.invalidPrincipalKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            ["Principal", "NotPrincipal"].compactMap { statement.element($0)?.value.object }.flatMap { members in
                let names = Principal.Kind.allCases.map(\.rawValue)
                let free = names.filter { name in !members.contains { $0.key == name } }
                return members.filter { !names.contains($0.key) }.map { member in
                    let nearest = NearestName.of(member.key, among: free)
                    let message = "There is no kind of principal \(member.key); there are \(names.joined(separator: ", "))."
                    return Finding(
                        .invalidPrincipalKey, message, at: member.keyRange, fix: nearest.map { .replace(member.keyRange, by: $0) })
                }
            }
        }
    }
}
