extension String {
    /// Whether it can stand for several texts: it has a wildcard or a policy variable.
    var isOpen: Bool { self.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "$") } }
}

extension StatementOutline {
    /// Whether the `Condition` element has an operator of this name.
    func hasOperator(_ name: String) -> Bool {
        self.element("Condition")?.value.object?.contains { $0.key == name } == true
    }
}

extension ConditionOutline {
    /// Whether the condition's operator has this key only.
    var isAlone: Bool { self.operatorMember.value.object?.count == 1 }

    /// Gives the key another name; nil when the operator has a key of that name already.
    func renamingKey(to name: String) -> Fix? {
        let isTaken = self.operatorMember.value.object?.contains { $0.key.lowercased() == name.lowercased() && $0 != self.member } == true
        return isTaken ? nil : .replace(self.member.keyRange, by: name)
    }

    /// Whether a missing key makes the condition hold.
    var holdsWhenMissing: Bool {
        guard let conditionOperator = self.operator else { return false }
        return conditionOperator.hasIfExists || conditionOperator.qualifier == .forAllValues
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isUppercase: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
    var isLetterOrDigit: Bool { self.isDigit || self.isUppercase || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
}
