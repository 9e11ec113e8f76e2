extension IssueCode {
    static let duplicateKeysWithDifferentCase = IssueCode("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", .error)
}

/// One operator has the same key twice, written with other letters' case.
enum DuplicateKeysWithDifferentCase: ValidationRule {
    static let codes = [IssueCode.duplicateKeysWithDifferentCase]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            (statement.element("Condition")?.value.object ?? []).flatMap { block -> [Finding] in
                let members = block.value.object ?? []
                return members.enumerated().compactMap { index, member in
                    let twin = members[..<index].first { $0.key != member.key && $0.key.lowercased() == member.key.lowercased() }
                    guard let twin else { return nil }
                    let message = "\(member.key) and \(twin.key) are the same key; join their values under one."
                    return Finding(.duplicateKeysWithDifferentCase, message, at: [member.keyRange, twin.keyRange])
                }
            }
        }
    }
}
