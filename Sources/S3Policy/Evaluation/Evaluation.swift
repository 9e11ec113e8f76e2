/// What a policy says about a request.
public struct Evaluation: Sendable, Hashable {
    public enum Outcome: String, Sendable, Hashable {
        /// A statement allows it and none denies it.
        case allow
        /// A statement denies it.
        case deny
        /// No statement is about it.
        case none
    }

    public let outcome: Outcome
    /// One for each statement of the policy, in its order.
    public let statements: [StatementEvaluation]
    /// Keys that conditions and variables ask for, where the rest of the statement matches, and that the request does not tell; in
    /// the order of the policy. Keys that a caller of this kind never has are not among them.
    public let missingKeys: [ConditionKey]

    /// The statements that made the outcome: all that deny, else all that allow.
    public var decidingStatements: [StatementEvaluation] {
        let effect: Statement.Effect? =
            switch self.outcome {
            case .deny: .deny
            case .allow: .allow
            case .none: nil
            }
        return self.statements.filter { $0.matches && $0.effect == effect }
    }
}

/// What one statement says about a request.
public struct StatementEvaluation: Sendable, Hashable {
    /// The parts of a statement, in the order in which they are looked at.
    public enum Part: String, Sendable, Hashable, CaseIterable {
        case principal, action, resource, condition
    }

    /// Where the statement stands among the policy's, from 0.
    public let index: Int
    public let sid: String?
    public let effect: Statement.Effect
    /// The statement's offsets in its document.
    public let range: Range<Int>
    public let principal: PrincipalMatch
    public let matchesAction: Bool
    public let matchesResource: Bool
    /// All conditions; empty when the statement is not about the caller, action or resource.
    public let conditions: [ConditionEvaluation]

    /// Whether the statement is about the request.
    public var matches: Bool {
        self.isAboutRequest
            && self.conditions.allSatisfy { $0.result == .holds || $0.result == .incomparable && self.effect == .deny }
    }

    /// The first part that does not match; nil when the statement is about the request.
    public var failedPart: Part? {
        if self.principal == .none { return .principal }
        if !self.matchesAction { return .action }
        if !self.matchesResource { return .resource }
        return self.matches ? nil : .condition
    }

    /// Whether principal, action and resource match, so that the conditions decide.
    public var isAboutRequest: Bool { self.principal != .none && self.matchesAction && self.matchesResource }
}

/// What a resource policy alone can tell about a request.
public enum Decision: String, Sendable, Hashable, CaseIterable {
    case allowed
    case explicitDeny
    case implicitDeny
    /// The caller's own IAM policies decide.
    case needsIdentityPolicy
}

extension Evaluation {
    /// The decision, if this is a bucket policy's evaluation.
    ///
    /// Within one account either policy is enough; across accounts both are needed. The root user needs no policy of its own.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.
    /// - Parameter bucketAccount: The account that owns the bucket; nil takes the caller's own.
    public func decision(for caller: Caller, bucketAccount: String? = nil) -> Decision {
        guard self.outcome != .deny else { return .explicitDeny }
        guard let account = caller.account else { return self.outcome == .allow ? .allowed : .implicitDeny }
        let isOwn = bucketAccount == nil || bucketAccount == account
        if caller.isRootUser { return isOwn || self.outcome == .allow ? .allowed : .implicitDeny }
        guard isOwn else { return self.outcome == .allow ? .needsIdentityPolicy : .implicitDeny }
        return self.decidingStatements.contains { $0.principal == .direct } ? .allowed : .needsIdentityPolicy
    }
}
