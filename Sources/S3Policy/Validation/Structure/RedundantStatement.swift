extension IssueCode {
    static let redundantStatement = IssueCode("REDUNDANT_STATEMENT", .suggestion)
}

/// Two statements are the same but for their Sid, the order of their elements and lists, and whether a single item stands in a list.
enum RedundantStatement: ValidationRule {
    static let codes = [IssueCode.redundantStatement]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.statements.count > 1 else { return [] }
        let list = subject.outline.element("Statement")?.value.array
        let candidates = Dictionary(grouping: subject.statements, by: { self.size(of: $0.elements.lazy.filter(self.counts)) })
        return candidates.values.filter { $0.count > 1 }.flatMap { statements -> [Finding] in
            var seen: [[UInt8]: Int] = [:]
            return statements.compactMap { statement in
                let form = self.normalForm(of: .object(statement.elements.filter(self.counts)))
                guard let first = seen[form], statement.elements.contains(where: self.counts) else {
                    seen[form] = statement.index
                    return nil
                }
                let message = "This statement says the same as statement \(first + 1); delete one of the two."
                return Finding(
                    .redundantStatement, message, at: statement.node.range,
                    fix: list.map { Redundancy.removal(of: statement.index, from: $0) })
            }
        }
    }

    private static func counts(_ element: JSONMember) -> Bool { element.key != "Sid" }

    /// How much text there is, which is the same for values that say the same; most statements differ in it already.
    private static func size(of members: some Sequence<JSONMember>) -> Int {
        members.reduce(0) { $0 + $1.key.utf8.count + self.size(of: $1.value) }
    }

    private static func size(of node: JSONNode) -> Int {
        switch node.value {
        case .null, .boolean: 0
        case .number(let text), .string(let text): text.utf8.count
        case .array(let items): items.reduce(0) { $0 + self.size(of: $1) }
        case .object(let members): self.size(of: members)
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
