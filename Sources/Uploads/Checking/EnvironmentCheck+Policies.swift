internal import S3Policy
internal import S3Signing

// MARK: - The bucket's policy

extension EnvironmentCheck {
    /// The signer: some user of the account that owns the bucket. Its real name is not known here.
    private static let signer = S3Policy.Caller.identity(
        ARN(partition: "aws", service: "iam", region: "", account: "111122223333", resource: "user/countersign-signer"))

    func bucketPolicyFindings(_ tickets: [Specimen]) -> [EnvironmentFinding] {
        guard let bucketPolicy else { return [] }
        return self.deniedTickets(tickets, bucketPolicy) + self.plainHTTP(tickets, bucketPolicy) + self.lockOut(bucketPolicy)
    }

    /// One finding for each rule and statement that denies one of the rule's tickets, whatever its key.
    private func deniedTickets(_ tickets: [Specimen], _ checked: CheckedPolicy) -> [EnvironmentFinding] {
        let evaluator = PolicyEvaluator(checked.policy)
        var findings: [EnvironmentFinding] = []
        func tell(_ finding: EnvironmentFinding) {
            let isTold = findings.contains { $0.rule == finding.rule && $0.finding.ranges == finding.finding.ranges }
            if !isTold { findings.append(finding) }
        }
        for ticket in tickets {
            for access in ticket.requests.flatMap({ $0.accesses(by: Self.signer) }) {
                let verdict = TicketSpace(ticket.rule, in: self.environment).escapesDenials(of: checked.policy, access)
                switch verdict {
                case .yes: continue
                case .no(let example):
                    var denied = access
                    denied.resource = example
                    guard let statement = evaluator.evaluate(denied).decidingStatements.first else { continue }
                    tell(self.denied(ticket, denied, by: statement))
                case .unknown(let place):
                    let everything = (checked.root["Statement"] ?? checked.root).range
                    tell(self.uncertain(.bucket, ticket, "denies \(access.action) to", at: place ?? everything))
                }
            }
        }
        return findings
    }

    /// What cannot be told is told as such.
    private func uncertain(
        _ document: BucketDocumentKind, _ ticket: Specimen, _ what: String, at place: Range<Int>
    ) -> EnvironmentFinding {
        let message =
            "It cannot be told whether this \(what) some tickets of the rule \(ticket.rule.name), since it depends on policy variables or is too "
            + "intertwined; write the prefixes of the rules out."
        return EnvironmentFinding(document, Finding(.ticketsUncertain, message, at: place), rule: ticket.rule.name)
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
            "Statement \(name) denies \(access.action) to tickets of the rule \(ticket.rule.name), such as \(access.objectKey)\(because)."
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

    /// Whether none of the account's own people could change or delete the policy again: every such request of whoever is not the root user
    /// is denied.
    private func lockOut(_ checked: CheckedPolicy) -> [EnvironmentFinding] {
        let bucket = "arn:aws:s3:::\(self.environment.location.bucket.name)"
        let denials = checked.policy.statements.filter { $0.effect == .deny }
        return ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"].flatMap { action -> [EnvironmentFinding] in
            guard let pattern = ActionPattern(action), let everybody = Self.everybody(doing: action, on: bucket) else { return [] }
            let policy = Policy(kind: .bucket, version: checked.policy.version, statements: everybody + denials)
            guard case .yes = PolicyQuestions().allowsNone(policy, of: [pattern], on: [PolicyText(bucket, version: .v2008)]) else {
                return []
            }
            let message =
                "This denies \(action) to the account's own people too: nobody but the root user could change the policy again. "
                + "Name the actions that are meant, or spare your administrators."
            return Self.denying(action, on: bucket, among: denials).map {
                EnvironmentFinding(.bucket, Finding(.lockedOut, message, at: $0))
            }
        }
    }

    /// Statements that allow something to everybody who has signed and comes with TLS, but root users and services.
    private static func everybody(doing action: String, on resource: String) -> [Statement]? {
        let text = """
            {"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Principal": "*", "Action": "\(action)", "Resource": "\(resource)"},
              {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:PrincipalArn": "true"}}},
              {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
               "Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}},
              {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
               "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}}}
            ]}
            """
        return try? Policy(JSONDocument(text), kind: .bucket).statements
    }

