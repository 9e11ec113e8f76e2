import S3Policy
import Testing

/// What AWS documents about condition operators.
@Suite("Condition operators")
struct ConditionTests {
    static let strings = [
        ConditionCase("StringEquals", ["prod"], "prod", true),
        ConditionCase("StringEquals", ["prod"], "Prod", false),
        ConditionCase("StringEquals", ["prod*"], "production", false),
        ConditionCase("StringEquals", ["prod*"], "prod*", true),
        ConditionCase("StringEquals", ["a", "b"], "b", true),
        ConditionCase("StringEquals", [""], "", true),
        ConditionCase("StringEquals", ["e\u{301}"], "\u{E9}", false),
        ConditionCase("StringNotEquals", ["prod"], "dev", true),
        ConditionCase("StringNotEquals", ["dev", "prod"], "prod", false),
        ConditionCase("StringNotEquals", ["dev", "prod"], "qa", true),
        ConditionCase("StringNotEquals", ["e\u{301}"], "\u{E9}", true),
        ConditionCase("StringEqualsIgnoreCase", ["prod"], "PrOd", true),
        ConditionCase("StringEqualsIgnoreCase", ["prod*"], "PRODUCTION", false),
        ConditionCase("StringNotEqualsIgnoreCase", ["prod"], "PROD", false),
        ConditionCase("StringLike", ["team-?/*"], "team-a/nested/path", true),
        ConditionCase("StringLike", ["prod"], "production", false),
        ConditionCase("StringLike", ["Prod*"], "production", false),
        ConditionCase("StringLike", ["*"], "", true),
        ConditionCase("StringLike", ["?"], "", false),
        ConditionCase("StringLike", ["*a*b*c"], "xxaxxbxxbc", true),
        ConditionCase("StringLike", ["a*a"], "a", false),
        ConditionCase("StringLike", ["[a-z]\\*"], "[a-z]\\x\ny", true),
        ConditionCase("StringNotLike", ["dev*", "prod*"], "production", false),
        ConditionCase("StringNotLike", ["dev*", "prod*"], "staging", true),
    ]

    static let numbers = [
        ConditionCase("NumericEquals", ["10"], "1e1", true),
        ConditionCase("NumericEquals", ["0.1"], "1E-1", true),
        ConditionCase("NumericEquals", ["0"], "-0.00", true),
        ConditionCase("NumericEquals", ["5."], ".5e1", true),
        ConditionCase("NumericNotEquals", ["10", "20"], "20", false),
        ConditionCase("NumericNotEquals", ["10", "20"], "30", true),
        ConditionCase("NumericLessThan", ["10"], "9.999999999999999999999", true),
        ConditionCase("NumericLessThan", ["10"], "10", false),
        ConditionCase("NumericLessThan", ["-10"], "-11", true),
        ConditionCase("NumericLessThan", ["-10"], "-9", false),
        ConditionCase("NumericLessThan", ["1"], "-9e99", true),
        ConditionCase("NumericLessThanEquals", ["10"], "10.0", true),
        ConditionCase("NumericGreaterThan", ["10"], "11", true),
        ConditionCase("NumericGreaterThan", ["10"], "10", false),
        ConditionCase("NumericGreaterThan", ["999999999"], "1e2147483647", true),
        ConditionCase("NumericLessThan", ["1e-2147483647"], "0", true),
        ConditionCase("NumericGreaterThanEquals", ["10"], "10", true),
        ConditionCase("NumericLessThan", ["10"], "ten", false),
        ConditionCase("NumericLessThan", ["ten"], "10", false),
        ConditionCase("NumericEquals", ["1"], " 1", false),
        ConditionCase("NumericEquals", ["1"], "1e", false),
        ConditionCase("NumericEquals", ["1"], ".", false),
        ConditionCase("NumericEquals", ["1"], "--1", false),
        ConditionCase("NumericGreaterThan", ["1"], "1e99999999999999999999", false),
    ]

