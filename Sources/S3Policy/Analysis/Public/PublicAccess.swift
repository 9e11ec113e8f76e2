/// Whether a bucket policy is public, in two readings.
public struct PublicAccess: Sendable, Hashable {
    /// An Allow statement that is public by the rule of S3 Block Public Access.
    public struct PublicStatement: Sendable, Hashable {
        /// Where it stands among the policy's statements, from 0.
        public let index: Int
        /// A request that the statement allows, if there is any; a stranger's where one will do, and one that no other statement
        /// denies where there is one.
        public let example: AccessRequest?
    }

    /// What makes the policy public by the rule of S3 Block Public Access, which looks at each Allow statement on its own; nothing
    /// when it is not public.
    public let publicStatements: [PublicStatement]

    /// Whether strangers can do nothing at all; a "no" shows what one can do. See ``Stranger``.
    public let keepsStrangersOut: Verdict
}

extension PolicyQuestions {
    /// Whether a bucket policy is public: by the rule of S3 Block Public Access, and by what it means.
    public func publicAccess(_ policy: Policy) -> PublicAccess {
        let index = policy.statements.indices.filter { BlockPublicAccessRule.isPublic(policy.statements[$0]) }
        return PublicAccess(
            publicStatements: index.map { PublicAccess.PublicStatement(index: $0, example: self.example($0, of: policy)) },
            keepsStrangersOut: self.keepsStrangersOut(policy))
    }

    private func keepsStrangersOut(_ policy: Policy) -> Verdict {
        let evaluator = PolicyEvaluator(policy)
        let places = StatementPlaces(policy, number: 0)
        let inquiry = self.inquiry([policy.withoutCanonicalUsers], limits: Stranger(policy).limits) {
            evaluator.evaluate($0).outcome == .allow
        }
        return inquiry.run(places.allow.map { Inquiry.Task(matching: [$0], avoiding: places.deny) }).verdict
    }

    private func example(_ index: Int, of policy: Policy) -> AccessRequest? {
        let statement = policy.statements[index]
        let evaluator = PolicyEvaluator(Policy(kind: policy.kind, version: policy.version, statements: [statement]))
        let place = StatementPlace(policy: 0, statement: index)
        let deny = StatementPlaces(policy, number: 0).deny
        let ways: [(isStranger: Bool, avoiding: [StatementPlace])] = [(true, deny), (true, []), (false, deny), (false, [])]
        for (isStranger, avoiding) in ways {
            let limits = isStranger ? Stranger(policy).limits : Inquiry.noLimits
            let inquiry = self.inquiry([policy], limits: limits) { evaluator.evaluate($0).outcome == .allow }
            if case .found(let request) = inquiry.run([Inquiry.Task(matching: [place], avoiding: avoiding)]) { return request }
        }
        return nil
    }
}

extension Policy {
    /// The policy for strangers, whom no canonical user id names.
    fileprivate var withoutCanonicalUsers: Policy {
        let statements = self.statements.map { statement in
            let principals = statement.principals.map { clause in
                let items = clause.items.filter { if case .canonicalUser = $0.value { false } else { true } }
                return Clause(items, isNegated: clause.isNegated, range: clause.range)
            }
            return Statement(
                index: statement.index, range: statement.range, sid: statement.sid, effect: statement.effect, principals: principals,
                actions: statement.actions, resources: statement.resources, conditions: statement.conditions)
        }
        return Policy(kind: self.kind, version: self.version, id: self.id, statements: statements)
    }
}
