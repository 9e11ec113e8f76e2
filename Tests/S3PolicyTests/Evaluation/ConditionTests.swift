import S3Policy
import Testing

/// What AWS was seen to answer, and what its pages say.
@Suite("Conditions")
struct ConditionTests {
    /// Operator, key, values as JSON, the request's value (nil: missing), whether the condition holds.
    typealias Row = (String, String, String, RequestContext.Value?, Bool)

    static func holds(_ row: Row) throws -> Bool {
        var values = RequestContext()
        if let value = row.3 { values[try #require(ConditionKey(row.1))] = value }
        return PolicyEvaluator(try policy(when: row.0, row.1, row.2)).evaluate(request(values)).outcome == .allow
    }

    @Test(
        "Strings",
        arguments: [
            ("StringEquals", "aws:referer", "\"a\"", .single("a"), true),
            ("StringEquals", "aws:referer", "\"a\"", .single("A"), false),
            ("StringEquals", "aws:referer", "[\"b\", \"a\"]", .single("a"), true),
            ("StringNotEquals", "aws:referer", "[\"b\", \"a\"]", .single("a"), false),
            ("StringNotEquals", "aws:referer", "[\"b\", \"a\"]", .single("c"), true),
            ("StringEquals", "aws:referer", "\"a*\"", .single("a*"), true),
            ("StringEquals", "aws:referer", "\"a*\"", .single("ab"), false),
            ("StringEquals", "aws:referer", "\"\u{E9}\"", .single("e\u{301}"), false),
            ("StringLike", "aws:referer", "\"a*c?\"", .single("abbcd"), true),
            ("StringLike", "aws:referer", "\"a*c?\"", .single("abbc"), false),
            ("StringLike", "aws:referer", "\"a*\"", .single("A"), false),
            ("StringNotLike", "aws:referer", "\"a*\"", .single("b"), true),
            ("StringLike", "aws:referer", "\"?\"", .single("\u{10400}"), false),
            ("StringLike", "aws:referer", "\"??\"", .single("\u{10400}"), true),
            ("StringEqualsIgnoreCase", "aws:referer", "\"K\"", .single("\u{212A}"), true),
            ("StringEqualsIgnoreCase", "aws:referer", "\"\u{1E9E}\"", .single("\u{DF}"), true),
            ("StringEqualsIgnoreCase", "aws:referer", "\"s\"", .single("\u{17F}"), false),
            ("StringEqualsIgnoreCase", "aws:referer", "\"SS\"", .single("\u{DF}"), false),
            ("StringEqualsIgnoreCase", "aws:referer", "\"\u{3A3}\"", .single("\u{3C2}"), false),
            ("StringEqualsIgnoreCase", "aws:referer", "\"\u{39F}\u{3A3}\"", .single("\u{3BF}\u{3C2}"), true),
            ("StringEqualsIgnoreCase", "aws:referer", "\"\u{10400}\"", .single("\u{10428}"), false),
            ("StringNotEqualsIgnoreCase", "aws:referer", "\"A\"", .single("a"), false),
            ("StringEquals", "AWS:Referer", "\"a\"", .single("a"), true),
            ("StringEquals", "aws:PrincipalTag/team", "\"\"", .single(""), true),
        ] as [Row])
    func strings(row: Row) throws {
        #expect(try Self.holds(row) == row.4)
    }

    @Test(
        "Missing keys and keys with several values",
        arguments: [
            ("StringEquals", "aws:referer", "\"a\"", nil, false),
            ("StringNotEquals", "aws:referer", "\"a\"", nil, true),
            ("StringEqualsIfExists", "aws:referer", "\"a\"", nil, true),
            ("StringEqualsIfExists", "aws:referer", "\"a\"", .single("b"), false),
            ("Null", "aws:referer", "\"true\"", nil, true),
            ("Null", "aws:referer", "\"true\"", .single(""), false),
            ("Null", "aws:referer", "\"false\"", .single(""), true),
            ("Null", "aws:referer", "false", nil, false),
            ("Null", "aws:referer", "\"yes\"", .single("a"), true),
            ("Null", "aws:referer", "\"yes\"", nil, false),
            ("ForAllValues:StringEquals", "aws:TagKeys", "\"a\"", nil, true),
            ("ForAllValues:StringEquals", "aws:TagKeys", "\"a\"", .multiple([]), true),
            ("ForAllValues:StringEquals", "aws:TagKeys", "[\"a\", \"b\"]", .multiple(["a", "b"]), true),
            ("ForAllValues:StringEquals", "aws:TagKeys", "[\"a\", \"b\"]", .multiple(["a", "c"]), false),
            ("ForAllValues:StringNotEquals", "aws:TagKeys", "\"a\"", .multiple(["b", "a"]), false),
            ("ForAnyValue:StringEquals", "aws:TagKeys", "\"a\"", nil, false),
            ("ForAnyValue:StringNotEquals", "aws:TagKeys", "\"a\"", nil, false),
            ("ForAnyValue:StringEquals", "aws:TagKeys", "\"a\"", .multiple([]), false),
            ("ForAnyValue:StringEquals", "aws:TagKeys", "\"a\"", .multiple(["c", "a"]), true),
            ("ForAnyValue:StringNotEquals", "aws:TagKeys", "\"a\"", .multiple(["a"]), false),
            ("ForAnyValue:StringNotEquals", "aws:TagKeys", "\"a\"", .multiple(["a", "b"]), true),
            ("StringEquals", "aws:TagKeys", "\"a\"", .multiple(["a"]), false),
            ("StringNotEquals", "aws:TagKeys", "\"a\"", .multiple(["b"]), false),
            ("StringEqualsIfExists", "aws:TagKeys", "\"a\"", .multiple(["a"]), false),
            ("StringNotEqualsIfExists", "aws:TagKeys", "\"a\"", .multiple(["b"]), false),
            ("ForAllValues:StringEquals", "aws:referer", "\"a\"", .single("b"), false),
            ("StringEquals", "aws:referer", "[]", .single("a"), false),
            ("ForAllValues:StringEquals", "aws:TagKeys", "[]", nil, true),
            ("ForAllValues:StringEquals", "aws:TagKeys", "[]", .multiple(["a"]), false),
            ("ForAllValues:Null", "aws:TagKeys", "\"true\"", .multiple(["a"]), true),
            ("ForAnyValue:Null", "aws:TagKeys", "\"true\"", nil, false),
        ] as [Row])
    func presence(row: Row) throws {
        #expect(try Self.holds(row) == row.4)
    }

    @Test(
        "Numbers, dates and Booleans",
        arguments: [
            ("NumericEquals", "s3:max-keys", "\"10\"", .single("10.0"), true),
            ("NumericEquals", "s3:max-keys", "10", .single("1e1"), true),
            ("NumericLessThan", "s3:TlsVersion", "\"1.2\"", .single("1.19999999999999999999"), true),
            ("NumericLessThan", "s3:TlsVersion", "\"1.2\"", .single("1.2"), false),
            ("NumericLessThanEquals", "s3:TlsVersion", "\"1.2\"", .single("1.20"), true),
            ("NumericGreaterThan", "s3:signatureAge", "600000", .single("600001"), true),
            ("NumericGreaterThanEquals", "s3:max-keys", "\"-1\"", .single("-1.5"), false),
            ("NumericEquals", "s3:max-keys", "\"9007199254740993\"", .single("9007199254740992"), false),
            ("NumericGreaterThan", "s3:max-keys", "\"9007199254740992\"", .single("9007199254740993"), true),
            ("NumericEquals", "s3:max-keys", "\"0\"", .single("-0"), true),
            ("NumericEquals", "s3:max-keys", "\"ten\"", .single("ten"), false),
            ("NumericNotEquals", "s3:max-keys", "\"ten\"", .single("10"), true),
            ("NumericNotEquals", "s3:max-keys", "\"10\"", .single("ten"), true),
            ("NumericNotEquals", "s3:max-keys", "\"10\"", .single("10"), false),
            ("DateLessThan", "aws:CurrentTime", "\"2030-01-01T00:00:00Z\"", .single("2029-12-31T23:59:59.999Z"), true),
            ("DateLessThan", "aws:CurrentTime", "\"2030-01-01T00:00:00Z\"", .single("2030-01-01T00:00:00Z"), false),
            ("DateEquals", "aws:CurrentTime", "\"+1893456000\"", .single("2030-01-01T00:00:00Z"), true),
            ("DateEquals", "aws:CurrentTime", "\"2030-01-01T01:00:00+01:00\"", .single("2030-01-01"), true),
            ("DateEquals", "aws:CurrentTime", "\"2030-01-01T00:00:00.1239Z\"", .single("2030-01-01T00:00:00.1231Z"), true),
            ("DateGreaterThan", "aws:CurrentTime", "\"2024-02-29\"", .single("2024-03-01T00:00Z"), true),
            ("DateGreaterThan", "aws:CurrentTime", "\"2023-02-29\"", .single("2024-03-01T00:00Z"), false),
            ("DateNotEquals", "aws:CurrentTime", "\"soon\"", .single("2024-03-01T00:00Z"), true),
            ("Bool", "aws:SecureTransport", "\"true\"", .single("TRUE"), true),
            ("Bool", "aws:SecureTransport", "true", .single("true"), true),
            ("Bool", "aws:SecureTransport", "\"false\"", .single("yes"), true),
            ("Bool", "aws:SecureTransport", "\"false\"", .single(" true "), true),
            ("Bool", "aws:SecureTransport", "\"1\"", .single("false"), true),
            ("Bool", "aws:SecureTransport", "\"false\"", nil, false),
            ("BinaryEquals", "aws:referer", "\"YQ==\"", .single("YQ=="), true),
            ("BinaryEquals", "aws:referer", "\"YR==\"", .single("YQ=="), false),
            ("BinaryEquals", "aws:referer", "\" YQ==\"", .single("YQ=="), false),
        ] as [Row])
    func values(row: Row) throws {
        #expect(try Self.holds(row) == row.4)
    }

    @Test(
        "Addresses",
        arguments: [
            ("IpAddress", "aws:SourceIp", "\"192.0.2.1\"", .single("192.0.2.1"), true),
            ("IpAddress", "aws:SourceIp", "\"192.0.2.0/24\"", .single("192.0.3.1"), false),
            ("IpAddress", "aws:SourceIp", "\"192.0.2.77/24\"", .single("192.0.2.1"), true),
            ("NotIpAddress", "aws:SourceIp", "\"192.0.2.0/24\"", .single("192.0.3.1"), true),
            ("IpAddress", "aws:SourceIp", "\"192.000.002.1\"", .single("192.0.2.1"), true),
            ("IpAddress", "aws:SourceIp", "\"192.0.2.0/024\"", .single("192.0.2.9"), true),
            ("IpAddress", "aws:SourceIp", "\"192.0.2.0/+24\"", .single("192.0.2.9"), true),
            ("IpAddress", "aws:SourceIp", "\"0.0.0.0/0\"", .single("203.0.113.7"), true),
            ("IpAddress", "aws:SourceIp", "\"0.0.0.0/0\"", .single("2001:db8::1"), false),
            ("NotIpAddress", "aws:SourceIp", "\"0.0.0.0/0\"", .single("2001:db8::1"), true),
            ("IpAddress", "aws:SourceIp", "\"2001:db8::/32\"", .single("2001:DB8:1::1"), true),
            ("IpAddress", "aws:SourceIp", "\"2001:db8::1/32\"", .single("2001:db8::1"), false),
            ("NotIpAddress", "aws:SourceIp", "\"2001:db8::1/32\"", .single("2001:db8::1"), true),
            ("IpAddress", "aws:SourceIp", "\"192.0.2.0/24\"", .single("::ffff:192.0.2.7"), true),
            ("IpAddress", "aws:SourceIp", "\"::ffff:192.0.2.0/120\"", .single("192.0.2.7"), false),
            ("IpAddress", "aws:SourceIp", "\"::ffff:192.0.2.0/120\"", .single("::ffff:192.0.2.7"), false),
            ("IpAddress", "aws:SourceIp", "\"::/0\"", .single("::ffff:192.0.2.7"), false),
            ("IpAddress", "aws:SourceIp", "\"2001:db8:::1\"", .single("2001:db8::1"), true),
            ("IpAddress", "aws:SourceIp", "\":1:2:3:4:5:6:7\"", .single("0:1:2:3:4:5:6:7"), true),
            ("IpAddress", "aws:SourceIp", "\":::\"", .single("::"), true),
            ("IpAddress", "aws:SourceIp", "\"nonsense\"", .single("192.0.2.1"), false),
            ("NotIpAddress", "aws:SourceIp", "\"nonsense\"", .single("192.0.2.1"), true),
            ("IpAddress", "aws:SourceIp", "\"0.0.0.0/0\"", .single("nonsense"), false),
            ("NotIpAddress", "aws:SourceIp", "\"0.0.0.0/0\"", .single("nonsense"), false),
            ("NotIpAddress", "aws:SourceIp", "\"192.0.2.0/33\"", .single("192.0.2.1"), true),
        ] as [Row])
    func addresses(row: Row) throws {
        #expect(try Self.holds(row) == row.4)
    }

    @Test(
        "ARNs",
        arguments: [
            ("ArnLike", "aws:SourceArn", "\"arn:aws:s3:::log-*\"", .single("arn:aws:s3:::log-a"), true),
            ("ArnEquals", "aws:SourceArn", "\"arn:aws:s3:::log-*\"", .single("arn:aws:s3:::log-a"), true),
            ("ArnLike", "aws:SourceArn", "\"arn:aws:sns:*:topic\"", .single("arn:aws:sns:eu-west-1:111122223333:topic"), false),
            ("ArnLike", "aws:SourceArn", "\"arn:aws:sns:*:*:topic\"", .single("arn:aws:sns:eu-west-1:111122223333:topic"), true),
            (
                "ArnLike", "aws:SourceArn", "\"arn:aws:lambda:*:*:function:*\"",
                .single("arn:aws:lambda:eu-west-1:111122223333:function:f:1"), true
            ),
            ("ArnNotLike", "aws:SourceArn", "\"arn:aws:s3:::log-*\"", .single("arn:aws:s3:::data"), true),
            ("ArnLike", "aws:SourceArn", "\"arn:aws:s3:::*\"", .single("log"), false),
            ("ArnNotLike", "aws:SourceArn", "\"arn:aws:s3:::*\"", .single("log"), false),
            ("ArnLike", "aws:SourceArn", "\"log\"", .single("arn:aws:s3:::log"), false),
            ("ArnNotLike", "aws:SourceArn", "\"log\"", .single("arn:aws:s3:::log"), false),
            ("ArnLike", "aws:SourceArn", "[\"arn:aws:s3:::log\", \"log\"]", .single("arn:aws:s3:::log"), true),
            ("ArnNotLike", "aws:SourceArn", "\"arn:aws:s3:::log\"", nil, true),
        ] as [Row])
    func arns(row: Row) throws {
        #expect(try Self.holds(row) == row.4)
    }

    @Test(
        "A malformed ARN in a Deny denies, unless one before it decides",
        arguments: [
            ("ArnLike", "\"log\"", true), ("ArnNotLike", "\"log\"", true),
            ("ArnNotLike", "[\"arn:aws:s3:::log\", \"log\"]", false), ("ArnLike", "[\"arn:aws:s3:::log\", \"log\"]", true),
        ])
    func malformedARNs(conditionOperator: String, values: String, denies: Bool) throws {
        let policy = try policy("Deny", when: conditionOperator, "aws:SourceArn", values)
        let request = request(try context(["aws:SourceArn": .single("arn:aws:s3:::log")]))
        #expect((PolicyEvaluator(policy).evaluate(request).outcome == .deny) == denies)
    }

    @Test(
        "Variables stand for what the request has",
        arguments: [
            ("StringEquals", "${aws:username}", "2012-10-17", "ann", "ann", true),
            ("StringLike", "home/${aws:username}/*", "2012-10-17", "ann", "home/ann/x", true),
            ("StringLike", "${aws:username}", "2012-10-17", "a*", "ab", false),
            ("StringEquals", "${aws:username}", "2008-10-17", "ann", "ann", false),
            ("StringEquals", "${aws:username}", "2008-10-17", "ann", "${aws:username}", true),
            ("StringEquals", "${aws:username, 'nobody'}", "2012-10-17", nil, "nobody", true),
            ("StringEquals", "${aws:username}", "2012-10-17", nil, "", false),
            ("StringNotEquals", "${aws:username}", "2012-10-17", nil, "x", true),
            ("StringLike", "a${*}", "2012-10-17", nil, "a*", true),
            ("StringLike", "a${*}", "2012-10-17", nil, "ab", false),
            ("StringLike", "a${?}", "2012-10-17", nil, "ab", false),
            ("StringEquals", "${$}", "2012-10-17", nil, "$", true),
        ] as [(String, String, String, String?, String, Bool)])
    func variables(conditionOperator: String, value: String, version: String, user: String?, referer: String, holds: Bool) throws {
        var values = try context(["aws:referer": .single(referer)])
        if let user { values[try #require(ConditionKey("aws:username"))] = .single(user) }
        let policy = try policy(when: conditionOperator, "aws:referer", "\"\(value)\"", version: version)
        #expect((PolicyEvaluator(policy).evaluate(request(values)).outcome == .allow) == holds)
    }

    @Test("A key with several values is never a variable, not even with a default")
    func multivaluedVariable() throws {
        let values = try context(["aws:referer": .single("a"), "aws:TagKeys": .multiple(["a"])])
        let equal = try policy(when: "StringEquals", "aws:referer", "\"${aws:TagKeys, 'a'}\"")
        let unequal = try policy(when: "StringNotEquals", "aws:referer", "\"${aws:TagKeys, 'a'}\"")
        #expect(PolicyEvaluator(equal).evaluate(request(values)).outcome == .none)
        #expect(PolicyEvaluator(unequal).evaluate(request(values)).outcome == .allow)
    }
}
