/// Why a document is not a policy: the first reason.
public struct PolicyError: Error, Sendable, Hashable {
    /// What is wrong and what to change.
    public let message: String
    public let range: Range<Int>

    public init(_ message: String, range: Range<Int>) {
        self.message = message
        self.range = range
    }
}

extension Policy {
    /// Reads a policy from a document.
    ///
    /// Actions, condition keys and values are not looked up in any data: what AWS does not know never matches, and
    /// the validator tells it.
    /// - Throws: ``PolicyError`` for the first thing that has no meaning in the policy language.
    public init(_ document: JSONDocument, kind: PolicyKind) throws(PolicyError) {
        try self.init(document, outline: document.root.map { PolicyOutline($0) }, kind: kind)
    }

    /// The same, where the outline is there already.
    init(_ document: JSONDocument, outline: PolicyOutline?, kind: PolicyKind) throws(PolicyError) {
        if let problem = document.problems.first { throw PolicyError(problem.message, range: problem.range) }
        guard let root = document.root, let outline else { throw PolicyError("There is no policy.", range: 0..<0) }
        guard root.object != nil else { throw PolicyError("A policy is an object, not \(root.value.kindName).", range: root.range) }
        self = try PolicyReader(outline: outline, kind: kind).policy(root)
    }
}

private struct PolicyReader {
    let outline: PolicyOutline
    let kind: PolicyKind

    func policy(_ root: JSONNode) throws(PolicyError) -> Policy {
        try self.refuseUnknown(self.outline.elements, known: PolicyOutline.elementNames, in: "policy")
        if let version = self.outline.element("Version"), self.outline.statedVersion == nil {
            throw PolicyError("Version is \"2012-10-17\" or \"2008-10-17\".", range: version.value.range)
        }
        guard let statement = self.outline.element("Statement") else {
            throw PolicyError("The policy has no Statement.", range: root.range)
        }
        var statements: [Statement] = []
        for outline in self.outline.statements { statements.append(try self.statement(outline)) }
        if statements.isEmpty { throw PolicyError("Statement is empty.", range: statement.value.range) }
        return Policy(
            kind: self.kind, version: self.outline.version, id: try self.text(self.outline.element("Id")), statements: statements)
    }

    private func statement(_ outline: StatementOutline) throws(PolicyError) -> Statement {
        guard outline.node.object != nil else {
            throw PolicyError("A statement is an object, not \(outline.node.value.kindName).", range: outline.node.range)
        }
        try self.refuseUnknown(outline.elements, known: StatementOutline.elementNames, in: "statement")
        guard let effectElement = outline.element("Effect") else {
            throw PolicyError("The statement has no Effect.", range: outline.node.range)
        }
        guard let effect = outline.effect else { throw PolicyError("Effect is \"Allow\" or \"Deny\".", range: effectElement.value.range) }
        let version = self.outline.version
        return Statement(
            index: outline.index, range: outline.node.range, sid: try self.text(outline.element("Sid")), effect: effect,
            principals: try self.principals(outline),
            actions: try self.clause("Action", of: outline) { text throws(PolicyError) in
                if let action = ActionPattern(text.value) { return action }
                throw PolicyError("An action is \"*\" or \"service:name\".", range: text.range)
            },
            resources: try self.clause("Resource", of: outline) { text in PolicyText(text.value, version: version) },
            conditions: try self.conditions(outline))
    }

    private func refuseUnknown(_ elements: [JSONMember], known: [String], in place: String) throws(PolicyError) {
        guard let unknown = elements.first(where: { !known.contains($0.key) }) else { return }
        let message = "A \(place) has no element \"\(unknown.key)\"; it has \(known.joined(separator: ", "))."
        throw PolicyError(message, range: unknown.keyRange)
    }

    private func text(_ element: JSONMember?) throws(PolicyError) -> String? {
        guard let element else { return nil }
        guard let text = element.value.string else { throw self.mistyped(element.key, "a string", element.value) }
        return text
    }

    private func mistyped(_ name: String, _ wanted: String, _ node: JSONNode) -> PolicyError {
        PolicyError("\(name) is \(wanted), not \(node.value.kindName).", range: node.range)
    }

