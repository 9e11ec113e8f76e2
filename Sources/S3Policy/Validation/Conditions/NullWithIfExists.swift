extension IssueCode {
    static let nullWithIfExists = IssueCode("NULL_WITH_IF_EXISTS", .error)
}

/// Null asks whether a key exists; IfExists beside it has no meaning.
enum NullWithIfExists: ValidationRule {
    static let codes = [IssueCode.nullWithIfExists]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            (statement.element("Condition")?.value.object ?? []).filter { isNullWithIfExists($0.key) }.map { block in
                let name = String(block.key.dropLast("IfExists".count))
                return Finding(
                    .nullWithIfExists, "Null asks itself whether the key exists; write \(name).", at: block.keyRange,
                    fix: statement.hasOperator(name) ? nil : .replace(block.keyRange, by: name))
            }
        }
    }

    static func isNullWithIfExists(_ text: String) -> Bool {
        text == "NullIfExists" || text.hasSuffix(":NullIfExists")
    }
}