    static let dates = [
        ConditionCase("DateEquals", ["2025-01-01T00:00:00Z"], "2025-01-01T01:00:00+01:00", true),
        ConditionCase("DateEquals", ["2025-01-01T00:00:00Z"], "2024-12-31T19:30:00-04:30", true),
        ConditionCase("DateEquals", ["2025-01-01T00:00:00Z"], "1735689600", true),
        ConditionCase("DateEquals", ["2025-01-01T00:00:00Z"], "2025", true),
        ConditionCase("DateEquals", ["2025-01-01T00:00:00Z"], "2025-01", true),
        ConditionCase("DateEquals", ["2025-01-01T00:00:00Z"], "2025-01-01T00:00", true),
        ConditionCase("DateEquals", ["2024-02-29"], "1709164800", true),
        ConditionCase("DateEquals", ["2025-02-29"], "1740787200", false),
        ConditionCase("DateEquals", ["1969-12-31T23:59:59.5Z"], "-0.5", true),
        ConditionCase("DateEquals", ["1900-03-01"], "-2203891200", true),
        ConditionCase("DateNotEquals", ["2025-01-01T00:00:00Z"], "2025-01-01T00:00:01Z", true),
        ConditionCase("DateLessThan", ["2025-01-01T00:00:00Z"], "2024-12-31T23:59:59.999Z", true),
        ConditionCase("DateLessThan", ["2025-01-01T00:00:00Z"], "2025-01-01T00:00:00Z", false),
        ConditionCase("DateLessThanEquals", ["2025-01-01T00:00:00Z"], "2025-01-01T00:00:00Z", true),
        ConditionCase("DateGreaterThan", ["2025-01-01T00:00:00Z"], "2025-01-01T00:00:00.001Z", true),
        ConditionCase("DateGreaterThanEquals", ["2025-01-01T00:00:00Z"], "2025-01-01T00:00:00Z", true),
        ConditionCase("DateGreaterThan", ["2025-01-01T00:00:00Z"], "tomorrow", false),
        ConditionCase("DateGreaterThan", ["2025-01-01T00:00:00Z"], "2026-01-01T24:00:00Z", false),
        ConditionCase("DateGreaterThan", ["2025-01-01T00:00:00Z"], "2026-01-01T00:00:00Zz", false),
        ConditionCase("DateGreaterThan", ["2025-01-01T00:00:00Z"], "2026-01-01T00:00:00.Z", false),
        ConditionCase("DateGreaterThan", ["2025-01-01T00:00:00Z"], "1e300", false),
    ]

    static let others = [
        ConditionCase("Bool", ["true"], "true", true),
        ConditionCase("Bool", ["false"], "false", true),
        ConditionCase("Bool", ["true"], "false", false),
        ConditionCase("Bool", ["TRUE"], "True", true),
        ConditionCase("BinaryEquals", ["aGVsbG8="], "aGVsbG8=", true),
        ConditionCase("BinaryEquals", ["aGVsbG8="], "d29ybGQ=", false),
        ConditionCase("IpAddress", ["192.0.2.0/24"], "192.0.2.255", true),
        ConditionCase("IpAddress", ["192.0.2.0/24"], "192.0.3.0", false),
        ConditionCase("IpAddress", ["192.0.2.42"], "192.0.2.42", true),
        ConditionCase("IpAddress", ["192.0.2.42"], "192.0.2.43", false),
        ConditionCase("IpAddress", ["0.0.0.0/0"], "203.0.113.1", true),
        ConditionCase("IpAddress", ["0.0.0.0/0"], "2001:db8::1", false),
        ConditionCase("IpAddress", ["192.0.2.0/24", "2001:db8::/32"], "2001:db8:ffff::1", true),
        ConditionCase("IpAddress", ["2001:db8::/32"], "2001:db9::", false),
        ConditionCase("IpAddress", ["::/0"], "2001:DB8::1", true),
        ConditionCase("IpAddress", ["2001:db8::5"], "2001:db8:0:0:0:0:0:5", true),
        ConditionCase("NotIpAddress", ["192.0.2.0/24", "198.51.100.0/24"], "198.51.100.2", false),
        ConditionCase("NotIpAddress", ["192.0.2.0/24"], "198.51.100.2", true),
        ConditionCase("ArnLike", ["arn:aws:iam::*:role/team-*"], "arn:aws:iam::111122223333:role/team-a/b:c", true),
        ConditionCase("ArnEquals", ["arn:aws:iam::*:role/team-*"], "arn:aws:iam::111122223333:role/team-a", true),
        ConditionCase("ArnEquals", ["arn:aws:iam::*:role/team-*"], "arn:aws:iam::111122223333:role/Team-a", false),
        ConditionCase("ArnLike", ["arn:aws:*:*:*:role/a"], "arn:aws:iam::111122223333:x:role/a", false),
        ConditionCase("ArnLike", ["arn:*:*:*:*:a"], "arn:aws:iam::111122223333:role/a", false),
        ConditionCase("ArnLike", ["*"], "arn:aws:iam::111122223333:role/a", true),
        ConditionCase("ArnLike", ["*"], "role/a", false),
        ConditionCase("ArnNotEquals", ["arn:aws:iam::*:role/a"], "arn:aws:iam::111122223333:role/b", true),
        ConditionCase("ArnNotLike", ["arn:aws:iam::*:role/a"], "arn:aws:iam::111122223333:role/a", false),
        ConditionCase("Null", ["true"], nil, true),
        ConditionCase("Null", ["false"], nil, false),
        ConditionCase("Null", ["true"], "x", false),
        ConditionCase("Null", ["false"], ["x", "y"], true),
        ConditionCase("Null", ["true", "false"], nil, true),
    ]

