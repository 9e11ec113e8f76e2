import Testing

@testable import S3Policy

/// A bucket policy of some statements.
func statements(_ statements: String...) throws -> Policy {
    try bucketPolicy("{\"Version\": \"2012-10-17\", \"Statement\": [\(statements.joined(separator: ", "))]}")
}

/// A statement for reading objects, unless said otherwise.
func statement(
    _ effect: String = "Allow", principal: String = "\"*\"", action: String = "\"s3:GetObject\"",
    resource: String = "\"arn:aws:s3:::example-bucket/*\"", when condition: String? = nil, extra: String = ""
) -> String {
    let condition = condition.map { ", \"Condition\": {\($0)}" } ?? ""
    return """
        {"Effect": "\(effect)", "Principal": \(principal), "Action": \(action), "Resource": \(resource)\(condition)\(extra)}
        """
}

@Suite("Comparing policies")
struct ComparisonTests {
    static let questions = PolicyQuestions()

    static func compare(_ old: Policy, _ new: Policy) -> Verdict {
        Self.questions.allowsNothingNew(new, comparedWith: old)
    }

    static func compare(when old: String?, _ new: String?) throws -> Verdict {
        Self.compare(try statements(statement(when: old)), try statements(statement(when: new)))
    }

    @Test("A policy allows nothing that it does not allow")
    func sameAsItself() throws {
        let policy = try statements(statement(), statement("Deny", resource: "\"arn:aws:s3:::example-bucket/private/*\""))
        #expect(Self.compare(policy, policy) == .yes)
        #expect(Self.questions.areEqual(policy, policy) == .yes)
    }

    @Test(
        "A wider pattern allows more, a narrower one does not",
        arguments: [
            ("\"arn:aws:s3:::b/*\"", "\"arn:aws:s3:::b/x/*\""), ("\"arn:aws:s3:::b/*\"", "[\"arn:aws:s3:::b/x\", \"arn:aws:s3:::b/y?z\"]"),
            ("\"*\"", "\"arn:aws:s3:::b/x\""), ("[\"arn:aws:s3:::c/*\", \"arn:aws:s3:::b/*\"]", "\"arn:aws:s3:::b/*\""),
            ("\"arn:aws:s3:::b/*.jpg\"", "\"arn:aws:s3:::b/x/*.jpg\""), ("\"arn:aws:s3:::b/?*\"", "\"arn:aws:s3:::b/??*\""),
        ])
    func resources(wide: String, narrow: String) throws {
        let wide = try statements(statement(resource: wide))
        let narrow = try statements(statement(resource: narrow))
        #expect(Self.compare(wide, narrow) == .yes)
        let request = try #require(Self.compare(narrow, wide).counterexample)
        #expect(PolicyEvaluator(wide).evaluate(request).outcome == .allow)
        #expect(PolicyEvaluator(narrow).evaluate(request).outcome == .none)
    }

    @Test("What depends on variables is the same in another order, and with other letters in their names")
    func reorderedVariables() throws {
        func policy(_ resources: String...) throws -> Policy {
            let resources = resources.map { "\"arn:aws:s3:::b/\($0)\"" }.joined(separator: ", ")
            return try statements(statement(resource: "[\(resources)]"))
        }
        let first = try policy("h/${aws:username}/*", "g/${aws:userid}/*")
        #expect(Self.questions.areEqual(first, try policy("g/${aws:userid}/*", "h/${AWS:UserName}/*", "g/${aws:userid}/*")) == .yes)
        #expect(Self.questions.areEqual(first, try policy("g/${aws:userid}/*", "h/${aws:username, 'x'}/*")) != .yes)
    }

