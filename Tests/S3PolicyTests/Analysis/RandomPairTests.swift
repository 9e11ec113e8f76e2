import Foundation
import S3Policy
import Testing

/// Verdicts about many random pairs of policies, held against many requests each.
@Suite("Random pairs of policies")
struct RandomPairTests {
    /// How many pairs; more with COUNTERSIGN_POLICY_PAIRS.
    static let pairCount = ProcessInfo.processInfo.environment["COUNTERSIGN_POLICY_PAIRS"].flatMap(Int.init) ?? 1000

    static let firstSeed = ProcessInfo.processInfo.environment["COUNTERSIGN_POLICY_SEED"].flatMap(UInt64.init) ?? 1

    struct Tally {
        var yes = 0
        var no = 0
        var unknown: [Uncertainty.Reason: Int] = [:]
        var unknowns: Int { self.unknown.values.reduce(0, +) }

        mutating func count(_ verdict: Verdict) {
            switch verdict {
            case .yes: self.yes += 1
            case .no: self.no += 1
            case .unknown(let uncertainty): self.unknown[uncertainty.reason, default: 0] += 1
            }
        }
    }

    @Test("No request contradicts a verdict, and all that sets can tell is told", arguments: [false, true])
    func verdictsHold(hasDoubts: Bool) throws {
        var tally = Tally()
        let questions = PolicyQuestions()
        for seed in Self.firstSeed..<(Self.firstSeed + UInt64(Self.pairCount) / 2) {
            var policies = RandomPolicies(seed: seed, hasDoubts: hasDoubts)
            let (old, new) = policies.pair()
            let oldEvaluator = PolicyEvaluator(try bucketPolicy(old))
            let newEvaluator = PolicyEvaluator(try bucketPolicy(new))
            func isNew(_ request: AccessRequest) -> Bool {
                newEvaluator.evaluate(request).outcome == .allow && oldEvaluator.evaluate(request).outcome != .allow
            }
            let verdict = questions.allowsNothingNew(newEvaluator.policy, comparedWith: oldEvaluator.policy)
            tally.count(verdict)
            if let request = verdict.counterexample { #expect(isNew(request), "seed \(seed)") }
            if case .unknown(let uncertainty) = verdict {
                #expect(hasDoubts && uncertainty.reason != .unconfirmedExample, "seed \(seed): \(uncertainty)\n\(old)\n\(new)")
            }
            guard verdict == .yes else { continue }
            let requests = RandomRequests([oldEvaluator.policy, newEvaluator.policy])
            for _ in 0..<40 {
                let request = requests.request(&policies.random)
                #expect(!isNew(request), "seed \(seed): \(request)\n\(old)\n\(new)")
            }
        }
        print("random pairs: \(tally)")
        #expect(tally.yes > Self.pairCount / 10 && tally.no > Self.pairCount / 10)
        #expect(tally.unknowns <= (hasDoubts ? Self.pairCount / 20 : 0), "\(tally.unknown)")
    }

    @Test("What strangers may do, they may; what they may not, they may not")
    func strangers() throws {
        var (kept, allowed) = (0, 0)
        for seed in Self.firstSeed..<(Self.firstSeed + UInt64(Self.pairCount) / 10) {
            var policies = RandomPolicies(seed: 500_000 + seed, hasDoubts: seed % 4 == 0)
            let text = policies.pair().first
            let policy = try bucketPolicy(text)
            let evaluator = PolicyEvaluator(policy)
            let access = PolicyQuestions().publicAccess(policy)
            switch access.keepsStrangersOut {
            case .no(let request):
                allowed += 1
                #expect(
                    evaluator.evaluate(request).outcome == .allow && Self.isStranger(request, to: text), "seed \(seed): \(request)\n\(text)"
                )
                // What strangers may do, S3's rule must not miss.
                #expect(!access.publicStatements.isEmpty, "seed \(seed): \(request)\n\(text)")
            case .yes:
                kept += 1
                let requests = RandomRequests([policy])
                for _ in 0..<40 {
                    let request = requests.request(&policies.random)
                    guard Self.isStranger(request, to: text) else { continue }
                    #expect(evaluator.evaluate(request).outcome != .allow, "seed \(seed): \(request)\n\(text)")
                }
            case .unknown: #expect(seed % 4 == 0)
            }
        }
        #expect(kept > Self.pairCount / 50 && allowed > Self.pairCount / 50)
    }

    /// Whether nothing in a request is what a random policy names.
    private static func isStranger(_ request: AccessRequest, to policy: String) -> Bool {
        switch request.caller {
        case .anonymous: break
        case .identity(let arn): if policy.contains(arn.account) { return false }
        case .service, .originAccessIdentity: return false
        }
        return request.context.values.allSatisfy { key, value in
            switch key.lowercased {
            case "aws:sourceip":
                let fixed = ["10.0.0.0/8", "203.0.113.7", "2001:db8::/32", "172.16.0.0/12", "192.168.0.0/16"].compactMap { IPNetwork($0) }
                return value.texts.compactMap { IPAddress($0) }.allSatisfy { address in !fixed.contains { $0.contains(address) } }
            case "aws:sourcearn":
                return value.texts.allSatisfy { $0 != "arn:aws:s3:::b" && !$0.contains("111122223333") }
            case "aws:userid":
                return value.texts.allSatisfy { !["111122223333", "444455556666", "anonymous"].contains($0) }
            default: return true
            }
        }
    }
}
