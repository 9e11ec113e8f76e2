import S3Policy

/// Policies and the evaluator: the reader, every check of the validator, decisions, and what `--fix` would write.
struct PolicyTarget: FuzzTarget {
    private let validator = PolicyValidator()
    private let questions = PolicyQuestions(workLimit: 20_000)

    func run(_ input: [UInt8]) {
        let document = JSONDocument(input)
        for kind in PolicyKind.allCases {
            check(validator.findings(in: document, kind: kind), of: input)
            guard let policy = try? Policy(document, kind: kind) else { continue }
            let evaluator = PolicyEvaluator(policy)
            for request in Self.requests { check(evaluator.evaluate(request), of: policy) }
            guard kind == .bucket else { continue }
            if case .no = questions.areEqual(policy, policy) { fatalError("a policy differs from itself") }
            _ = questions.publicAccess(policy)
        }
    }

    private func check(_ findings: [Finding], of input: [UInt8]) {
        for finding in findings {
            for range in finding.ranges {
                expect(range.lowerBound >= 0 && range.upperBound <= input.count, "\(finding.code.name) stands outside of the file")
            }
            if let fix = finding.fix { _ = JSONDocument(fix.applied(to: input)) }
        }
    }

    private func check(_ evaluation: Evaluation, of policy: Policy) {
        let matching = evaluation.statements.filter(\.matches)
        let isDenied = matching.contains { $0.effect == .deny }
        expect(evaluation.statements.count == policy.statements.count, "a statement was not looked at")
        if isDenied { expect(evaluation.outcome == .deny, "a Deny that matches does not deny") }
        if matching.isEmpty { expect(evaluation.outcome == .none, "without a statement that matches, \(evaluation.outcome)") }
    }

    private static let requests: [AccessRequest] = {
        var context = RequestContext()
        for (key, value) in [
            ("aws:SecureTransport", "true"), ("aws:SourceIp", "203.0.113.7"), ("s3:prefix", "photos/"), ("aws:username", "anna"),
            ("aws:CurrentTime", "2026-01-01T00:00:00Z"), ("s3:max-keys", "10"),
        ] {
            context[ConditionKey(key)!] = .single(value)
        }
        return ["s3:PutObject", "s3:GetObject", "s3:ListBucket"].map { action in
            AccessRequest(
                caller: .anonymous, action: action, resource: "arn:aws:s3:::example-bucket/photos/cat.jpg", context: context)
        }
    }()
}