    /// Where the statements stand that deny an action to somebody of the account who has nothing special.
    private static func denying(_ action: String, on resource: String, among denials: [Statement]) -> [Range<Int>] {
        let request = AccessRequest(caller: self.signer, action: action, resource: resource)
        let evaluation = PolicyEvaluator(Policy(kind: .bucket, version: .v2012, statements: denials)).evaluate(request)
        let ranges = evaluation.decidingStatements.map(\.range)
        return ranges.isEmpty ? denials.prefix(1).map(\.range) : ranges
    }
}

// MARK: - The signer's policy

extension EnvironmentCheck {
    func signerFindings(_ tickets: [Specimen]) -> [EnvironmentFinding] {
        guard let signerPolicy else { return [] }
        return self.refusedTickets(tickets.filter(\.isNeeded), signerPolicy) + self.excess(tickets, signerPolicy)
    }

    private func refusedTickets(_ tickets: [Specimen], _ checked: CheckedPolicy) -> [EnvironmentFinding] {
        var findings: [EnvironmentFinding] = []
        for ticket in tickets where !findings.contains(where: { $0.rule == ticket.rule.name }) {
            for access in ticket.requests.flatMap({ $0.accesses(by: Self.signer) }) {
                guard let finding = self.refusal(of: ticket, access, by: checked) else { continue }
                findings.append(finding)
                break
            }
        }
        return findings
    }

    private func refusal(of ticket: Specimen, _ access: AccessRequest, by checked: CheckedPolicy) -> EnvironmentFinding? {
        // Within one account the bucket's policy can grant what the signer's does not, but to the signer by name or to everybody only.
        let grants = self.bucketPolicy.map { [$0.policy.granting(directlyTo: Self.signer, access)] } ?? []
        let everything = (checked.root["Statement"] ?? checked.root).range
        switch TicketSpace(ticket.rule, in: self.environment).isAllowed(by: [checked.policy] + grants, access) {
        case .yes: return nil
        case .unknown(let place): return self.uncertain(.identity, ticket, "allows \(access.action) to", at: place ?? everything)
        case .no(let example):
            var refused = access
            refused.resource = example
            let message =
                "The signer may not use \(access.action) on \(refused.resource), which the tickets of the rule \(ticket.rule.name) need; "
                + "allow it on \(self.resource(of: ticket.rule))."
            let place = PolicyEvaluator(checked.policy).evaluate(refused).decidingStatements.first?.range ?? everything
            return EnvironmentFinding(.identity, Finding(.signerNotAllowed, message, at: place), rule: ticket.rule.name)
        }
    }

    /// What the signer may do that no ticket needs: whoever gets its keys can do it too.
    private func excess(_ tickets: [Specimen], _ checked: CheckedPolicy) -> [EnvironmentFinding] {
        guard let needed = self.neededPolicy(tickets) else { return [] }
        let example: AccessRequest
        switch PolicyQuestions().allowsNothingNew(checked.policy, comparedWith: needed) {
        case .yes: return []
        case .no(let request): example = request
        case .unknown(let uncertainty):
            let message =
                "It cannot be told whether the signer may do more than the rules need, since this depends on what a key is compared with; "
                + "allow what the tickets use, on the prefixes of the rules, without conditions."
            let place = uncertainty.place.flatMap { $0.policy == 1 ? checked.policy.statements[$0.statement].range : nil }
            let everything = (checked.root["Statement"] ?? checked.root).range
            return [EnvironmentFinding(.identity, Finding(.signerUncertain, message, at: place ?? everything))]
        }
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

extension Policy {
    /// The Allow statements that grant something to a caller without its own policies having to.
    fileprivate func granting(directlyTo caller: S3Policy.Caller, _ access: AccessRequest) -> Policy {
        var request = access
        request.caller = caller
        let evaluations = PolicyEvaluator(self).evaluate(request).statements
        let statements = zip(self.statements, evaluations).filter { $0.effect == .allow && $1.principal == .direct }.map { $0.0 }
        return Policy(kind: self.kind, version: self.version, statements: statements)
    }
}

extension AccessRequest {
    /// What the resource is called in its bucket.
    fileprivate var objectKey: Substring {
        self.resource.firstIndex(of: "/").map { self.resource[self.resource.index(after: $0)...] } ?? self.resource[...]
    }
}