    @Test("An action goes with resources of its own types only")
    func targets() throws {
        func policy(_ action: String, _ resources: String) throws -> Policy {
            try statements(statement(action: action, resource: resources))
        }
        let (bucket, objects) = ("\"arn:aws:s3:::b\"", "\"arn:aws:s3:::b/*\"")
        let both = "[\(bucket), \(objects)]"
        #expect(Self.questions.areEqual(try policy("\"s3:GetObject\"", objects), try policy("\"s3:GetObject\"", both)) == .yes)
        #expect(Self.questions.areEqual(try policy("\"s3:ListBucket\"", bucket), try policy("\"s3:ListBucket\"", both)) == .yes)
        let reading = "[\"s3:GetObject\", \"s3:ListBucket\"]"
        let request = try #require(Self.compare(try policy(reading, objects), try policy(reading, both)).counterexample)
        #expect(request.action == "s3:ListBucket" && request.resource == "arn:aws:s3:::b")
        // S3 may get a new action.
        #expect(Self.compare(try policy("\"s3:*Object*\"", objects), try policy("\"s3:*\"", both)).counterexample != nil)
        #expect(Self.compare(try policy("\"s3:NewAction\"", objects), try policy("\"s3:NewAction\"", both)).counterexample != nil)
    }

    @Test("A bucket policy is asked about actions of S3 only")
    func otherServices() throws {
        #expect(Self.questions.areEqual(try statements(statement(action: "\"s3:*\"")), try statements(statement(action: "\"*\""))) == .yes)
        func identityPolicy(_ action: String) throws -> Policy {
            let text =
                "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"\(action)\", \"Resource\": \"*\"}]}"
            return try Policy(JSONDocument(text), kind: .identity)
        }
        let request = try #require(Self.compare(try identityPolicy("s3:*"), try identityPolicy("*")).counterexample)
        #expect(!request.action.hasPrefix("s3:"))
    }

    @Test("Denying plain HTTP besides asking for TLS takes nothing away")
    func alwaysTold() throws {
        let tls = statement(when: "\"Bool\": {\"aws:SecureTransport\": \"true\"}")
        let noPlain = statement("Deny", when: "\"Bool\": {\"aws:SecureTransport\": \"false\"}")
        #expect(Self.questions.areEqual(try statements(tls), try statements(tls, noPlain)) == .yes)
    }

    @Test("Who is shown as a service has a service's name")
    func serviceNames() throws {
        let services = try statements(statement(when: "\"Bool\": {\"aws:PrincipalIsAWSService\": \"true\"}"))
        let nobody = try statements(statement("Deny"))
        let request = try #require(Self.compare(nobody, services).counterexample)
        #expect(request.caller == .service("cloudfront.amazonaws.com"))
    }

    @Test(
        "A principal among those of another",
        arguments: [
            ("\"*\"", "{\"AWS\": \"*\"}"), ("{\"AWS\": \"*\"}", "\"*\""), ("\"*\"", "{\"Service\": \"cloudfront.amazonaws.com\"}"),
            ("{\"AWS\": \"111122223333\"}", "{\"AWS\": \"arn:aws:iam::111122223333:root\"}"),
            ("{\"AWS\": \"111122223333\"}", "{\"AWS\": \"arn:aws:iam::111122223333:user/team/ann\"}"),
            ("{\"AWS\": \"111122223333\"}", "{\"AWS\": \"arn:aws:sts::111122223333:federated-user/ann\"}"),
            ("{\"AWS\": \"arn:aws:iam::111122223333:role/path/up\"}", "{\"AWS\": \"arn:aws:sts::111122223333:assumed-role/up/i-1\"}"),
            ("{\"AWS\": [\"111122223333\", \"444455556666\"]}", "{\"AWS\": \"444455556666\"}"),
            ("{\"Service\": [\"a.amazonaws.com\", \"b.amazonaws.com\"]}", "{\"Service\": \"b.amazonaws.com\"}"),
            ("{\"AWS\": \"111122223333\"}", "{\"AWS\": \"AIDAEXAMPLEEXAMPLE12\"}"),
        ])
    func principals(wide: String, narrow: String) throws {
        let wide = try statements(statement(principal: wide))
        let narrow = try statements(statement(principal: narrow))
        #expect(Self.compare(wide, narrow) == .yes)
    }

