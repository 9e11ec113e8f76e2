import S3Policy
import Testing

@Suite("Decisions")
struct DecisionTests {
    static let user = "arn:aws:iam::111122223333:user/ann"
    static let role = "arn:aws:iam::111122223333:role/service/uploader"
    static let session = "arn:aws:sts::111122223333:assumed-role/uploader/i-1"
    static let root = "arn:aws:iam::111122223333:root"

    static func decision(_ statements: String, _ request: AccessRequest, bucketAccount: String? = nil) throws -> Decision {
        let policy = try bucketPolicy("{\"Version\": \"2012-10-17\", \"Statement\": [\(statements)]}")
        return PolicyEvaluator(policy).evaluate(request).decision(for: request.caller, bucketAccount: bucketAccount)
    }

    static func statement(_ effect: String = "Allow", principal: String = "\"Principal\": \"*\"", rest: String = "") -> String {
        "{\"Effect\": \"\(effect)\", \(principal), \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::example-bucket/*\"\(rest)}"
    }

    static func aws(_ values: String) -> String { "\"Principal\": {\"AWS\": \(values)}" }
    static func notAWS(_ values: String) -> String { "\"NotPrincipal\": {\"AWS\": \(values)}" }

    @Test("Anonymous requests are allowed only by everybody's statements")
    func anonymous() throws {
        #expect(try Self.decision(Self.statement(), request()) == .allowed)
        #expect(try Self.decision(Self.statement(principal: Self.aws("\"*\"")), request()) == .allowed)
        #expect(try Self.decision(Self.statement(principal: Self.aws("\"111122223333\"")), request()) == .implicitDeny)
        #expect(try Self.decision(Self.statement() + "," + Self.statement("Deny"), request()) == .explicitDeny)
        #expect(try Self.decision(Self.statement(), request(action: "s3:PutObject")) == .implicitDeny)
    }

    @Test(
        "In one account a caller's own ARN is enough, the account's is not",
        arguments: [
            ("\"\(user)\"", user, Decision.allowed), ("\"\(root)\"", user, .needsIdentityPolicy),
            ("\"111122223333\"", user, .needsIdentityPolicy),
            ("\"111122223333\"", root, .allowed), ("\"\(role)\"", session, .allowed), ("\"\(session)\"", session, .allowed),
            ("\"\(session)\"", "arn:aws:sts::111122223333:assumed-role/uploader/i-2", .needsIdentityPolicy),
            ("\"arn:aws:iam::111122223333:user/Ann\"", user, .needsIdentityPolicy), ("\"444455556666\"", user, .needsIdentityPolicy),
        ])
    func sameAccount(principal: String, caller: String, decision: Decision) throws {
        let request = request(by: try identity(caller))
        #expect(try Self.decision(Self.statement(principal: Self.aws(principal)), request) == decision)
        #expect(try Self.decision(Self.statement(principal: Self.aws(principal)), request, bucketAccount: "111122223333") == decision)
    }

