extension IssueCode {
    static let dataTypeMismatch = IssueCode("DATA_TYPE_MISMATCH", .error)
}

/// A value has another JSON type than its element takes.
enum DataTypeMismatch: ValidationRule {
    static let codes = [IssueCode.dataTypeMismatch]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.root.object != nil else {
            return [Finding(.dataTypeMismatch, "A policy is an object, not \(subject.root.value.kindName).", at: subject.root.range)]
        }
        var findings = ["Version", "Id"].compactMap { mistyped(subject.outline.element($0), "a string") { $0.string != nil } }
        for statement in subject.outline.statements {
            if statement.node.object == nil {
                let message = "A statement is an object, not \(statement.node.value.kindName)."
                findings.append(Finding(.dataTypeMismatch, message, at: statement.node.range))
            }
            findings += self.findings(in: statement)
        }
        return findings
    }

    private static func findings(in statement: StatementOutline) -> [Finding] {
        var findings = ["Sid", "Effect"].compactMap { mistyped(statement.element($0), "a string") { $0.string != nil } }
        for name in ["Action", "NotAction", "Resource", "NotResource"] {
            findings += listed(statement.element(name))
        }
        for name in ["Principal", "NotPrincipal"] {
            findings += (statement.element(name)?.value.object ?? []).flatMap { listed($0) }
        }
        guard let condition = statement.element("Condition") else { return findings }
        guard let operators = condition.value.object else {
            return findings + [mistyped(condition, "an object") { _ in false }].compactMap(\.self)
        }
        findings += operators.compactMap { mistyped($0, "an object of condition keys") { $0.object != nil } }
        return findings
            + statement.conditions.flatMap { condition in
                condition.values.filter { $0.scalarText == nil }.map {
                    self.finding(condition.member.key, "a string or an array of strings", $0)
                }
            }
    }

    private static func mistyped(_ element: JSONMember?, _ wanted: String, _ isRight: (JSONNode) -> Bool) -> Finding? {
        guard let element, !isRight(element.value) else { return nil }
        return finding(element.key, wanted, element.value)
    }

    private static func listed(_ element: JSONMember?) -> [Finding] {
        guard let element else { return [] }
        return element.value.items.filter { $0.string == nil }.map { finding(element.key, "a string or an array of strings", $0) }
    }

    private static func finding(_ name: String, _ wanted: String, _ node: JSONNode) -> Finding {
        Finding(
            .dataTypeMismatch, "\(name) takes \(wanted), not \(node.value.kindName).", at: node.range,
            fix: self.quotation(of: node, in: name))
    }

    /// Only quotation marks are missing round a Sid or an account of digits.
    private static func quotation(of node: JSONNode, in name: String) -> Fix? {
        guard case .number(let text) = node.value, name == "Sid" || name == "AWS" && Principal.isAccount(text) else { return nil }
        return Fix("put it into quotation marks", edits: [.init(node.range, replacement: text.jsonLiteral)])
    }
}
