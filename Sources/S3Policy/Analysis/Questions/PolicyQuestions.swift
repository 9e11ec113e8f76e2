/// Answers questions about what policies allow, over all requests at once.
///
/// A policy allows what some Allow statement matches and no Deny statement. Each statement is a product of sets (``Box``), so that
/// the difference of two policies is a union of boxes without some others, and the question is whether it is empty.
/// What requests there are is said in ``RequestSpace``.
public struct PolicyQuestions: Sendable {
    private let reference: ServiceReference
    private let workLimit: Int

    /// - Parameter workLimit: How many steps a question may take, before it is unknown.
    public init(reference: ServiceReference = .embedded, workLimit: Int = 5_000_000) {
        self.reference = reference
        self.workLimit = workLimit
    }

    /// Whether a new policy allows nothing that an old one does not: what AWS calls CheckNoNewAccess.
    ///
    /// In the uncertainty of an answer, policy 0 is the old one and 1 is the new one.
    public func allowsNothingNew(_ new: Policy, comparedWith old: Policy) -> Verdict {
        let oldEvaluator = PolicyEvaluator(old)
        let newEvaluator = PolicyEvaluator(new)
        let inquiry = self.inquiry([old, new]) { request in
            newEvaluator.evaluate(request).outcome == .allow && oldEvaluator.evaluate(request).outcome != .allow
        }
        let oldPlaces = StatementPlaces(old, number: 0)
        let newPlaces = StatementPlaces(new, number: 1)
        // Allowed by the new policy, and not by the old one: since nothing there allows it, or since something there denies it.
        let tasks = newPlaces.allow.flatMap { allow in
            [Inquiry.Task(matching: [allow], avoiding: newPlaces.deny + oldPlaces.allow)]
                + oldPlaces.deny.map { Inquiry.Task(matching: [allow, $0], avoiding: newPlaces.deny) }
        }
        return inquiry.run(tasks).verdict
    }

    /// Whether two policies allow the same requests.
    ///
    /// A "no" shows a request that only one of them allows.
    public func areEqual(_ first: Policy, _ second: Policy) -> Verdict {
        let forth = self.allowsNothingNew(second, comparedWith: first)
        if case .no = forth { return forth }
        switch self.allowsNothingNew(first, comparedWith: second) {
        case .yes: return forth
        case .no(let request): return .no(request)
        case .unknown(let uncertainty):
            if case .unknown = forth { return forth }
            // The policies changed places.
            return .unknown(uncertainty.with(policy: { 1 - $0 }))
        }
    }

    /// Whether a policy allows none of some actions on any of some resources: what AWS calls CheckAccessNotGranted.
    ///
    /// - Parameters:
    ///   - actions: Patterns, of which one must match; none means all actions.
    ///   - resources: Patterns of ARNs, likewise.
    public func allowsNone(_ policy: Policy, of actions: [ActionPattern], on resources: [PolicyText]) -> Verdict {
        let asked = Statement.asking(actions, resources)
        let evaluator = PolicyEvaluator(policy)
        let question = PolicyEvaluator(Policy(kind: .identity, version: .v2008, statements: [asked]))
        let inquiry = self.inquiry([policy, question.policy]) { request in
            evaluator.evaluate(request).outcome == .allow && question.evaluate(request).outcome == .allow
        }
        let places = StatementPlaces(policy, number: 0)
        let asking = StatementPlace(policy: 1, statement: 0)
        return inquiry.run(places.allow.map { Inquiry.Task(matching: [$0, asking], avoiding: places.deny) }).verdict
    }

    func inquiry(
        _ policies: [Policy], limits: @escaping Inquiry.Limits = Inquiry.noLimits, confirm: @escaping (AccessRequest) -> Bool
    ) -> Inquiry {
        Inquiry(policies, reference: self.reference, workLimit: self.workLimit, limits: limits, confirm: confirm)
    }
}

/// The statements of a policy by their effect.
struct StatementPlaces {
    let allow: [StatementPlace]
    let deny: [StatementPlace]

    init(_ policy: Policy, number: Int) {
        func places(_ effect: Statement.Effect) -> [StatementPlace] {
            policy.statements.indices.filter { policy.statements[$0].effect == effect }.map {
                StatementPlace(policy: number, statement: $0)
            }
        }
        self.allow = places(.allow)
        self.deny = places(.deny)
    }
}

extension Inquiry.Outcome {
    var verdict: Verdict {
        switch self {
        case .nothing: .yes
        case .found(let request): .no(request)
        case .uncertain(let uncertainty): .unknown(uncertainty)
        }
    }
}

extension Uncertainty {
    fileprivate func with(policy: (Int) -> Int) -> Uncertainty {
        Uncertainty(reason: self.reason, place: self.place.map { StatementPlace(policy: policy($0.policy), statement: $0.statement) })
    }
}

extension Statement {
    /// A statement that allows everybody what is asked about.
    fileprivate static func asking(_ actions: [ActionPattern], _ resources: [PolicyText]) -> Statement {
        func clause<Item>(_ items: [Item]) -> Clause<Item> {
            // Not none of no items is everything.
            Clause(items.map { Located($0, range: 0..<0) }, isNegated: items.isEmpty, range: 0..<0)
        }
        return Statement(
            index: 0, range: 0..<0, sid: nil, effect: .allow, principals: nil, actions: clause(actions), resources: clause(resources),
            conditions: [])
    }
}
