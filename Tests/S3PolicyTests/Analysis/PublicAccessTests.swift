import S3Policy
import Testing

@Suite("Public access")
struct PublicAccessTests {
    static func access(_ texts: String...) throws -> PublicAccess {
        let policy = try bucketPolicy("{\"Version\": \"2012-10-17\", \"Statement\": [\(texts.joined(separator: ", "))]}")
        let access = PolicyQuestions().publicAccess(policy)
        if let request = access.keepsStrangersOut.counterexample {
            #expect(PolicyEvaluator(policy).evaluate(request).outcome == .allow)
        }
        return access
    }

    /// A condition of one key.
    static func when(_ operation: String, _ key: String, _ values: String) -> String {
        statement(when: "\"\(operation)\": {\"\(key)\": \(values)}")
    }

    @Test(
        "Fixed values of the rule's keys make a statement non-public",
        arguments: [
            ("StringEquals", "aws:SourceVpc", "\"vpc-91237329\""), ("StringLike", "aws:SourceVpc", "\"vpc-91237329\""),
            ("StringEqualsIgnoreCase", "aws:SourceVpce", "[\"vpce-1\", \"vpce-2\"]"),
            ("StringEquals", "aws:PrincipalOrgID", "\"o-1234567890\""),
            ("IpAddress", "aws:SourceIp", "\"203.0.113.0/24\""), ("IpAddress", "aws:SourceIp", "[\"11.0.0.0/8\", \"2001:db8::/32\"]"),
            ("ArnLike", "aws:SourceArn", "\"arn:aws:sns:eu-west-1:111122223333:topic\""),
            ("StringEquals", "aws:SourceAccount", "\"111122223333\""), ("StringEquals", "aws:SourceOwner", "\"111122223333\""),
            ("ArnEquals", "aws:PrincipalArn", "\"arn:aws:iam::111122223333:role/a\""),
            ("StringEquals", "aws:PrincipalAccount", "\"111122223333\""), ("StringEquals", "aws:userid", "\"AIDAEXAMPLE\""),
            ("StringEquals", "s3:DataAccessPointAccount", "\"111122223333\""),
            ("StringLike", "s3:DataAccessPointArn", "\"arn:aws:s3:us-west-2:123456789012:accesspoint/*\""),
            ("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "\"o-1/r-1/ou-1/\""),
        ])
    func fixed(operation: String, key: String, values: String) throws {
        let access = try Self.access(Self.when(operation, key, values))
        #expect(access.publicStatements.isEmpty)
        #expect(access.keepsStrangersOut == .yes)
    }

    @Test(
        "Wildcards, variables, wide networks and other keys leave a statement public",
        arguments: [
            ("StringLike", "aws:SourceVpc", "\"vpc-*\""), ("StringEquals", "aws:SourceVpc", "\"${aws:PrincipalTag/vpc}\""),
            ("IpAddress", "aws:SourceIp", "\"0.0.0.0/1\""), ("IpAddress", "aws:SourceIp", "[\"203.0.113.0/24\", \"8.0.0.0/7\"]"),
            ("IpAddress", "aws:SourceIp", "\"2000::/31\""), ("NotIpAddress", "aws:SourceIp", "\"203.0.113.0/24\""),
            ("StringNotEquals", "aws:SourceVpc", "\"vpc-1\""), ("StringEqualsIfExists", "aws:SourceVpc", "\"vpc-1\""),
            ("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "\"o-1/r-1/ou-1/\""), ("Bool", "aws:SecureTransport", "\"true\""),
            ("StringEquals", "aws:Referer", "\"https://example.com\""), ("StringEquals", "s3:x-amz-acl", "\"private\""),
            ("StringLike", "aws:UserAgent", "\"*\""), ("Null", "aws:SourceVpc", "\"true\""),
            ("ArnLike", "aws:PrincipalArn", "\"arn:aws:iam::*:role/uploader\""),
        ])
    func open(operation: String, key: String, values: String) throws {
        let access = try Self.access(Self.when(operation, key, values))
        #expect(access.publicStatements.map(\.index) == [0])
        #expect(access.publicStatements.first?.example != nil)
        #expect(access.keepsStrangersOut.counterexample != nil)
    }

    @Test(
        "By the rule no wildcard is fixed, though a stranger does not come by what it names",
        arguments: [
            ("StringLike", "aws:userid", "\"AROAEXAMPLE:*\""),
            ("ArnLike", "aws:SourceArn", "\"arn:aws:cloudfront::111122223333:distribution/*\""),
            ("ArnLike", "aws:PrincipalArn", "\"arn:aws:iam::111122223333:role/*\""),
            ("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "\"o-1/r-1/*\""),
        ])
    func owned(operation: String, key: String, values: String) throws {
        let access = try Self.access(Self.when(operation, key, values))
        #expect(access.publicStatements.map(\.index) == [0])
        #expect(access.publicStatements.first?.example != nil)
        #expect(access.keepsStrangersOut == .yes)
    }

