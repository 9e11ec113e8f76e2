extension IssueCode {
    static let duplicateKeysWithDifferentCase = IssueCode("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", .error)
}

/// One operator has the same key twice, written with other letters' case.
enum DuplicateKeysWithDifferentCase: ValidationRule {
    static let codes = [IssueCode.duplicateKeysWithDifferentCase]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            (statement.element("Condition")?.value.object ?? []).flatMap { block -> [Finding] in
                guard let members = block.value.object, members.count > 1 else { return [] }
                var first: [[UInt8]: JSONMember] = [:]
                return members.compactMap { member in
                    let form = Array(member.key.lowercased().utf8)
                    guard let twin = first[form] else {
                        first[form] = member
                        return nil
                    }
                    guard !twin.key.utf8.elementsEqual(member.key.utf8) else { return nil }
                    let message = "\(member.key) and \(twin.key) are the same key; join their values under one."
                    return Finding(.duplicateKeysWithDifferentCase, message, at: [member.keyRange, twin.keyRange])
                }
            }
        }
    }
}