    /// The element of a name or of its negation; exactly one of them must be there.
    private func element(_ name: String, of statement: StatementOutline) throws(PolicyError) -> (member: JSONMember, isNegated: Bool)? {
        let plain = statement.element(name)
        let negated = statement.element("Not\(name)")
        if plain != nil, let negated {
            throw PolicyError("A statement has either \(name) or Not\(name).", range: negated.keyRange)
        }
        return plain.map { ($0, false) } ?? negated.map { ($0, true) }
    }

    private func clause<Item>(
        _ name: String, of statement: StatementOutline, read: (Located<String>) throws(PolicyError) -> Item
    ) throws(PolicyError) -> Clause<Item> {
        guard let (member, isNegated) = try self.element(name, of: statement) else {
            throw PolicyError("The statement has neither \(name) nor Not\(name).", range: statement.node.range)
        }
        var items: [Located<Item>] = []
        for node in member.value.items {
            guard let text = node.string else { throw self.mistyped(member.key, "a string or an array of strings", node) }
            items.append(Located(try read(Located(text, range: node.range)), range: node.range))
        }
        return Clause(items, isNegated: isNegated, range: member.range)
    }

    private func principals(_ statement: StatementOutline) throws(PolicyError) -> Clause<Principal>? {
        guard let (member, isNegated) = try self.element("Principal", of: statement) else {
            if self.kind == .identity { return nil }
            throw PolicyError("The statement has neither Principal nor NotPrincipal.", range: statement.node.range)
        }
        if self.kind == .identity {
            throw PolicyError("An IAM policy of a user or role names no principal.", range: member.keyRange)
        }
        if member.value.string == "*" {
            return Clause([Located(.everyone, range: member.value.range)], isNegated: isNegated, range: member.range)
        }
        guard let kinds = member.value.object else {
            throw self.mistyped(member.key, "\"*\" or an object", member.value)
        }
        var principals: [Located<Principal>] = []
        for entry in kinds { principals += try self.principals(entry) }
        return Clause(principals, isNegated: isNegated, range: member.range)
    }

    private func principals(_ entry: JSONMember) throws(PolicyError) -> [Located<Principal>] {
        guard let kind = Principal.Kind(rawValue: entry.key) else {
            let names = Principal.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw PolicyError("A principal is one of \(names), not \"\(entry.key)\".", range: entry.keyRange)
        }
        var principals: [Located<Principal>] = []
        for node in entry.value.items {
            guard let text = node.string else { throw self.mistyped(entry.key, "a string or an array of strings", node) }
            guard let principal = Principal(kind: kind, text: text) else {
                throw PolicyError("Invalid principal in policy: \"\(text)\" names no \(entry.key) principal.", range: node.range)
            }
            principals.append(Located(principal, range: node.range))
        }
        return principals
    }

    private func conditions(_ statement: StatementOutline) throws(PolicyError) -> [Condition] {
        guard let element = statement.element("Condition") else { return [] }
        guard let operators = element.value.object else { throw self.mistyped("Condition", "an object", element.value) }
        if let mistyped = operators.first(where: { $0.value.object == nil }) {
            throw self.mistyped(mistyped.key, "an object of condition keys", mistyped.value)
        }
        var conditions: [Condition] = []
        for outline in statement.conditions { conditions.append(try self.condition(outline)) }
        return conditions
    }

    private func condition(_ outline: ConditionOutline) throws(PolicyError) -> Condition {
        guard let conditionOperator = outline.operator else {
            throw PolicyError("There is no condition operator \"\(outline.operatorMember.key)\".", range: outline.operatorMember.keyRange)
        }
        guard let key = outline.key else {
            throw PolicyError("\"\(outline.member.key)\" is not of the form service:key.", range: outline.member.keyRange)
        }
        var values: [Located<PolicyText>] = []
        for node in outline.values {
            guard let text = node.scalarText else {
                throw self.mistyped(key.text, "a string or an array of strings", node)
            }
            values.append(Located(PolicyText(text.value, version: self.outline.version), range: node.range))
        }
        return Condition(conditionOperator, key: key, values: values, range: outline.member.range)
    }
}