    @Test("A principal is the same as everybody with its ARN or account")
    func principalKeys() throws {
        let everybody = { (condition: String) in try statements(statement(when: condition)) }
        let account = try statements(statement(principal: "{\"AWS\": \"111122223333\"}"))
        #expect(Self.questions.areEqual(account, try everybody("\"StringEquals\": {\"aws:PrincipalAccount\": \"111122223333\"}")) == .yes)
        #expect(Self.questions.areEqual(account, try everybody("\"ArnLike\": {\"aws:PrincipalArn\": \"arn:*:*::111122223333:*\"}")) == .yes)
        let user = try statements(statement(principal: "{\"AWS\": \"arn:aws:iam::111122223333:user/team/ann\"}"))
        #expect(
            Self.questions.areEqual(
                user, try everybody("\"ArnEquals\": {\"aws:PrincipalArn\": \"arn:aws:iam::111122223333:user/team/ann\"}"))
                == .yes)
        // A user has a name, and so have users elsewhere.
        let named = try everybody("\"StringEquals\": {\"aws:username\": \"ann\"}")
        #expect(Self.compare(named, user) == .yes)
        #expect(Self.compare(user, named).counterexample != nil)
        // Who is nobody's service has an account or none.
        let service = try statements(statement(principal: "{\"Service\": \"s3.amazonaws.com\"}"))
        let byName = try everybody("\"StringEquals\": {\"aws:PrincipalServiceName\": \"s3.amazonaws.com\"}")
        #expect(Self.questions.areEqual(service, byName) == .yes)
    }

    @Test(
        "One condition within another",
        arguments: [
            ("\"StringLike\": {\"s3:prefix\": \"a*\"}", "\"StringEquals\": {\"s3:prefix\": [\"a\", \"ab\"]}"),
            ("\"StringEqualsIgnoreCase\": {\"s3:prefix\": \"a\"}", "\"StringEquals\": {\"s3:prefix\": \"A\"}"),
            ("\"StringNotEquals\": {\"s3:prefix\": \"a\"}", "\"StringNotEquals\": {\"s3:prefix\": [\"a\", \"b\"]}"),
            ("\"StringNotEquals\": {\"s3:prefix\": \"a\"}", "\"StringNotLike\": {\"s3:prefix\": \"a*\"}"),
            ("\"StringEqualsIfExists\": {\"s3:prefix\": \"a\"}", "\"StringEquals\": {\"s3:prefix\": \"a\"}"),
            ("\"StringEqualsIfExists\": {\"s3:prefix\": \"a\"}", "\"Null\": {\"s3:prefix\": \"true\"}"),
            (
                "\"IpAddress\": {\"aws:SourceIp\": \"10.0.0.0/8\"}",
                "\"IpAddress\": {\"aws:SourceIp\": [\"10.1.0.0/16\", \"10.255.255.255\"]}"
            ),
            ("\"NotIpAddress\": {\"aws:SourceIp\": \"10.1.0.0/16\"}", "\"NotIpAddress\": {\"aws:SourceIp\": \"10.0.0.0/8\"}"),
            ("\"NumericLessThan\": {\"s3:max-keys\": \"10\"}", "\"NumericLessThanEquals\": {\"s3:max-keys\": \"9.999\"}"),
            ("\"NumericNotEquals\": {\"s3:max-keys\": \"10.0\"}", "\"NumericGreaterThan\": {\"s3:max-keys\": \"1e1\"}"),
            ("\"BoolIfExists\": {\"aws:ViaAWSService\": \"true\"}", "\"Bool\": {\"aws:ViaAWSService\": \"TRUE\"}"),
            (
                "\"ArnLike\": {\"aws:SourceArn\": \"arn:aws:sns:*:111122223333:*\"}",
                "\"ArnEquals\": {\"aws:SourceArn\": \"arn:aws:sns:eu-west-1:111122223333:t:x\"}"
            ),
            ("\"StringLike\": {\"aws:SourceArn\": \"arn:aws:sns:*:t\"}", "\"ArnLike\": {\"aws:SourceArn\": \"arn:aws:sns:*:*:t\"}"),
            (
                "\"ForAnyValue:StringEquals\": {\"aws:TagKeys\": [\"a\", \"b\"]}",
                "\"ForAnyValue:StringEquals\": {\"aws:TagKeys\": \"a\"}, \"ForAllValues:StringEquals\": {\"aws:TagKeys\": [\"a\", \"c\"]}"
            ),
            ("\"ForAllValues:StringLike\": {\"aws:TagKeys\": \"a*\"}", "\"ForAllValues:StringEquals\": {\"aws:TagKeys\": [\"a\", \"ab\"]}"),
            ("\"ForAllValues:StringEquals\": {\"aws:TagKeys\": \"a\"}", "\"Null\": {\"aws:TagKeys\": \"true\"}"),
            (
                "\"StringEquals\": {\"s3:prefix\": \"${aws:username}\"}",
                "\"StringEquals\": {\"s3:prefix\": \"${aws:username}\", \"s3:delimiter\": \"/\"}"
            ),
        ])
    func conditions(wide: String, narrow: String) throws {
        #expect(try Self.compare(when: wide, narrow) == .yes)
        let back = try Self.compare(when: narrow, wide)
        #expect(back.counterexample != nil, "\(back)")
        #expect(try Self.compare(when: nil, wide) == .yes)
    }

    @Test(
        "Two ways to say the same",
        arguments: [
            ("\"Null\": {\"s3:prefix\": \"false\"}", "\"StringLike\": {\"s3:prefix\": \"*\"}"),
            ("\"Bool\": {\"aws:SecureTransport\": \"true\"}", "\"StringEquals\": {\"aws:SecureTransport\": \"true\"}"),
            ("\"BoolIfExists\": {\"aws:SecureTransport\": \"true\"}", "\"Bool\": {\"aws:SecureTransport\": \"true\"}"),
            (
                "\"DateLessThanIfExists\": {\"aws:CurrentTime\": \"2030-01-01T00:00:00Z\"}",
                "\"DateLessThan\": {\"aws:CurrentTime\": \"2030-01-01T00:00:00Z\"}"
            ),
            ("\"Bool\": {\"aws:SecureTransport\": \"no\"}", "\"Bool\": {\"aws:SecureTransport\": \"FALSE\"}"),
            (
                "\"DateGreaterThan\": {\"aws:CurrentTime\": \"2026-01-01T00:00:00Z\"}",
                "\"DateGreaterThanEquals\": {\"aws:CurrentTime\": \"1767225600.001\"}"
            ),
            ("\"IpAddress\": {\"aws:SourceIp\": [\"10.0.0.0/9\", \"10.128.0.0/9\"]}", "\"IpAddress\": {\"aws:SourceIp\": \"10.0.0.0/8\"}"),
            ("\"StringLike\": {\"s3:prefix\": [\"a*\", \"ab*\"]}", "\"StringLike\": {\"s3:prefix\": \"a**\"}"),
            ("\"NumericEquals\": {\"s3:max-keys\": \"10\"}", "\"NumericEquals\": {\"s3:max-keys\": [\"1e1\", \"none\"]}"),
            ("\"ForAllValues:StringLike\": {\"aws:TagKeys\": \"*\"}", "\"ForAllValues:Null\": {\"aws:TagKeys\": \"true\"}"),
        ])
    func equalConditions(first: String, second: String) throws {
        #expect(Self.questions.areEqual(try statements(statement(when: first)), try statements(statement(when: second))) == .yes)
    }

    @Test("Denying less allows more")
    func denies() throws {
        let all = statement("Deny", when: "\"Bool\": {\"aws:SecureTransport\": \"false\"}")
        let some = statement("Deny", resource: "\"arn:aws:s3:::example-bucket/a*\"", when: "\"Bool\": {\"aws:SecureTransport\": \"false\"}")
        let strict = try statements(statement(), all)
        let loose = try statements(statement(), some)
        #expect(Self.compare(loose, strict) == .yes)
        let request = try #require(Self.compare(strict, loose).counterexample)
        #expect(request.context[try #require(ConditionKey("aws:SecureTransport"))] == .single("false"))
        #expect(!request.resource.hasPrefix("arn:aws:s3:::example-bucket/a"))
    }

    @Test("What a Deny takes away may as well not be allowed")
    func denyAsComplement() throws {
        let denied = try statements(
            statement(resource: "\"arn:aws:s3:::example-bucket/*\""),
            statement("Deny", resource: "\"arn:aws:s3:::example-bucket/private/*\""))
        let text = """
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::example-bucket/*",
             "Condition": {"Null": {"aws:PrincipalOrgID": "true"}}}
            """
        #expect(
            Self.compare(denied, try statements(text)).counterexample?.resource.hasPrefix("arn:aws:s3:::example-bucket/private/") == true)
        let notPrincipal = """
            {"Effect": "Deny", "NotPrincipal": {"AWS": ["111122223333", "arn:aws:iam::111122223333:user/ann"]}, "Action": "*", "Resource": "*"}
            """
        let ann = try statements(
            statement(principal: "{\"AWS\": [\"arn:aws:iam::111122223333:user/ann\", \"arn:aws:iam::111122223333:root\"]}"), notPrincipal)
        // Of the account only the root user and ann are spared.
        let named = try statements(
            statement(
                when: "\"ArnEquals\": {\"aws:PrincipalArn\": [\"arn:aws:iam::111122223333:user/ann\", \"arn:*:iam::111122223333:root\"]}"))
        #expect(Self.questions.areEqual(ann, named) == .yes)
    }

    @Test("Policy variables: what is sure without knowing them, and what takes a value")
    func variables() throws {
        let own = try statements(statement(resource: "\"arn:aws:s3:::example-bucket/${aws:username}/*\""))
        let all = try statements(statement(resource: "\"arn:aws:s3:::example-bucket/*/*\""))
        #expect(Self.compare(own, own) == .yes)
        #expect(Self.compare(all, own) == .yes)
        let request = try #require(Self.compare(own, all).counterexample)
        #expect(PolicyEvaluator(own).evaluate(request).outcome == .none)
        let ann = try statements(statement(resource: "\"arn:aws:s3:::example-bucket/ann/*\""))
        let user = try #require(Self.compare(ann, own).counterexample)
        #expect(!user.resource.hasPrefix("arn:aws:s3:::example-bucket/ann/"))
        // Whose name is ann may read ann's folder; no set tells that.
        let byName = try statements(
            statement(
                resource: "\"arn:aws:s3:::example-bucket/ann/*\"", when: "\"StringEquals\": {\"aws:username\": \"ann\"}"))
        let verdict = Self.compare(own, byName)
        if case .unknown(let uncertainty) = verdict {
            #expect(uncertainty.reason == .policyVariable)
        } else {
            #expect(verdict == .yes)
        }
    }

    @Test("Two halves are a whole")
    func halves() throws {
        let whole = try statements(statement())
        let halves = try statements(
            statement(when: "\"IpAddress\": {\"aws:SourceIp\": [\"0.0.0.0/1\", \"::/0\"]}"),
            statement(when: "\"NotIpAddress\": {\"aws:SourceIp\": [\"0.0.0.0/1\", \"::/0\"]}"))
        #expect(Self.compare(halves, whole) == .yes)
        #expect(Self.compare(whole, halves) == .yes)
    }
}

