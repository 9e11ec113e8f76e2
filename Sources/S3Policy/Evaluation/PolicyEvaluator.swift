/// Evaluates one policy as AWS does.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.
public struct PolicyEvaluator: Sendable {
    public let policy: Policy

    public init(_ policy: Policy) {
        self.policy = policy
    }

    /// What the policy says about a request.
    public func evaluate(_ request: AccessRequest) -> Evaluation {
        let values = RequestValues(request)
        let statements = self.policy.statements.map { self.evaluate($0, request, values) }
        let matching = statements.filter(\.matches)
        let outcome: Evaluation.Outcome =
            matching.contains { $0.effect == .deny } ? .deny : matching.isEmpty ? .none : .allow
        var missing: [ConditionKey] = []
        for (result, statement) in zip(statements, self.policy.statements) where result.principal != .none && result.matchesAction {
            let keys = statement.resourceKeys + (result.matchesResource ? statement.conditionKeys : [])
            for key in keys where !values.tells(key) && !missing.contains(key) { missing.append(key) }
        }
        return Evaluation(outcome: outcome, statements: statements, missingKeys: missing)
    }

    private func evaluate(_ statement: Statement, _ request: AccessRequest, _ values: RequestValues) -> StatementEvaluation {
        let principal = statement.principals?.match(request.caller) ?? .direct
        let matchesAction = statement.actions.items.contains { $0.value.matches(request.action) } != statement.actions.isNegated
        let matchesResource = statement.resources.matches(request.resource, self.policy.kind, values) != statement.resources.isNegated
        let isAboutRequest = principal != .none && matchesAction && matchesResource
        return StatementEvaluation(
            index: statement.index, sid: statement.sid, effect: statement.effect, range: statement.range, principal: principal,
            matchesAction: matchesAction, matchesResource: matchesResource,
            conditions: isAboutRequest ? statement.conditions.map { ConditionEvaluation($0, value: values.value(of:)) } : [])
    }
}

/// The values of a request's keys: what its context tells, then what its caller is.
private struct RequestValues {
    private let context: RequestContext
    private let caller: CallerContext

    init(_ request: AccessRequest) {
        self.context = request.context
        self.caller = request.caller.context(besides: request.context)
    }

    func value(of key: ConditionKey) -> RequestContext.Value? {
        self.context[key] ?? self.caller.values[key]
    }

    /// Whether it is known what the request has for a key, even if it is nothing.
    func tells(_ key: ConditionKey) -> Bool {
        self.value(of: key) != nil || self.caller.lacks(key)
    }
}

extension Clause<PolicyText> {
    /// Whether one of the items matches, never mind the negation.
    fileprivate func matches(_ resource: String, _ kind: PolicyKind, _ values: RequestValues) -> Bool {
        let arn = ARN(resource)
        return self.items.contains { $0.value.matches(resource: arn, kind, values.value(of:)) }
    }
}

extension PolicyText {
    /// Whether a resource pattern matches an ARN: `*` every one, else part by part.
    fileprivate func matches(resource: ARN?, _ kind: PolicyKind, _ value: (ConditionKey) -> RequestContext.Value?) -> Bool {
        if self.source == "*" { return true }
        guard let resource, !self.hasVariableBeforeResource, let glob = self.glob(value) else { return false }
        return (kind == .identity ? glob.completedToARN : glob).arnParts?.matches(resource) == true
    }
}

extension Statement {
    /// The keys whose values its resources need.
    fileprivate var resourceKeys: [ConditionKey] { self.resources.items.flatMap(\.value.variablesWithoutDefault) }

    /// The keys that its conditions ask for.
    fileprivate var conditionKeys: [ConditionKey] {
        self.conditions.flatMap { condition in
            let variables = condition.operator.takesVariables ? condition.values.flatMap(\.value.variablesWithoutDefault) : []
            return [condition.key] + variables
        }
    }
}

extension PolicyText {
    fileprivate var variablesWithoutDefault: [ConditionKey] {
        self.pieces.compactMap { if case .variable(let key, nil) = $0 { key } else { nil } }
    }
}
