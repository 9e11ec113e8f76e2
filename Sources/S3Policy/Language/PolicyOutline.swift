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

/// A statement as it was written. A class, since every rule passes it around.
public final class StatementOutline: Sendable {
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
    public let actions: [ActionOutline]
    /// The strings of `Resource` and `NotResource`.
    public let resources: [ResourceOutline]
    /// The strings of `Principal` and `NotPrincipal`, each with its key; nil for `"*"` without one.
    public let principals: [(kind: String?, text: Located<String>)]
    /// Every key of every operator of the `Condition` element that has the right shape.
    public let conditions: [ConditionOutline]

    init(index: Int, node: JSONNode) {
        self.index = index
        self.node = node
        self.elements = node.object ?? []
        self.effect = node["Effect"]?.string.flatMap(Statement.Effect.init(rawValue:))
        self.actions = Self.both("Action", of: node) { ActionOutline($0, isNegated: $1) }
        self.resources = Self.both("Resource", of: node) { ResourceOutline($0, isNegated: $1) }
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

    /// What an element and its negated twin list.
    private static func both<Item>(_ name: String, of node: JSONNode, _ item: (Located<String>, _ isNegated: Bool) -> Item) -> [Item] {
        [(name, false), ("Not\(name)", true)].flatMap { name, isNegated in
            (node[name]?.located ?? []).map { item($0, isNegated) }
        }
    }

    private static func principals(_ node: JSONNode?) -> [(kind: String?, text: Located<String>)] {
        guard let node else { return [] }
        if let text = node.string { return [(nil, Located(text, range: node.range))] }
        return (node.object ?? []).flatMap { member in member.value.located.map { (member.key, $0) } }
    }
}

/// One string of `Action` or `NotAction`.
public struct ActionOutline: Sendable {
    public let text: Located<String>
    /// Whether it stands in `NotAction`.
    public let isNegated: Bool
    /// The action or the pattern of actions, if the string has the form of one.
    public let pattern: ActionPattern?

    init(_ text: Located<String>, isNegated: Bool) {
        self.text = text
        self.isNegated = isNegated
        self.pattern = ActionPattern(text.value)
    }

    public var value: String { self.text.value }
    public var range: Range<Int> { self.text.range }
}

/// One string of `Resource` or `NotResource`.
public struct ResourceOutline: Sendable {
    public let text: Located<String>
    /// Whether it stands in `NotResource`.
    public let isNegated: Bool
    /// The ARN or the pattern of ARNs, if the string has the form of one.
    public let arn: ARN?

    init(_ text: Located<String>, isNegated: Bool) {
        self.text = text
        self.isNegated = isNegated
        self.arn = ARN(text.value)
    }

    public var value: String { self.text.value }
    public var range: Range<Int> { self.text.range }
}

/// One key of a condition, with its operator, as they were written.
public final class ConditionOutline: Sendable {
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
