import Foundation
import S3Policy
import Testing

/// Long and broken input: every answer comes, and none is a crash.
@Suite("Hostile input to the evaluation")
struct HostileEvaluationTests {
    static let long = String(repeating: "a", count: 100_000)

    @Test(
        "Long patterns with many wildcards against long values",
        arguments: [
            String(repeating: "*a", count: 5_000) + "b", String(repeating: "*?", count: 5_000) + "b",
            "*" + String(repeating: "a", count: 10_000) + "b*", "*" + String(repeating: "a?", count: 5_000) + "b*",
            String(repeating: "?", count: 10_000) + "*b", "*" + String(repeating: "a*b", count: 3_000),
        ])
    func globs(pattern: String) {
        #expect(!Glob(pattern).matches(Self.long))
        #expect(Glob(pattern + "*").matches(pattern.replacing("*", with: "").replacing("?", with: "x") + Self.long))
    }

    @Test(
        "Long values of every kind", arguments: Comparison.allCases,
        [
            String(repeating: "9", count: 100_000), "arn:aws:s3:::" + String(repeating: ":", count: 100_000),
            String(repeating: "\u{3A3}\u{301}", count: 25_000),
        ])
    func values(comparison: Comparison, value: String) throws {
        let evaluation = try Self.evaluation(ConditionOperator(comparison), ["x", value], .single(value))
        #expect(evaluation.statements[0].conditions.count == 1)
    }

    @Test("A key with many values against a condition with as many")
    func manyValues() throws {
        let names = (0..<300).map { "name\($0)" }
        let all = ConditionOperator(.stringLike, qualifier: .forAllValues)
        #expect(try Self.evaluation(all, names.reversed(), .multiple(names)).outcome == .allow)
        #expect(try Self.evaluation(all, names.dropLast(), .multiple(names)).outcome == .none)
    }

    private static func evaluation(
        _ conditionOperator: ConditionOperator, _ values: [String], _ requested: RequestContext.Value
    ) throws -> Evaluation {
        let key = try #require(ConditionKey("aws:referer"))
        let texts = values.map { Located(PolicyText($0, version: .v2012), range: 0..<0) }
        let statement = Statement(
            index: 0, range: 0..<0, sid: nil, effect: .allow, principals: nil,
            actions: Clause([Located(try #require(ActionPattern("*")), range: 0..<0)], isNegated: false, range: 0..<0),
            resources: Clause([Located(PolicyText("*", version: .v2012), range: 0..<0)], isNegated: false, range: 0..<0),
            conditions: [Condition(conditionOperator, key: key, values: texts, range: 0..<0)])
        let policy = Policy(kind: .identity, version: .v2012, statements: [statement])
        return PolicyEvaluator(policy).evaluate(request(RequestContext([key: requested])))
    }

    @Test("Numbers and dates far out of range compare without being written out")
    func farNumbers() throws {
        #expect(try ConditionCase("NumericLessThan", ["1e2147483647"], "1e2147483646", true).outcome(effect: "Allow") == .allow)
        #expect(try ConditionCase("NumericLessThan", ["1e2147483648"], "1", true).outcome(effect: "Allow") == .none)
        let digits = String(repeating: "1", count: 50_000)
        #expect(try ConditionCase("NumericEquals", ["0.\(digits)e50000"], .single(digits), true).outcome(effect: "Allow") == .allow)
        for date in ["9223372036854775807", "-9223372036854775808", "9999-12-31T23:59:59.999-23:59", "0000-01-01"] {
            let example = ConditionCase("DateGreaterThan", ["2025-01-01"], .single(date), true)
            #expect(try example.outcome(effect: "Allow") == (date.hasPrefix("9999") ? .allow : .none))
        }
    }

    @Test("Every beginning of a policy is refused or evaluated")
    func truncations() throws {
        let text = Array(
            #"""
            {"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","NotPrincipal":{"AWS":["111122223333"]},"NotAction":"s3:Get*",
            "NotResource":"arn:aws:s3:::a/${aws:PrincipalTag/x, 'y'}/*","Condition":{"ForAnyValue:StringNotLikeIfExists":
            {"aws:referer":["é*",1,true]},"Null":{"aws:TagKeys":false}}}]}
            """#.utf8)
        for length in text.indices {
            #expect(throws: PolicyError.self) { try Policy(JSONDocument(Array(text[..<length])), kind: .bucket) }
            let broken = Array(text[..<length]) + [0xFF] + Array(text[(length + 1)...])
            guard let policy = try? Policy(JSONDocument(broken), kind: .bucket) else { continue }
            #expect(PolicyEvaluator(policy).evaluate(request()).statements.count == policy.statements.count)
        }
    }

    @Test("Requests that are no requests match what their texts match")
    func oddRequests() throws {
        let policy = try bucketPolicy(
            #"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}}"#)
        for action in ["", ":", "s3", "*", "\0", "s3s3:GetObject", "ſ3:GetObject"] {
            #expect(PolicyEvaluator(policy).evaluate(request(action: action)).outcome == .none, "\(action)")
        }
        for resource in ["", "arn", "arn:aws:s3::", "*", "\0", "ARN:aws:s3:::a"] {
            #expect(PolicyEvaluator(policy).evaluate(request(on: resource)).outcome == .none, "\(resource)")
        }
    }
}
