extension IssueCode {
    static let redundantStatement = IssueCode("REDUNDANT_STATEMENT", .suggestion)
}

/// Two statements are the same but for their Sid, the order of their elements and lists, and whether a single item stands in a list.
enum RedundantStatement: ValidationRule {
    static let codes = [IssueCode.redundantStatement]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.statements.count > 1 else { return [] }
        var seen: [[UInt8]: Int] = [:]
        let list = subject.outline.element("Statement")?.value.array
        return subject.statements.compactMap { statement in
            let elements = statement.elements.filter { $0.key != "Sid" }
            let content = self.normalForm(of: .object(elements))
            guard !elements.isEmpty, let first = seen[content] else {
                seen[content] = statement.index
                return nil
            }
            let message = "This statement says the same as statement \(first + 1); delete one of the two."
            return Finding(
                .redundantStatement, message, at: statement.node.range,
                fix: list.map { Redundancy.removal(of: statement.index, from: $0) })
        }
    }

    /// A text that is the same for values that say the same.
    private static func normalForm(of value: JSONValue) -> [UInt8] {
        switch value {
        case .null: Array("null".utf8)
        case .boolean(let flag): Array(String(flag).utf8)
        case .number(let text): Array(text.utf8)
        case .string(let text): self.counted(text)
        case .array(let items) where items.count == 1: self.normalForm(of: items[0].value)
        case .array(let items): self.joined(items.map { self.normalForm(of: $0.value) }, opening: UInt8(ascii: "["))
        case .object(let members):
            self.joined(members.map { self.counted($0.key) + self.normalForm(of: $0.value.value) }, opening: UInt8(ascii: "{"))
        }
    }

    /// A string with its length, so that nothing in it can be taken for something else.
    private static func counted(_ text: String) -> [UInt8] {
        Array("\(text.utf8.count):".utf8) + text.utf8
    }

    private static func joined(_ parts: [[UInt8]], opening: UInt8) -> [UInt8] {
        [opening] + parts.sorted { $0.lexicographicallyPrecedes($1) }.joined(separator: [UInt8(ascii: ",")]) + [0]
    }
}
