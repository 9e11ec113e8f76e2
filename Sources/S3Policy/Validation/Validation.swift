/// What a rule looks at: one policy, and what is known about it.
public struct ValidationSubject: Sendable {
    public let document: JSONDocument
    public let root: JSONNode
    public let kind: PolicyKind
    public let outline: PolicyOutline
    /// The policy, when it has no mistake that leaves it without a meaning.
    public let policy: Policy?
    /// What is known about S3's actions, resources and condition keys.
    public let reference: ServiceReference
    /// The statements that are objects.
    let statements: [StatementOutline]
    /// Every condition of every statement.
    let conditions: [(statement: StatementOutline, condition: ConditionOutline)]

    /// - Returns: nil when the document has no value at all or lost some of them while it was read.
    public init?(_ document: JSONDocument, kind: PolicyKind, reference: ServiceReference) {
        guard document.isComplete, let root = document.root else { return nil }
        self.document = document
        self.root = root
        self.kind = kind
        self.outline = PolicyOutline(root)
        self.policy = try? Policy(document, outline: self.outline, kind: kind)
        self.reference = reference
        self.statements = self.outline.statements.filter { $0.node.object != nil }
        self.conditions = self.statements.flatMap { statement in statement.conditions.map { (statement, $0) } }
    }

    /// The findings of each statement.
    func inStatements(_ find: (StatementOutline) -> [Finding]) -> [Finding] {
        self.statements.flatMap(find)
    }

    /// A finding for each condition that has one.
    func inConditions(_ find: (StatementOutline, ConditionOutline) -> Finding?) -> [Finding] {
        self.conditions.compactMap(find)
    }

    /// A finding for each string that names actions.
    func inActions(_ find: (StatementOutline, ActionOutline) -> Finding?) -> [Finding] {
        self.statements.flatMap { statement in statement.actions.compactMap { find(statement, $0) } }
    }

    /// A finding for each string that names resources.
    func inResources(_ find: (StatementOutline, ResourceOutline) -> Finding?) -> [Finding] {
        self.statements.flatMap { statement in statement.resources.compactMap { find(statement, $0) } }
    }
}

/// One check of policies. Each rule has a file of its own, named after it.
public protocol ValidationRule: Sendable {
    /// The codes that it reports.
    static var codes: [IssueCode] { get }

    /// Everything that it finds in a policy, in the order of the text.
    static func findings(in subject: ValidationSubject) -> [Finding]
}