    @Test("Across accounts both policies are needed")
    func crossAccount() throws {
        let request = request(by: try identity(Self.user))
        #expect(try Self.decision(Self.statement(), request, bucketAccount: "999999999999") == .needsIdentityPolicy)
        #expect(
            try Self.decision(Self.statement(principal: Self.aws("\"444455556666\"")), request, bucketAccount: "999999999999")
                == .implicitDeny)
        #expect(try Self.decision(Self.statement("Deny"), request, bucketAccount: "999999999999") == .explicitDeny)
        // The root user has no policies of its own that could add anything, or be missing.
        let root = S3PolicyTests.request(by: try identity(Self.root))
        #expect(try Self.decision(Self.statement(), root, bucketAccount: "999999999999") == .allowed)
        #expect(
            try Self.decision(Self.statement(principal: Self.aws("\"444455556666\"")), root, bucketAccount: "999999999999")
                == .implicitDeny)
    }

    @Test(
        "NotPrincipal spares only callers whose account stands there too",
        arguments: [
            ("[\"\(user)\"]", user, Decision.explicitDeny), ("[\"\(user)\", \"\(root)\"]", user, .needsIdentityPolicy),
            ("[\"\(session)\", \"\(role)\", \"\(root)\"]", session, .needsIdentityPolicy),
            ("[\"\(role)\", \"\(root)\"]", session, .explicitDeny),
            ("[\"\(root)\"]", root, .allowed), ("[\"\(root)\"]", user, .explicitDeny),
        ])
    func notPrincipal(list: String, caller: String, decision: Decision) throws {
        let request = request(by: try identity(caller))
        #expect(try Self.decision(Self.statement("Deny", principal: Self.notAWS(list)), request) == decision)
    }

    @Test(
        "Actions are compared without case, resources with",
        arguments: [
            ("s3:getobject", "arn:aws:s3:::example-bucket/*", true), ("S3:Get*", "arn:aws:s3:::example-bucket/*", true),
            ("s3:GetObjec?", "arn:aws:s3:::example-bucket/k?y", true), ("*", "*", true), ("s3:Put*", "*", false),
            ("s3:*", "arn:aws:s3:::example-bucket/KEY", false), ("s3:*", "arn:aws:s3:::example-bucket", false),
            ("s3:*", "arn:aws:s3:::*", true), ("s3:*", "arn:*", false), ("s3:*", "arn:aws:*:::example-bucket/key", true),
            ("s3:*", "arn:aws:s3:*:*:example-bucket/key", true),
        ])
    func patterns(action: String, resource: String, allows: Bool) throws {
        let policy = try bucketPolicy(
            "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"\(action)\", \"Resource\": \"\(resource)\"}}")
        #expect((PolicyEvaluator(policy).evaluate(request()).outcome == .allow) == allows)
    }

    @Test("An action is split at its first colon")
    func actionColons() throws {
        func allows(_ pattern: String, _ action: String) throws -> Bool {
            let policy = try bucketPolicy(
                "{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"\(pattern)\", \"Resource\": \"*\"}}")
            return PolicyEvaluator(policy).evaluate(request(action: action)).outcome == .allow
        }
        #expect(try allows("s3:*", "s3:Get:Object"))
        #expect(try !allows("*:Object", "s3:Get:Object"))
        #expect(try !allows("s3:*", "s3"))
        #expect(try allows("*", "s3"))
        #expect(try allows("s3:*", "s3:"))
    }

    @Test("NotAction and NotResource are all but what they list")
    func complements() throws {
        let policy = try bucketPolicy(
            """
            {"Statement": {"Effect": "Allow", "Principal": "*", "NotAction": ["s3:Put*", "s3:Delete*"],
              "NotResource": "arn:aws:s3:::example-bucket/private/*"}}
            """)
        let evaluator = PolicyEvaluator(policy)
        #expect(evaluator.evaluate(request()).outcome == .allow)
        #expect(evaluator.evaluate(request(action: "s3:PutObject")).outcome == .none)
        #expect(evaluator.evaluate(request(on: "arn:aws:s3:::example-bucket/private/a")).outcome == .none)
    }

    @Test("A variable in a resource is the caller's own value; without one the resource matches nothing")
    func resourceVariables() throws {
        let policy = try bucketPolicy(
            """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
              "Resource": "arn:aws:s3:::example-bucket/${aws:username}/*"}}
            """)
        let evaluator = PolicyEvaluator(policy)
        let own = request(by: try identity(Self.user), on: "arn:aws:s3:::example-bucket/ann/a")
        #expect(evaluator.evaluate(own).outcome == .allow)
        #expect(evaluator.evaluate(request(on: "arn:aws:s3:::example-bucket//a")).outcome == .none)
    }

    @Test(
        "A key is missed where it could still decide, unless such callers never have it",
        arguments: [
            (session, "arn:aws:s3:::example-bucket/ann/a", ["aws:PrincipalTag/team", "aws:referer", "aws:SourceVpce"]),
            (session, "arn:aws:s3:::example-bucket/shared", ["aws:PrincipalTag/team", "aws:referer", "aws:SourceVpce"]),
            (session, "arn:aws:s3:::other/shared", ["aws:PrincipalTag/team"]),
        ])
    func missingKeys(caller: String, resource: String, keys: [String]) throws {
        let policy = try bucketPolicy(
            """
            {"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": [
                "arn:aws:s3:::example-bucket/${aws:PrincipalTag/team}/*", "arn:aws:s3:::example-bucket/${aws:username, 'shared'}",
                "arn:aws:s3:::example-bucket/ann/*"],
               "Condition": {"StringLike": {"aws:Referer": ["${aws:PrincipalTag/team}", "${aws:username}", "${aws:SourceVpce}"]},
                "Bool": {"aws:PrincipalIsAWSService": "${aws:SourceVpc}"}}},
              {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*",
               "Condition": {"StringLike": {"aws:SourceIp": "*"}}},
              {"Effect": "Deny", "Principal": {"AWS": "444455556666"}, "Action": "*", "Resource": "*",
               "Condition": {"StringLike": {"aws:SourceIp": "*"}}}]}
            """)
        let names = PolicyEvaluator(policy).evaluate(request(by: try identity(caller), on: resource)).missingKeys.map(\.text)
        #expect(names.map { $0.lowercased() } == keys.map { $0.lowercased() })
        let anonymous = PolicyEvaluator(policy).evaluate(request(on: "arn:aws:s3:::example-bucket/ann/a"))
        #expect(anonymous.missingKeys.map(\.text) == ["aws:Referer", "aws:SourceVpce"])
    }

    @Test("The answer names the statements that decided and the keys that the request does not tell")
    func trace() throws {
        let condition = ", \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}"
        let policy = try bucketPolicy("{\"Statement\": [\(Self.statement()), \(Self.statement("Deny", rest: condition))]}")
        let evaluator = PolicyEvaluator(policy)
        let open = evaluator.evaluate(request())
        #expect(open.decidingStatements.map(\.index) == [0])
        #expect(open.missingKeys.map(\.text) == ["aws:SecureTransport"])
        let plain = evaluator.evaluate(request(try context(["aws:SecureTransport": .single("false")])))
        #expect(plain.decidingStatements.map(\.index) == [1])
        let compared = try #require(plain.decidingStatements.first?.conditions.first)
        #expect(compared.policyValues == ["false"] && compared.requestValue == .single("false") && compared.result == .holds)
    }

    @Test(
        "The caller tells its own keys",
        arguments: [
            ("aws:PrincipalArn", session, "arn:aws:iam::111122223333:role/uploader"), ("aws:PrincipalAccount", user, "111122223333"),
            ("aws:PrincipalType", root, "Account"), ("aws:PrincipalType", user, "User"), ("aws:PrincipalType", session, "AssumedRole"),
            ("aws:username", user, "ann"), ("aws:PrincipalIsAWSService", user, "false"),
        ])
    func callerKeys(key: String, caller: String, value: String) throws {
        let evaluator = PolicyEvaluator(try policy(when: "StringEquals", key, "\"\(value)\""))
        #expect(evaluator.evaluate(request(by: try identity(caller))).outcome == .allow)
    }

    @Test("Anonymous callers have an account of that name and no ARN")
    func anonymousKeys() throws {
        let account = PolicyEvaluator(try policy(when: "StringEquals", "aws:PrincipalAccount", "\"anonymous\""))
        #expect(account.evaluate(request()).outcome == .allow)
        let arn = PolicyEvaluator(try policy(when: "Null", "aws:PrincipalArn", "\"true\""))
        #expect(arn.evaluate(request()).outcome == .allow)
    }

    @Test("Many stars and long values take no longer than their product", arguments: [1, 50])
    func hostilePatterns(stars: Int) throws {
        let pattern = String(repeating: "*a", count: stars * 20) + "b"
        let evaluator = PolicyEvaluator(try policy(when: "StringLike", "aws:referer", "\"\(pattern)\""))
        let value = String(repeating: "a", count: 100_000)
        #expect(evaluator.evaluate(request(try context(["aws:referer": .single(value)]))).outcome == .none)
    }
}
