import S3Policy
import Testing

@Suite("Identity policies, versions, resources")
struct PolicyKindTests {
    static func identityPolicy(_ statements: String) throws -> Policy {
        try Policy(JSONDocument(#"{"Version": "2012-10-17", "Statement": [\#(statements)]}"#), kind: .identity)
    }

    @Test(
        "A policy of the signer covers whoever has it",
        arguments: [
            ("s3:PutObject", "arn:aws:s3:::example-bucket/uploads/a", Evaluation.Outcome.allow),
            ("s3:PutObject", "arn:aws:s3:::example-bucket/uploads/private/a", .deny),
            ("s3:DeleteObject", "arn:aws:s3:::example-bucket/uploads/a", .none),
            ("s3:ListBucket", "arn:aws:s3:::example-bucket", .allow),
            ("s3:ListBucket", "arn:aws:s3:us-east-1:1:example-bucket", .allow),
            ("s3:ListBucket", "arn:aws:s3express:us-east-1:1:example-bucket", .none),
            ("s3:ListBucket", "arn:aws-cn:s3:::example-bucket", .none),
        ])
    func identity(action: String, resource: String, outcome: Evaluation.Outcome) throws {
        let policy = try Self.identityPolicy(
            #"""
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::example-bucket/uploads/*"},
            {"Effect": "Allow", "Action": "s3:List*", "Resource": "arn:aws:s3"},
            {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::*/private/*"}
            """#)
        let caller = Caller.identity(try #require(ARN(DecisionTests.user)))
        let evaluation = PolicyEvaluator(policy).evaluate(request(by: caller, action: action, on: resource))
        #expect(evaluation.outcome == outcome)
        #expect(evaluation.statements.allSatisfy { $0.principal == .direct })
    }

    @Test("Incomplete ARNs are completed in identity policies only")
    func incomplete() throws {
        let policy = try bucketPolicy(
            #"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": ["arn:aws:s3", "arn:aws:s3:*", "arn"]}}"#)
        #expect(PolicyEvaluator(policy).evaluate(request()).outcome == .none)
    }

    @Test("A policy without a version, or of 2008, takes variables for text", arguments: [#""Version": "2008-10-17", "#, ""])
    func versions(version: String) throws {
        let policy = try bucketPolicy(
            #"""
            {\#(version)"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*",
              "Resource": "arn:aws:s3:::example-bucket/${aws:PrincipalTag/team}/${*}"}}
            """#)
        let values = try context(["aws:PrincipalTag/team": .single("red")])
        let evaluator = PolicyEvaluator(policy)
        let expanded = evaluator.evaluate(request(values, on: "arn:aws:s3:::example-bucket/red/a"))
        #expect(expanded.outcome == .none)
        #expect(expanded.missingKeys.isEmpty)
        let literal = "arn:aws:s3:::example-bucket/${aws:PrincipalTag/team}/${a}"
        #expect(evaluator.evaluate(request(values, on: literal)).outcome == .allow)
    }

    @Test(
        "A variable in a resource is replaced behind the fifth colon, and never brings wildcards",
        arguments: [
            ("example-bucket/${aws:PrincipalTag/team}/*", "red", "example-bucket/red/a/b", true),
            ("example-bucket/${aws:PrincipalTag/team}/*", "red", "example-bucket/blue/a", false),
            ("example-bucket/${aws:PrincipalTag/team}/*", nil, "example-bucket//a", false),
            ("example-bucket/${aws:PrincipalTag/team}/*", "*", "example-bucket/red/a", false),
            ("example-bucket/${aws:PrincipalTag/team}/*", "*", "example-bucket/*/a", true),
            ("example-bucket/${aws:PrincipalTag/team}", "?", "example-bucket/x", false),
            ("example-bucket/${aws:PrincipalTag/team}", "${aws:username}", "example-bucket/${aws:username}", true),
            ("example-bucket/${aws:PrincipalTag/team, 'shared'}/*", nil, "example-bucket/shared/a", true),
            ("example-bucket/${aws:PrincipalTag/team, 'shared'}/*", "", "example-bucket/shared/a", false),
            ("example-bucket/${aws:PrincipalTag/team, 'a,}b'}", nil, "example-bucket/a,}b", true),
            ("example-bucket/${aws:PrincipalTag/team, '*'}", nil, "example-bucket/x", false),
            ("example-bucket/${$}{aws:username}", nil, "example-bucket/${aws:username}", true),
            ("example-bucket/${?}", nil, "example-bucket/x", false),
            ("example-bucket/${?}", nil, "example-bucket/?", true),
            ("example-bucket/${*}", nil, "example-bucket/*", true),
            ("${aws:PrincipalTag/team}/a", "b:c", "b:c/a", true),
        ] as [(String, String?, String, Bool)])
    func resourceVariables(pattern: String, team: String?, resource: String, matches: Bool) throws {
        let policy = try bucketPolicy(
            #"""
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*",
              "Resource": "arn:aws:s3:::\#(pattern)"}}
            """#)
        var values = RequestContext()
        if let team { values[try #require(ConditionKey("aws:PrincipalTag/team"))] = .single(team) }
        let evaluation = PolicyEvaluator(policy).evaluate(request(values, on: "arn:aws:s3:::\(resource)"))
        #expect((evaluation.outcome == .allow) == matches)
    }

    @Test(
        "A variable before the fifth colon makes a resource match nothing",
        arguments: ["${aws:PrincipalTag/team}", "arn:${aws:PrincipalTag/team}:s3:::example-bucket/key", "arn:aws:s3:${a:b, ''}::*"])
    func earlyVariables(resource: String) throws {
        let text = #"""
            {"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "\#(resource)"}]}
            """#
        for team in ["aws", "arn:aws:s3:::example-bucket/key"] {
            let values = try context(["aws:PrincipalTag/team": .single(team)])
            #expect(PolicyEvaluator(try bucketPolicy(text)).evaluate(request(values)).outcome == .none)
        }
    }

    @Test("NotResource with a variable that the request does not tell is about everything else")
    func notResource() throws {
        let policy = try bucketPolicy(
            #"""
            {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*",
              "NotResource": ["arn:aws:s3:::example-bucket/${aws:PrincipalTag/team}/*", "arn:aws:s3:::example-bucket/shared/*"]}}
            """#)
        #expect(PolicyEvaluator(policy).evaluate(request()).outcome == .deny)
        #expect(PolicyEvaluator(policy).evaluate(request(on: "arn:aws:s3:::example-bucket/shared/a")).outcome == .none)
    }

    @Test("The answer tells which part of each statement did not match, and what a condition compared")
    func trace() throws {
        let policy = try bucketPolicy(
            #"""
            {"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "*", "Resource": "*"},
              {"Effect": "Allow", "Principal": "*", "Action": "s3:Put*", "Resource": "*"},
              {"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "arn:aws:s3:::example-bucket/other"},
              {"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*",
               "Condition": {"StringNotLike": {"aws:referer": ["https://a/*", "https://${aws:userid}/*", "${aws:SourceVpce}"]}}},
              {"Sid": "Last", "Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "*"}]}
            """#)
        let values = try context(["aws:referer": .single("https://anonymous/x")])
        let evaluation = PolicyEvaluator(policy).evaluate(request(values))
        #expect(evaluation.statements.map(\.failedPart) == [.principal, .action, .resource, .condition, nil])
        #expect(evaluation.decidingStatements.map(\.sid) == ["Last"])
        let condition = try #require(evaluation.statements[3].conditions.first)
        #expect(condition.requestValue == .single("https://anonymous/x"))
        #expect(condition.policyValues == ["https://a/*", "https://anonymous/*", nil])
        #expect(condition.matches == [false, true, false])
        #expect(condition.reason == .compared && condition.result == .fails)
        #expect(evaluation.missingKeys.map(\.text) == ["aws:SourceVpce"])
    }

    @Test(
        "A condition tells why it holds or not",
        arguments: [
            (ConditionCase("StringEquals", ["a"], nil, false), ConditionEvaluation.Reason.missing),
            (ConditionCase("StringNotEquals", ["a"], ["b"], false), .multivalued),
            (ConditionCase("NotIpAddress", ["192.0.2.0/24"], "x", false), .malformedRequestValue),
            (ConditionCase("ArnNotLike", ["x"], "arn:aws:s3:::b", false), .malformedPolicyValue),
            (ConditionCase("StringNotEquals", [], "a", false), .noValues), (ConditionCase("Null", ["true"], "a", false), .presence),
            (ConditionCase("NumericNotEquals", ["1"], "x", true), .compared),
        ])
    func reasons(example: ConditionCase, reason: ConditionEvaluation.Reason) throws {
        let evaluation = try example.evaluation(effect: "Allow")
        #expect(evaluation.statements[0].conditions.map(\.reason) == [reason])
    }
}