    static let missing = [
        ConditionCase("StringEquals", ["a"], nil, false),
        ConditionCase("NumericLessThan", ["1"], nil, false),
        ConditionCase("Bool", ["false"], nil, false),
        ConditionCase("IpAddress", ["0.0.0.0/0"], nil, false),
        ConditionCase("StringNotEquals", ["a"], nil, true),
        ConditionCase("NumericNotEquals", ["1"], nil, true),
        ConditionCase("NotIpAddress", ["0.0.0.0/0"], nil, true),
        ConditionCase("ArnNotLike", ["*"], nil, true),
        ConditionCase("StringEqualsIfExists", ["a"], nil, true),
        ConditionCase("StringEqualsIfExists", ["a"], "b", false),
        ConditionCase("StringEqualsIfExists", ["a"], "", false),
        ConditionCase("StringNotEqualsIfExists", ["a"], nil, true),
        ConditionCase("BoolIfExists", ["true"], nil, true),
        ConditionCase("BoolIfExists", ["true"], "false", false),
        ConditionCase("ForAllValues:StringEqualsIfExists", ["a"], nil, true),
        ConditionCase("ForAnyValue:StringEqualsIfExists", ["a"], nil, false),
    ]

    static let sets = [
        ConditionCase("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], true),
        ConditionCase("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], false),
        ConditionCase("ForAllValues:StringEquals", ["a", "b"], [""], false),
        ConditionCase("ForAllValues:StringEquals", ["a", "b"], [], true),
        ConditionCase("ForAllValues:StringEquals", ["a", "b"], "a", true),
        ConditionCase("ForAnyValue:StringEquals", ["a", "b"], ["a", "c"], true),
        ConditionCase("ForAnyValue:StringEquals", ["a", "b"], ["c"], false),
        ConditionCase("ForAnyValue:StringEquals", ["a", "b"], [], false),
        ConditionCase("ForAllValues:StringNotEquals", ["a", "b"], ["a", "c"], false),
        ConditionCase("ForAllValues:StringNotEquals", ["a", "b"], ["c", "d"], true),
        ConditionCase("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "c"], true),
        ConditionCase("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], false),
        ConditionCase("ForAnyValue:StringLike", ["a*"], ["xa", "ab"], true),
        ConditionCase("ForAnyValue:NumericNotEquals", ["1"], ["one", "1"], true),
        ConditionCase("ForAllValues:NumericEquals", ["1"], ["one", "1"], false),
        ConditionCase("StringEquals", ["a"], [], false),
        ConditionCase("StringNotEquals", ["a"], [], true),
        ConditionCase("StringEqualsIfExists", ["a"], [], false),
    ]

    static let empty = [
        ConditionCase("StringEquals", [], "a", false),
        ConditionCase("StringNotEquals", [], "a", false),
        ConditionCase("StringNotEquals", [], nil, false),
        ConditionCase("StringNotEqualsIfExists", [], nil, true),
        ConditionCase("StringNotEqualsIfExists", [], "a", false),
        ConditionCase("ForAllValues:StringNotEquals", [], nil, true),
        ConditionCase("ForAllValues:StringNotEquals", [], ["a"], false),
        ConditionCase("ForAnyValue:StringNotEquals", [], ["a"], false),
        ConditionCase("Null", [], nil, false),
    ]

    @Test("A condition holds or not", arguments: strings + numbers + dates + others + missing + sets + empty)
    func holds(_ example: ConditionCase) throws {
        #expect(try example.outcome(effect: "Allow") == (example.holds ? .allow : .none))
        #expect(try example.outcome(effect: "Deny") == (example.holds ? .deny : .none))
    }

    @Test("All operators and all keys must hold")
    func conjunction() throws {
        let condition = #"""
            {"StringEquals": {"aws:RequestTag/a": "1", "aws:RequestTag/b": ["2", "3"]}, "Bool": {"aws:SecureTransport": "true"}}
            """#
        let policy = try bucketPolicy(
            #"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": \#(condition)}}"#)
        let all = try context(["aws:RequestTag/a": "1", "aws:RequestTag/b": "3", "aws:SecureTransport": "true"])
        #expect(PolicyEvaluator(policy).evaluate(request(all)).outcome == .allow)
        for key in all.values.keys {
            var changed = all
            changed[key] = "0"
            #expect(PolicyEvaluator(policy).evaluate(request(changed)).outcome == .none)
        }
    }

    @Test("Nothing is said to match where nothing was compared")
    func matches() throws {
        func matches(_ operation: String, _ requested: RequestContext.Value?) throws -> [Bool] {
            let evaluation = try ConditionCase(operation, ["a", "b"], requested, false).evaluation(effect: "Allow")
            return try #require(evaluation.statements[0].conditions.first).matches
        }
        #expect(try matches("StringEquals", "b") == [false, true])
        #expect(try matches("StringNotEquals", "a") == [true, false])
        #expect(try matches("ForAnyValue:StringEquals", ["a", "b"]) == [true, true])
        #expect(try matches("StringEquals", nil) == [false, false])
        #expect(try matches("StringEquals", ["a"]) == [false, false])
    }
}
