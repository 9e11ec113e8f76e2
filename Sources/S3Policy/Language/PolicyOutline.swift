/// A policy as it was written, right or wrong: every element where it stands, nothing refused.
///
/// Rules look for mistakes here, since a ``Policy`` cannot have them.
public struct PolicyOutline: Sendable {
    /// The names of the elements of a policy.
    public static let elementNames = ["Version", "Id", "Statement"]

    /// The elements of the policy in their order; empty when the document is no object.
    public let elements: [JSONMember]
    public let statements: [StatementOutline]
    /// What the version element says, if that is a version.
    public let statedVersion: PolicyVersion?

    public init(_ root: JSONNode) {
        self.elements = root.object ?? []
        let statement = root["Statement"]
        self.statements = (statement?.items ?? []).enumerated().map { StatementOutline(index: $0.offset, node: $0.element) }
        self.statedVersion = root["Version"]?.string.flatMap(PolicyVersion.init(rawValue:))
    }

    /// The version by which the policy is evaluated.
    public var version: PolicyVersion { self.statedVersion ?? .v2008 }

    /// The first element with this name.
    public func element(_ name: String) -> JSONMember? {
        self.elements.first { $0.key == name }
    }
}

/// A statement as it was written.
public struct StatementOutline: Sendable {
    /// The names of the elements of a statement.
    public static let elementNames = [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ]

    public let index: Int
    /// The statement; not necessarily an object.
    public let node: JSONNode
    /// The elements in their order.
    public let elements: [JSONMember]
    /// Every key of every operator of the `Condition` element that has the right shape.
    public let conditions: [ConditionOutline]

    init(index: Int, node: JSONNode) {
        self.index = index
        self.node = node
        self.elements = node.object ?? []
        self.conditions = (node["Condition"]?.object ?? []).flatMap { operatorMember in
            (operatorMember.value.object ?? []).map { ConditionOutline(operatorMember: operatorMember, member: $0) }
        }
    }

    /// The first element with this name.
    public func element(_ name: String) -> JSONMember? {
        self.elements.first { $0.key == name }
    }

    /// What the `Effect` element says, if that is an effect.
    public var effect: Statement.Effect? { self.element("Effect")?.value.string.flatMap(Statement.Effect.init(rawValue:)) }

    /// The strings of `Action` and `NotAction`.
    public var actions: [Located<String>] { self.strings(of: ["Action", "NotAction"]) }

    /// The strings of `Resource` and `NotResource`.
    public var resources: [Located<String>] { self.strings(of: ["Resource", "NotResource"]) }

    /// The strings of `Principal` and `NotPrincipal`, each with its key; nil for `"*"` without one.
    public var principals: [(kind: String?, text: Located<String>)] {
        ["Principal", "NotPrincipal"].compactMap { self.element($0) }.flatMap { element -> [(kind: String?, text: Located<String>)] in
            if let text = element.value.string { return [(nil, Located(text, range: element.value.range))] }
            return (element.value.object ?? []).flatMap { member in member.value.located.map { (member.key, $0) } }
        }
    }

    private func strings(of names: [String]) -> [Located<String>] {
        names.compactMap { self.element($0) }.flatMap { $0.value.located }
    }
}

/// One key of a condition, with its operator, as they were written.
public struct ConditionOutline: Sendable {
    /// The operator with everything under it.
    public let operatorMember: JSONMember
    /// The key with its values.
    public let member: JSONMember
    /// The operator, if there is one of that name.
    public let `operator`: ConditionOperator?
    /// The key, if its name has the form of one.
    public let key: ConditionKey?

    init(operatorMember: JSONMember, member: JSONMember) {
        self.operatorMember = operatorMember
        self.member = member
        self.operator = ConditionOperator(operatorMember.key)
        self.key = ConditionKey(member.key)
    }

    /// The values, whatever their types.
    public var values: [JSONNode] { self.member.value.items }

    /// The values as text: strings, and numbers and Booleans as AWS takes them.
    public var texts: [Located<String>] { self.values.compactMap(\.scalarText) }
}

extension JSONNode {
    /// The strings of a string or an array of strings.
    var located: [Located<String>] {
        self.items.compactMap { item in item.string.map { Located($0, range: item.range) } }
    }

    /// The text of a string, number or Boolean.
    var scalarText: Located<String>? {
        switch self.value {
        case .string(let text), .number(let text): Located(text, range: self.range)
        case .boolean(let flag): Located(flag ? "true" : "false", range: self.range)
        case .null, .array, .object: nil
        }
    }
}
