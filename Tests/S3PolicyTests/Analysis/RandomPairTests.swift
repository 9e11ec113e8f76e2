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
}
