internal import S3Policy
internal import S3Signing

// MARK: - The bucket's policy

extension EnvironmentCheck {
    /// The signer: some user of the account that owns the bucket. Its real name is not known here.
    private static let signer = S3Policy.Caller.identity(
        ARN(partition: "aws", service: "iam", region: "", account: "111122223333", resource: "user/countersign-signer"))
    private static let administrator = S3Policy.Caller.identity(
        ARN(partition: "aws", service: "iam", region: "", account: "111122223333", resource: "user/administrator"))

    func bucketPolicyFindings(_ tickets: [Specimen]) -> [EnvironmentFinding] {
        guard let bucketPolicy else { return [] }
        return self.deniedTickets(tickets, bucketPolicy) + self.plainHTTP(tickets, bucketPolicy) + self.lockOut(bucketPolicy)
    }

    /// One finding for each rule and statement that denies one of the rule's tickets.
    private func deniedTickets(_ tickets: [Specimen], _ checked: CheckedPolicy) -> [EnvironmentFinding] {
        let evaluator = PolicyEvaluator(checked.policy)
        var findings: [EnvironmentFinding] = []
        for ticket in tickets {
            for access in ticket.requests.flatMap({ $0.accesses(by: Self.signer) }) {
                let evaluation = evaluator.evaluate(access)
                guard evaluation.outcome == .deny, let statement = evaluation.decidingStatements.first else { continue }
                let isTold = findings.contains { $0.rule == ticket.rule.name && $0.finding.ranges.first == statement.range }
                if !isTold { findings.append(self.denied(ticket, access, by: statement)) }
            }
        }
        return findings
    }

    private func denied(_ ticket: Specimen, _ access: AccessRequest, by statement: StatementEvaluation) -> EnvironmentFinding {
        let name = statement.sid.map { "\"\($0)\"" } ?? "\(statement.index + 1)"
        let reasons = statement.conditions.map { condition in
            let value: String =
                switch condition.requestValue {
                case .single(let text): "is \(text)"
                case .multiple(let texts): "is \(texts.joined(separator: ", "))"
                case nil: "is missing"
                }
            return "\(condition.condition.key.text) \(value)"
        }
        let because = reasons.isEmpty ? "" : ", since " + reasons.joined(separator: " and ")
        let message =
            "Statement \(name) denies \(access.action) to the tickets of the rule \(ticket.rule.name), such as \(ticket.key)\(because)."
        return EnvironmentFinding(.bucket, Finding(.ticketDenied, message, at: statement.range), rule: ticket.rule.name)
    }

    /// Whether an upload that is otherwise allowed is denied for coming over plain HTTP.
    private func plainHTTP(_ tickets: [Specimen], _ checked: CheckedPolicy) -> [EnvironmentFinding] {
        guard self.environment.location.endpoint.baseURL.hasPrefix("https:"), let ticket = tickets.first else { return [] }
        let bucket = self.environment.location.bucket.name
        let requests = [ticket.request, S3RequestFacts(method: "GET", bucket: bucket, key: ticket.key, authentication: .query)]
        let evaluator = PolicyEvaluator(checked.policy)
        let isDenied = requests.allSatisfy { facts in
            var facts = facts
            facts.isSecure = false
            facts.tlsVersion = nil
            return facts.accesses(by: Self.signer).contains { evaluator.evaluate($0).outcome == .deny }
        }
        if isDenied { return [] }
        let message =
            "Nothing denies requests without TLS, whose URLs and files anybody on the way can read; "
            + "deny s3:* to everybody under \"Bool\": {\"aws:SecureTransport\": \"false\"}."
        return [EnvironmentFinding(.bucket, Finding(.plainHTTPAllowed, message, at: (checked.root["Statement"] ?? checked.root).range))]
    }

