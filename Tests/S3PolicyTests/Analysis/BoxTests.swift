import Testing

@testable import S3Policy

@Suite("Boxes of statements")
struct BoxTests {
    @Test("A box has the requests that its statement matches", arguments: 0..<8)
    func membership(part: Int) throws {
        var matches = 0
        for seed in (1 + part * 40)..<(1 + (part + 1) * 40) {
            var policies = RandomPolicies(seed: UInt64(1_000_000 + seed), hasDoubts: seed % 4 == 0)
            let text = policies.pair().first
            let policy = try bucketPolicy(text)
            let evaluator = PolicyEvaluator(policy)
            let requests = RandomRequests([policy])
            var boxes: [CallerKind: PolicyBoxes] = [:]
            for _ in 0..<50 {
                let request = requests.request(&policies.random)
                let (kind, name) = request.caller.kindAndName()
                let boxesOfKind = boxes[kind] ?? PolicyBoxes(policy, kind: kind)
                boxes[kind] = boxesOfKind
                for statement in evaluator.evaluate(request).statements {
                    let answer = boxesOfKind.answer(statement.index, request, name: name)
                    #expect(
                        answer == .inDoubt || (answer == .inside) == statement.matches,
                        "seed \(seed), statement \(statement.index): \(request)\n\(text)")
                    if statement.matches { matches += 1 }
                }
            }
        }
        #expect(matches > 150)
    }

    @Test("What the caller tells about a key does not depend on which caller of its kind it is", arguments: CallerKind.allCases)
    func fixedKeys(kind: CallerKind) throws {
        let others: [CallerKind: String] = [
            .user: "arn:aws-cn:iam::123456789012:user/team/bob", .role: "arn:aws:iam::123456789012:role/team/bob",
            .session: "arn:aws:iam::123456789012:role/bob\nx", .root: "arn:aws:iam::123456789012:root",
            .federatedUser: "arn:aws:sts::123456789012:federated-user/bob", .service: "s3.amazonaws.com", .originAccessIdentity: "E2",
        ]
        let algebra = TextAlgebra(workLimit: 1000)
        for name in [kind.typicalName, others[kind] ?? ""] {
            #expect(algebra.contains(name, in: algebra.term(kind.names)))
            let context = kind.caller(name).caller.context(besides: RequestContext())
            for reference in ServiceReference.embedded.conditionKeys {
                let key = try #require(ConditionKey(reference.name))
                switch kind.source(of: key) {
                case .fixed(let value): #expect(context[key] == value)
                case .nowhere: #expect(context[key] == nil && context.lacks(key))
                case .request: #expect(context[key] == nil && !context.lacks(key))
                case .caller(let property):
                    guard case .single(let text)? = context[key] else {
                        Issue.record("\(key) is told by the caller, but has no value.")
                        continue
                    }
                    // Exactly this value leads back to the caller.
                    let same = TextLanguage(property.preimage(TextPattern(literal: text)))
                    let other = TextLanguage(property.preimage(TextPattern(literal: text + "x")))
                    #expect(algebra.contains(name, in: algebra.term(same)), "\(key)")
                    #expect(!algebra.contains(name, in: algebra.term(other)), "\(key)")
                case .listOfCaller: #expect(context[key] == .multiple([name]))
                }
            }
        }
    }
}