@Suite("Access to actions and resources")
struct AccessQuestionTests {
    private static func verdict(_ policy: Policy, _ actions: [String], _ resources: [String]) throws -> Verdict {
        PolicyQuestions().allowsNone(
            policy, of: try actions.map { try #require(ActionPattern($0)) }, on: resources.map { PolicyText($0, version: .v2012) })
    }

    @Test("Nothing of it is granted, or a request shows what is")
    func access() throws {
        let policy = try statements(
            statement(action: "[\"s3:Get*\", \"s3:ListBucket\"]", resource: "[\"arn:aws:s3:::b\", \"arn:aws:s3:::b/public/*\"]"),
            statement("Deny", action: "\"s3:GetObjectAcl\"", resource: "\"*\""))
        #expect(try Self.verdict(policy, ["s3:Put*"], []) == .yes)
        #expect(try Self.verdict(policy, ["s3:GetObjectAcl"], []) == .yes)
        #expect(try Self.verdict(policy, [], ["arn:aws:s3:::b/private/*", "arn:aws:s3:::c*"]) == .yes)
        #expect(try Self.verdict(policy, ["S3:GETOBJECT"], ["arn:aws:s3:::b/p*"]).counterexample?.action == "s3:GetObject")
        #expect(try Self.verdict(policy, [], []).counterexample != nil)
        #expect(try Self.verdict(policy, ["s3:ListBucket"], []).counterexample?.resource == "arn:aws:s3:::b")
        #expect(try Self.verdict(policy, ["s3:GetObject*"], ["*"]).counterexample?.resource.hasPrefix("arn:aws:s3:::b/public/") == true)
    }

    @Test("Identity policies allow whoever has them")
    func identityPolicy() throws {
        let text = """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"}}
            """
        let policy = try Policy(JSONDocument(text), kind: .identity)
        #expect(try Self.verdict(policy, ["s3:GetObject"], []) == .yes)
        #expect(try Self.verdict(policy, [], []).counterexample?.action == "s3:PutObject")
    }
}

@Suite("What cannot be told")
struct UncertaintyTests {
    @Test(
        "It is unknown, with the reason and the statement, and never a yes",
        arguments: [
            (
                statement(
                    principal: "{\"CanonicalUser\": \"\(String(repeating: "0123456789abcdef", count: 4))\"}", action: "\"s3:PutObject\""),
                Uncertainty.Reason.canonicalUser
            ),
            (
                statement(
                    action: "\"s3:PutObject\"",
                    when: "\"StringEquals\": {\"s3:max-keys\": \"01\"}, \"NumericGreaterThan\": {\"s3:max-keys\": \"1\"}"),
                .mixedComparisons
            ),
            (
                statement(
                    action: "\"s3:PutObject\"",
                    when: "\"StringEqualsIgnoreCase\": {\"s3:prefix\": \"\u{E9}\"}, \"StringLike\": {\"s3:prefix\": \"??\"}"),
                .caseBeyondASCII
            ),
            (
                statement(
                    action: "\"s3:PutObject\"",
                    when: "\"NumericEquals\": {\"aws:PrincipalAccount\": \"1\"}"),
                .callerKey
            ),
            (
                statement(
                    action: "\"s3:PutObject\"",
                    when: "\"StringEquals\": {\"s3:prefix\": \"${aws:username}\"}, \"StringLike\": {\"s3:prefix\": \"* *\"}"),
                .policyVariable
            ),
        ])
    func unknown(text: String, reason: Uncertainty.Reason) throws {
        let old = try statements(statement())
        let new = try statements(statement(), text)
        guard case .unknown(let uncertainty) = PolicyQuestions().allowsNothingNew(new, comparedWith: old) else {
            Issue.record("It is told.")
            return
        }
        #expect(uncertainty.reason == reason)
        #expect(uncertainty.place?.policy == 1 && uncertainty.place?.statement == 1)
        #expect(PolicyQuestions().allowsNothingNew(new, comparedWith: new) == .yes)
    }

    @Test("A question that takes too much work is unknown")
    func tooComplex() throws {
        // Seven pigeons in six holes: no request is outside, but that takes long to see.
        let holes = 0..<6
        var texts = (0..<7).map { pigeon in
            let keys = holes.map { "\"aws:RequestTag/p\(pigeon)h\($0)\": \"x\"" }
            return statement(action: "\"*\"", resource: "\"*\"", when: "\"StringNotEquals\": {\(keys.joined(separator: ", "))}")
        }
        for hole in holes {
            for pigeon in 0..<7 {
                for other in 0..<pigeon {
                    let keys = [pigeon, other].map { "\"aws:RequestTag/p\($0)h\(hole)\": \"x\"" }
                    texts.append(statement(action: "\"*\"", resource: "\"*\"", when: "\"StringEquals\": {\(keys.joined(separator: ", "))}"))
                }
            }
        }
        let cover = try bucketPolicy("{\"Version\": \"2012-10-17\", \"Statement\": [\(texts.joined(separator: ", "))]}")
        let all = try statements(statement(action: "\"*\"", resource: "\"*\""))
        let verdict = PolicyQuestions(workLimit: 20_000).allowsNothingNew(all, comparedWith: cover)
        #expect(verdict == .unknown(Uncertainty(reason: .tooComplex, place: nil)))
    }
}
