/// What a rule looks at: one policy, and what is known about it.
public struct ValidationSubject: Sendable {
    public let document: JSONDocument
    public let kind: PolicyKind
    public let outline: PolicyOutline
    /// The policy, when it has no mistake that leaves it without a meaning.
    public let policy: Policy?
    /// What is known about S3's actions, resources and condition keys.
    public let reference: ServiceReference

    /// - Returns: nil when the document has no value at all or lost some of them while it was read.
    public init?(_ document: JSONDocument, kind: PolicyKind, reference: ServiceReference) {
        guard document.isComplete, let root = document.root else { return nil }
        self.document = document
        self.kind = kind
        self.outline = PolicyOutline(root)
        self.policy = try? Policy(document, kind: kind)
        self.reference = reference
    }
}

/// One check of policies. Each rule has a file of its own, named after it.
public protocol ValidationRule: Sendable {
    /// The codes that it reports.
    static var codes: [IssueCode] { get }

    /// Everything that it finds in a policy, in the order of the text.
    static func findings(in subject: ValidationSubject) -> [Finding]
}
