@testable import S3Policy
@testable import S3Signing

/// Policies and the evaluator: the reader, every check of the validator, decisions, what `--fix` would write, and answers about all requests
/// at once.
struct PolicyTarget: FuzzTarget {
    private let validator = PolicyValidator()
    private let questions = PolicyQuestions(workLimit: 20_000)

    func run(_ input: [UInt8]) {
        let document = JSONDocument(input)
        checkReader(document, input)
        checkPatterns(input)
        for kind in PolicyKind.allCases {
            check(validator.findings(in: document, kind: kind), of: input)
            guard let policy = try? Policy(document, kind: kind) else { continue }
            check(policy)
            if kind == .bucket { checkQuestions(policy) }
        }
    }

    // MARK: Reading

    /// The strict reader of the service and the forgiving one of policies see the same.
    private func checkReader(_ document: JSONDocument, _ input: [UInt8]) {
        guard let json = try? JSONParser.parse(input) else { return }
        expect(document.isComplete && document.problems.isEmpty, "JSON has problems: \(document.problems)")
        expect(document.root.map { Self.isSame($0, json) } == true, "one JSON, two values")
    }

    private static func isSame(_ node: JSONNode, _ json: JSON) -> Bool {
        switch (node.value, json) {
        case (.null, .null): true
        case (.boolean(let one), .bool(let other)): one == other
        case (.number(let text), .integer(let number)): Int64(text) == number
        case (.number(let one), .number(let other)): one == other
        case (.string(let one), .string(let other)): one.isSame(as: other)
        case (.array(let items), .array(let others)): items.elementsEqual(others) { isSame($0, $1) }
        case (.object(let members), .object(let others)):
            members.elementsEqual(others) { $0.key.isSame(as: $1.name) && isSame($0.value, $1.value) }
        default: false
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

    // MARK: Decisions

    private func check(_ policy: Policy) {
        let reversed = PolicyEvaluator(Policy(kind: policy.kind, version: policy.version, statements: policy.statements.reversed()))
        let evaluator = PolicyEvaluator(policy)
        for request in Self.requests {
            let evaluation = evaluator.evaluate(request)
            expect(evaluation.statements.count == policy.statements.count, "a statement was not looked at")
            expect(evaluation.outcome == Self.outcome(evaluation.statements), "\(evaluation.outcome) of \(evaluation.statements)")
            expect(reversed.evaluate(request).outcome == evaluation.outcome, "the order of statements decides")
        }
        for statement in policy.statements { checkActions(of: statement) }
    }

    /// Any Deny that matches denies; without one, any Allow allows.
    private static func outcome(_ statements: [StatementEvaluation]) -> Evaluation.Outcome {
        let effects = Set(statements.filter(\.matches).map(\.effect))
        return effects.contains(.deny) ? .deny : effects.contains(.allow) ? .allow : .none
    }

    /// Actions match by the plain reading of their wildcards.
    private func checkActions(of statement: Statement) {
        let alone = PolicyEvaluator(Policy(kind: .identity, version: .v2012, statements: [statement]))
        for request in Self.requests {
            let matches = statement.actions.items.contains { Self.matches($0.value.text, request.action) }
            let evaluation = alone.evaluate(request).statements[0]
            expect(evaluation.matchesAction == (matches != statement.actions.isNegated), "\(request.action) and \(statement.actions)")
        }
    }

    /// The name of an action, changed as the input's first bytes say: what few policies have, such as two `*` with what fits between them.
    private func checkPatterns(_ input: [UInt8]) {
        var name = Array("PutObjectTagging".utf8)
        for index in stride(from: 0, to: min(input.count - 1, 12), by: 2) {
            let place = Int(input[index]) % name.count
            switch input[index + 1] % 4 {
            case 0: name[place] = UInt8(ascii: "?")
            case 1: name[place] = UInt8(ascii: "t")
            default: name.insert(UInt8(ascii: "*"), at: place)
            }
            let text = "s3:\(String(decoding: name, as: UTF8.self))"
            guard let pattern = ActionPattern(text) else { fatalError("no pattern: \(text)") }
            for action in ["s3:PutObjectTagging", "s3:PutObject", "s3:Tagging"] {
                expect(pattern.matches(action) == Self.matches(text, action), "\(action) and \(text)")
            }
        }
    }

    private static func matches(_ pattern: String, _ action: String) -> Bool {
        matches(Array(pattern.lowercased().utf16), Array(action.lowercased().utf16))
    }

    /// `*` is any run, `?` any one: the textbook's table, without a shortcut.
    private static func matches(_ pattern: [UInt16], _ text: [UInt16]) -> Bool {
        var row = [true] + text.map { _ in false }
        for unit in pattern {
            var next = row.map { _ in false }
            if unit == UInt16(UInt8(ascii: "*")) { next[0] = row[0] }
            for index in text.indices {
                next[index + 1] =
                    switch unit {
                    case UInt16(UInt8(ascii: "*")): row[index + 1] || next[index]
                    case UInt16(UInt8(ascii: "?")): row[index]
                    default: row[index] && unit == text[index]
                    }
            }
            row = next
        }
        return row[text.count]
    }

    // MARK: Questions

    /// What is said of all requests holds for each one.
    private func checkQuestions(_ policy: Policy) {
        if case .no = questions.areEqual(policy, policy) { fatalError("a policy differs from itself") }
        _ = questions.publicAccess(policy)
        let evaluator = PolicyEvaluator(policy)
        let allowed = Self.requests.filter { evaluator.evaluate($0).outcome == .allow }
        if case .yes = questions.allowsNone(policy, of: [], on: []) { expect(allowed.isEmpty, "allows nothing, and yet \(allowed[0])") }
        let shorter = Policy(kind: policy.kind, version: policy.version, statements: policy.statements.dropLast())
        let before = PolicyEvaluator(shorter)
        guard case .yes = questions.allowsNothingNew(policy, comparedWith: shorter) else { return }
        for request in allowed { expect(before.evaluate(request).outcome == .allow, "allows nothing new, and yet \(request)") }
    }

    private static let requests: [AccessRequest] = {
        guard let user = ARN("arn:aws:iam::123456789012:user/anna") else { fatalError("no ARN") }
        var put = S3RequestFacts(method: "PUT", bucket: "example-bucket", key: "photos/cat.jpg", headers: [.init("x-amz-acl", "private")])
        var get = S3RequestFacts(method: "GET", bucket: "example-bucket", key: "photos/cat.jpg")
        var list = S3RequestFacts(
            method: "GET", bucket: "example-bucket", query: [.init("prefix", "photos/"), .init("max-keys", "10")], authentication: .query)
        (put.isSecure, get.isSecure, list.isSecure) = (true, false, true)
        (put.sourceIP, get.sourceIP, list.sourceIP) = ("203.0.113.7", "2001:db8::7", "198.51.100.200")
        return [put, get, list].flatMap { facts -> [AccessRequest] in
            var facts = facts
            facts.timeSeconds = 1_800_000_000
            return facts.accesses(by: .anonymous) + facts.accesses(by: .identity(user))
        }
    }()
}