    /// Whether the account's own people can no longer change or delete the policy.
    private func lockOut(_ checked: CheckedPolicy) -> [EnvironmentFinding] {
        var facts = S3RequestFacts(
            method: "PUT", bucket: self.environment.location.bucket.name, query: [.init("policy", "")], authentication: .header)
        facts.isSecure = true
        facts.tlsVersion = "1.3"
        facts.signatureAgeMilliseconds = 0
        facts.sourceIP = "203.0.113.77"
        let evaluator = PolicyEvaluator(checked.policy)
        return facts.accesses(by: Self.administrator).flatMap { access -> [EnvironmentFinding] in
            let evaluation = evaluator.evaluate(access)
            guard evaluation.outcome == .deny else { return [] }
            return evaluation.decidingStatements.map { statement in
                let message =
                    "This denies \(access.action) to the account's own people too: nobody but the root user could change the policy again. "
                    + "Name the actions that are meant, or spare your administrators."
                return EnvironmentFinding(.bucket, Finding(.lockedOut, message, at: statement.range))
            }
        }
    }
}

// MARK: - The signer's policy

extension EnvironmentCheck {
    func signerFindings(_ tickets: [Specimen]) -> [EnvironmentFinding] {
        guard let signerPolicy else { return [] }
        return self.refusedTickets(tickets, signerPolicy) + self.excess(tickets, signerPolicy)
    }

    private func refusedTickets(_ tickets: [Specimen], _ checked: CheckedPolicy) -> [EnvironmentFinding] {
        let own = PolicyEvaluator(checked.policy)
        let bucket = self.bucketPolicy.map { PolicyEvaluator($0.policy) }
        var findings: [EnvironmentFinding] = []
        for ticket in tickets where !findings.contains(where: { $0.rule == ticket.rule.name }) {
            for access in ticket.requests.flatMap({ $0.accesses(by: Self.signer) }) {
                let evaluation = own.evaluate(access)
                let isGrantedByBucket = bucket?.evaluate(access).decision(for: Self.signer) == .allowed
                guard evaluation.outcome == .deny || evaluation.outcome == .none && !isGrantedByBucket else { continue }
                let message =
                    "The signer may not use \(access.action) on \(access.resource), which the tickets of the rule \(ticket.rule.name) need; "
                    + "allow it on \(self.resource(of: ticket.rule))."
                let place = evaluation.decidingStatements.first?.range ?? (checked.root["Statement"] ?? checked.root).range
                findings.append(EnvironmentFinding(.identity, Finding(.signerNotAllowed, message, at: place), rule: ticket.rule.name))
                break
            }
        }
        return findings
    }

    /// What the signer may do that no ticket needs: whoever gets its keys can do it too.
    private func excess(_ tickets: [Specimen], _ checked: CheckedPolicy) -> [EnvironmentFinding] {
        guard let needed = self.neededPolicy(tickets) else { return [] }
        guard case .no(let example) = PolicyQuestions().allowsNothingNew(checked.policy, comparedWith: needed) else { return [] }
        let message =
            "The signer may do more than the rules need, for example \(example.action) on \(example.resource); whoever gets its keys may too. "
            + "Allow what the tickets use, on the prefixes of the rules."
        let statement = PolicyEvaluator(checked.policy).evaluate(example).decidingStatements.first
        let place = statement?.range ?? (checked.root["Statement"] ?? checked.root).range
        return [EnvironmentFinding(.identity, Finding(.signerTooPowerful, message, at: place))]
    }

    /// The least that the rules need: their actions on the folders of their keys.
    private func neededPolicy(_ tickets: [Specimen]) -> Policy? {
        var statements: [Statement] = []
        for rule in self.environment.rules {
            let actions = Set(tickets.filter { $0.rule.name == rule.name }.flatMap { $0.request.accesses(by: Self.signer).map(\.action) })
            let patterns = actions.sorted().compactMap { ActionPattern($0) }.map { Located($0, range: 0..<0) }
            let resource = Located(PolicyText(self.resource(of: rule), version: .v2012), range: 0..<0)
            statements.append(
                Statement(
                    index: statements.count, range: 0..<0, sid: rule.name, effect: .allow, principals: nil,
                    actions: Clause(patterns, isNegated: false, range: 0..<0),
                    resources: Clause([resource], isNegated: false, range: 0..<0),
                    conditions: []))
        }
        return statements.isEmpty ? nil : Policy(kind: .identity, version: .v2012, statements: statements)
    }

    /// The first folder of a rule's keys, as a policy names it.
    private func resource(of rule: UploadRule) -> String {
        let folder = rule.keyTemplate.fixedFolder(environment: self.environment.name, rule: rule.name)
        return "arn:aws:s3:::\(self.environment.location.bucket.name)/\(folder)*"
    }
}
