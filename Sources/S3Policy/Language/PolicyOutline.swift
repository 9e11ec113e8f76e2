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
    /// What the `Effect` element says, if that is an effect.
    public let effect: Statement.Effect?
    /// The strings of `Action` and `NotAction`.
    public let actions: [Located<String>]
    /// The strings of `Resource` and `NotResource`.
    public let resources: [Located<String>]
    /// The strings of `Principal` and `NotPrincipal`, each with its key; nil for `"*"` without one.
    public let principals: [(kind: String?, text: Located<String>)]
    /// Every key of every operator of the `Condition` element that has the right shape.
    public let conditions: [ConditionOutline]

    init(index: Int, node: JSONNode) {
        self.index = index
        self.node = node
        self.elements = node.object ?? []
        self.effect = node["Effect"]?.string.flatMap(Statement.Effect.init(rawValue:))
        self.actions = (node["Action"]?.located ?? []) + (node["NotAction"]?.located ?? [])
        self.resources = (node["Resource"]?.located ?? []) + (node["NotResource"]?.located ?? [])
        self.principals = Self.principals(node["Principal"]) + Self.principals(node["NotPrincipal"])
        self.conditions = (node["Condition"]?.object ?? []).flatMap { operatorMember in
            let conditionOperator = ConditionOperator(operatorMember.key)
            return (operatorMember.value.object ?? []).map {
                ConditionOutline(operatorMember: operatorMember, operator: conditionOperator, member: $0)
            }
        }
    }

    /// The first element with this name.
    public func element(_ name: String) -> JSONMember? {
        self.elements.first { $0.key == name }
    }

    private static func principals(_ node: JSONNode?) -> [(kind: String?, text: Located<String>)] {
        guard let node else { return [] }
        if let text = node.string { return [(nil, Located(text, range: node.range))] }
        return (node.object ?? []).flatMap { member in member.value.located.map { (member.key, $0) } }
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
    /// The values, whatever their types.
    public let values: [JSONNode]
    /// The values as text: strings, and numbers and Booleans as AWS takes them.
    public let texts: [Located<String>]

    init(operatorMember: JSONMember, operator: ConditionOperator?, member: JSONMember) {
        self.operatorMember = operatorMember
        self.member = member
        self.operator = `operator`
        self.key = ConditionKey(member.key)
        self.values = member.value.items
        self.texts = self.values.compactMap(\.scalarText)
    }
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
