/// The version of the policy language.
public enum PolicyVersion: String, Sendable, Hashable, CaseIterable {
    /// The older one: `${…}` is text.
    case v2008 = "2008-10-17"
    /// The current one, with policy variables.
    case v2012 = "2012-10-17"
}

/// Which policy it is: that decides which elements it must and must not have.
public enum PolicyKind: String, Sendable, Hashable, CaseIterable {
    /// A bucket's resource policy.
    case bucket
    /// An IAM policy of a user or role.
    case identity
}

/// A policy that can be evaluated: every element has a meaning.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
public struct Policy: Sendable, Hashable {
    public let kind: PolicyKind
    /// 2008-10-17 when the policy does not say.
    public let version: PolicyVersion
    public let id: String?
    public let statements: [Statement]

    public init(kind: PolicyKind, version: PolicyVersion, id: String? = nil, statements: [Statement]) {
        self.kind = kind
        self.version = version
        self.id = id
        self.statements = statements
    }
}

/// One permission or prohibition.
public struct Statement: Sendable, Hashable {
    public enum Effect: String, Sendable, Hashable, CaseIterable {
        case allow = "Allow"
        case deny = "Deny"
    }

    /// Where it stands among the policy's statements, from 0.
    public let index: Int
    /// Its offsets in the document.
    public let range: Range<Int>
    public let sid: String?
    public let effect: Effect
    /// Whom it is about; nil in identity policies, which are about whoever has them.
    public let principals: Clause<Principal>?
    public let actions: Clause<ActionPattern>
    public let resources: Clause<PolicyText>
    /// All of them must hold.
    public let conditions: [Condition]

    public init(
        index: Int, range: Range<Int>, sid: String?, effect: Effect, principals: Clause<Principal>?, actions: Clause<ActionPattern>,
        resources: Clause<PolicyText>, conditions: [Condition]
    ) {
        self.index = index
        self.range = range
        self.sid = sid
        self.effect = effect
        self.principals = principals
        self.actions = actions
        self.resources = resources
        self.conditions = conditions
    }
}

/// A list of which any item may match, or, with `Not…`, none may.
public struct Clause<Item: Sendable & Hashable>: Sendable, Hashable {
    public let items: [Located<Item>]
    /// Whether the element was `NotPrincipal`, `NotAction` or `NotResource`.
    public let isNegated: Bool
    /// The offsets of the element, its key included.
    public let range: Range<Int>

    public init(_ items: [Located<Item>], isNegated: Bool, range: Range<Int>) {
        self.items = items
        self.isNegated = isNegated
        self.range = range
    }
}

/// One key of a `Condition` block under its operator, with the values of which one must match (or, negated, none).
public struct Condition: Sendable, Hashable {
    public let `operator`: ConditionOperator
    public let key: ConditionKey
    public let values: [Located<PolicyText>]
    /// The offsets of the key and its values.
    public let range: Range<Int>

    public init(_ operator: ConditionOperator, key: ConditionKey, values: [Located<PolicyText>], range: Range<Int>) {
        self.operator = `operator`
        self.key = key
        self.values = values
        self.range = range
    }
}