    @Test(
        "Principals that are somebody are fixed",
        arguments: [
            "{\"AWS\": \"111122223333\"}", "{\"AWS\": [\"arn:aws:iam::111122223333:user/a\", \"arn:aws:iam::111122223333:role/b\"]}",
            "{\"Service\": \"cloudfront.amazonaws.com\"}", "{\"CanonicalUser\": \"\(String(repeating: "a1", count: 32))\"}",
        ])
    func principals(principal: String) throws {
        let access = try Self.access(statement(principal: principal))
        #expect(access.publicStatements.isEmpty)
        #expect(access.keepsStrangersOut == .yes)
    }

    @Test(
        "Everybody is public, whether written as star or as AWS star",
        arguments: ["\"*\"", "{\"AWS\": \"*\"}", "{\"AWS\": [\"111122223333\", \"*\"]}"])
    func everybody(principal: String) throws {
        let access = try Self.access(statement(principal: principal))
        #expect(access.publicStatements.map(\.index) == [0])
        let request = try #require(access.keepsStrangersOut.counterexample)
        #expect(request.caller == .anonymous)
        #expect(request.action == "s3:GetObject")
        #expect(request.resource.hasPrefix("arn:aws:s3:::example-bucket/"))
    }

    @Test("Networks that together are the internet are no place, whatever S3's rule says about each")
    func allNetworks() throws {
        let everywhere = (0..<256).map { "\"\($0).0.0.0/8\"" }.joined(separator: ", ")
        let access = try Self.access(Self.when("IpAddress", "aws:SourceIp", "[\(everywhere)]"))
        #expect(access.publicStatements.isEmpty)
        #expect(access.keepsStrangersOut.counterexample != nil)
        // The same network twice, and networks within it, are not more than that network.
        let nested = try Self.access(Self.when("IpAddress", "aws:SourceIp", "[\"11.0.0.0/8\", \"11.1.0.0/16\", \"11.0.0.0/8\"]"))
        #expect(nested.keepsStrangersOut == .yes)
        let wide = try Self.access(Self.when("IpAddress", "aws:SourceIp", "[\"2001:db8::/32\", \"ffff:ffff::/32\"]"))
        #expect(wide.keepsStrangersOut.counterexample != nil)
    }

    @Test("The rule does not look at what a Deny takes away; strangers do")
    func denied() throws {
        let access = try Self.access(statement(), statement("Deny", action: "\"s3:*\"", resource: "\"*\""))
        #expect(access.publicStatements.map(\.index) == [0])
        #expect(access.publicStatements.first?.example != nil)
        #expect(access.keepsStrangersOut == .yes)
    }

    @Test("A Deny outside of a network or organization keeps strangers out")
    func denyElsewhere() throws {
        for condition in [
            "\"StringNotEquals\": {\"aws:SourceVpce\": \"vpce-1\"}", "\"NotIpAddress\": {\"aws:SourceIp\": \"203.0.113.0/24\"}",
            "\"StringNotEquals\": {\"aws:PrincipalOrgID\": \"o-1\"}",
        ] {
            let access = try Self.access(statement(), statement("Deny", when: condition))
            #expect(access.publicStatements.map(\.index) == [0])
            #expect(access.keepsStrangersOut == .yes)
        }
    }

    @Test("Allowing all but somebody is public")
    func notPrincipal() throws {
        let text = """
            {"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "*"}
            """
        let access = try Self.access(text)
        #expect(access.publicStatements.map(\.index) == [0])
        #expect(access.keepsStrangersOut.counterexample != nil)
    }

    @Test("One's own folder is public to everybody who has a name")
    func ownFolder() throws {
        let access = try Self.access(statement(resource: "\"arn:aws:s3:::example-bucket/${aws:username}/*\""))
        let request = try #require(access.keepsStrangersOut.counterexample)
        #expect(request.caller != .anonymous)
    }

    @Test("A public statement that matches nothing has no example")
    func contradiction() throws {
        let access = try Self.access(statement(when: "\"Null\": {\"s3:prefix\": \"true\"}, \"StringEquals\": {\"s3:prefix\": \"a\"}"))
        #expect(access.publicStatements.map(\.index) == [0] && access.publicStatements.allSatisfy { $0.example == nil })
        #expect(access.keepsStrangersOut == .yes)
    }
}
