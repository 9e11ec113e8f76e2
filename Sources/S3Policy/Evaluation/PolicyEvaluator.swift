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
            missing += statement.keys.filter { values.value(of: $0) == nil && !missing.contains($0) }
        }
        return Evaluation(outcome: outcome, statements: statements, missingKeys: missing)
    }

    private func evaluate(_ statement: Statement, _ request: AccessRequest, _ values: RequestValues) -> StatementEvaluation {
        let principal = statement.principals?.match(request.caller) ?? .direct
        let matchesAction = statement.actions.items.contains { $0.value.matches(request.action) } != statement.actions.isNegated
        let matchesResource = statement.resources.matches(request.resource, values) != statement.resources.isNegated
        let isAboutRequest = principal != .none && matchesAction && matchesResource
        return StatementEvaluation(
            index: statement.index, sid: statement.sid, effect: statement.effect, range: statement.range, principal: principal,
            matchesAction: matchesAction, matchesResource: matchesResource,
            conditions: isAboutRequest ? statement.conditions.map { ConditionEvaluation($0, value: values.value(of:)) } : [])
    }
}

/// The values of a request's keys: what its context tells, then what its caller is.
private struct RequestValues {
    let request: AccessRequest

    init(_ request: AccessRequest) {
        self.request = request
    }

    func value(of key: ConditionKey) -> RequestContext.Value? {
        self.request.context[key] ?? self.request.caller.value(of: key)
    }
}

extension Clause<PolicyText> {
    /// Whether one of the items matches, never mind the negation.
    fileprivate func matches(_ resource: String, _ values: RequestValues) -> Bool {
        let arn = ARN(resource)
        return self.items.contains { $0.value.matches(resource: arn, values.value(of:)) }
    }
}

extension PolicyText {
    /// Whether a resource pattern matches an ARN: `*` every one, else part by part.
    fileprivate func matches(resource: ARN?, _ value: (ConditionKey) -> RequestContext.Value?) -> Bool {
        if self.source == "*" { return true }
        guard let resource, !self.hasVariableBeforeResource else { return false }
        return self.glob(value)?.arnParts?.matches(resource) == true
    }
}

extension Statement {
    /// The keys that the statement's conditions and resources ask for.
    fileprivate var keys: [ConditionKey] {
        self.resources.items.flatMap { $0.value.variables }
            + self.conditions.flatMap { condition in [condition.key] + condition.values.flatMap { $0.value.variables } }
    }
}
