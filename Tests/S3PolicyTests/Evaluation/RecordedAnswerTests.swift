import S3Policy
import Testing

/// Answers of AWS itself that a straightforward evaluator gets wrong.
@Suite("Recorded answers of AWS")
struct RecordedAnswerTests {
    static let multivalued = [
        ConditionCase("StringEquals", ["team"], ["team"], false),
        ConditionCase("StringNotEquals", ["team"], ["team"], false),
        ConditionCase("StringNotEquals", ["team"], ["env"], false),
        ConditionCase("StringEqualsIfExists", ["team"], ["team"], false),
        ConditionCase("StringNotEqualsIfExists", ["team"], ["env"], false),
        ConditionCase("StringEquals", ["team"], ["team", "env"], false),
        ConditionCase("StringEquals", ["${aws:TagKeys}"], "team", false, with: ["aws:TagKeys": ["team"]]),
        ConditionCase("StringEquals", ["${aws:TagKeys, 'team'}"], "team", false, with: ["aws:TagKeys": ["team"]]),
        ConditionCase("StringNotEquals", ["${aws:TagKeys}"], "team", true, with: ["aws:TagKeys": ["team"]]),
        ConditionCase("ForAllValues:StringEquals", ["team"], nil, true),
        ConditionCase("ForAllValues:StringNotEquals", ["team"], nil, true),
        ConditionCase("ForAnyValue:StringEquals", ["team"], nil, false),
        ConditionCase("ForAnyValue:StringNotEquals", ["team"], nil, false),
    ]

    static let ignoringCase = [
        ConditionCase("StringEqualsIgnoreCase", ["K"], "\u{212A}", true),
        ConditionCase("StringEqualsIgnoreCase", ["\u{DF}"], "\u{1E9E}", true),
        ConditionCase("StringEqualsIgnoreCase", ["\u{DF}"], "SS", false),
        ConditionCase("StringEqualsIgnoreCase", ["s"], "\u{17F}", false),
        ConditionCase("StringEqualsIgnoreCase", ["I"], "\u{131}", false),
        ConditionCase("StringEqualsIgnoreCase", ["i"], "\u{130}", false),
        ConditionCase("StringEqualsIgnoreCase", ["\u{3A3}"], "\u{3C2}", false),
        ConditionCase("StringEqualsIgnoreCase", ["\u{3A3}"], "\u{3C3}", true),
        ConditionCase("StringEqualsIgnoreCase", ["\u{39F}\u{3A3}"], "\u{3BF}\u{3C2}", true),
        ConditionCase("StringEqualsIgnoreCase", ["\u{39F}\u{3A3}"], "\u{3BF}\u{3C3}", false),
        ConditionCase("StringEqualsIgnoreCase", ["\u{39F}\u{3A3}\u{391}"], "\u{3BF}\u{3C3}\u{3B1}", true),
        ConditionCase("StringEqualsIgnoreCase", ["\u{C9}"], "\u{E9}", true),
        ConditionCase("StringEqualsIgnoreCase", ["\u{C9}"], "e\u{301}", false),
        ConditionCase("StringEqualsIgnoreCase", ["\u{10400}"], "\u{10428}", false),
        ConditionCase("StringEqualsIgnoreCase", ["\u{10400}"], "\u{10400}", true),
        ConditionCase("StringNotEqualsIgnoreCase", ["\u{10400}"], "\u{10428}", true),
        ConditionCase("StringNotEqualsIgnoreCase", ["K"], "\u{212A}", false),
    ]

    static let units = [
        ConditionCase("StringLike", ["?"], "\u{10400}", false),
        ConditionCase("StringLike", ["??"], "\u{10400}", true),
        ConditionCase("StringLike", ["\u{10400}"], "\u{10400}", true),
        ConditionCase("StringLike", ["?"], "\u{E9}", true),
        ConditionCase("StringLike", ["?"], "e\u{301}", false),
        ConditionCase("StringLike", ["*\u{10400}"], "a\u{10400}", true),
        ConditionCase("StringNotLike", ["a?b"], "a\u{10400}b", true),
        ConditionCase("StringLike", ["a??b"], "a\u{10400}b", true),
        ConditionCase("StringLike", ["a*?b"], "a\u{10400}b", true),
        ConditionCase("StringLike", ["a?*b"], "a\u{10400}b", true),
        ConditionCase("StringLike", ["\u{10400}?"], "\u{10400}x", true),
        ConditionCase("StringLike", ["\u{10400}?"], "\u{10400}\u{10428}", false),
        ConditionCase("StringLike", ["a?b"], "a:b", true),
        ConditionCase("StringLike", ["a[b]"], "ab", false),
        ConditionCase("StringNotEquals", ["\u{10400}"], "\u{10428}", true),
        ConditionCase("ArnLike", ["arn:aws:s3:::?"], "arn:aws:s3:::\u{10400}", false),
        ConditionCase("ArnLike", ["arn:aws:s3:::??"], "arn:aws:s3:::\u{10400}", true),
    ]

    static let malformedRequests = [
        ConditionCase("IpAddress", ["0.0.0.0/0"], "192.0.2", false),
        ConditionCase("NotIpAddress", ["192.0.2.0/24"], "not-an-ip", false),
        ConditionCase("NotIpAddress", ["192.0.2.0/24"], "", false),
        ConditionCase("NotIpAddress", ["192.0.2.0/24"], "192.0.2.256", false),
        ConditionCase("NotIpAddress", ["192.0.2.0/24"], "198.51.100.0/24", false),
        ConditionCase("NotIpAddressIfExists", ["192.0.2.0/24"], "not-an-ip", false),
        ConditionCase("ArnLike", ["*"], "not-an-arn", false),
        ConditionCase("ArnNotLike", ["arn:aws:iam::*:user/*"], "not-an-arn", false),
        ConditionCase("ArnNotLike", ["arn:aws:iam::*:user/*"], "", false),
        ConditionCase("NumericEquals", ["1"], "NaN", false),
        ConditionCase("NumericNotEquals", ["1"], "no-number", true),
        ConditionCase("NumericNotEquals", ["1"], "", true),
        ConditionCase("NumericNotEquals", ["1"], "Infinity", true),
        ConditionCase("NumericNotEquals", ["1"], "1e0", false),
        ConditionCase("NumericNotEquals", ["1"], "+1", false),
        ConditionCase("NumericNotEquals", ["1"], "01.0", false),
        ConditionCase("DateNotEquals", ["2030-01-01T00:00:00Z"], "not-a-date", true),
        ConditionCase("DateEquals", ["2030-01-01T00:00:00Z"], "not-a-date", false),
        ConditionCase("NumericEquals", ["NaN"], "NaN", false),
        ConditionCase("NumericNotEquals", ["NaN"], "1", true),
        ConditionCase("DateNotEquals", ["not-a-date"], "2030-01-01T00:00:00Z", true),
        ConditionCase("DateNotEquals", ["not-a-date"], "not-a-date", true),
    ]

    static let precision = [
        ConditionCase("NumericEquals", ["9007199254740993"], "9007199254740992", false),
        ConditionCase("NumericEquals", ["9007199254740993"], "9007199254740993.0", true),
        ConditionCase("NumericLessThan", ["9007199254740993"], "9007199254740992", true),
        ConditionCase("NumericLessThan", ["0.30000000000000000001"], "0.3", true),
        ConditionCase("DateEquals", ["2030-01-01T00:00:00.123456Z"], "2030-01-01T00:00:00.1239Z", true),
        ConditionCase("DateEquals", ["2030-01-01T00:00:00.123Z"], "2030-01-01T00:00:00.124Z", false),
        ConditionCase("DateEquals", ["2030-01-01T00:00:00Z"], "+1893456000", true),
        ConditionCase("DateEquals", ["2030-01-01T00:00:00Z"], "1893456000.0009", true),
        ConditionCase("DateEquals", ["2030-01-01T00:00:00Z"], "2030-01-01", true),
    ]

    static let addresses = [
        ConditionCase("IpAddress", ["192.0.2.5/24"], "192.0.2.1", true),
        ConditionCase("IpAddress", ["192.0.2.0/0"], "203.0.113.1", true),
        ConditionCase("IpAddress", ["2001:db8::5/64"], "2001:db8::5", false),
        ConditionCase("IpAddress", ["2001:db8::5/64"], "2001:db8::1", false),
        ConditionCase("NotIpAddress", ["2001:db8::5/64"], "2001:db8::5", true),
        ConditionCase("IpAddress", ["2001:db8::4/127"], "2001:db8::5", true),
        ConditionCase("IpAddress", ["192.0.2.0/24"], "::ffff:192.0.2.1", true),
        ConditionCase("IpAddress", ["192.0.2.0/24"], "::ffff:c000:201", true),
        ConditionCase("IpAddress", ["::ffff:c000:200/120"], "192.0.2.1", false),
        ConditionCase("IpAddress", ["::ffff:c000:200/120"], "::ffff:c000:201", false),
        ConditionCase("IpAddress", ["::ffff:192.0.2.0/120"], "192.0.2.1", false),
        ConditionCase("IpAddress", ["::/0"], "::ffff:192.0.2.1", false),
        ConditionCase("IpAddress", ["::/0"], "192.0.2.1", false),
        ConditionCase("IpAddress", ["192.000.002.1"], "192.0.2.1", true),
        ConditionCase("IpAddress", ["192.0.2.1"], "192.000.002.001", true),
        ConditionCase("IpAddress", ["192.0.2.0/024"], "192.0.2.1", true),
        ConditionCase("IpAddress", ["192.0.2.0/+24"], "192.0.2.1", true),
        ConditionCase("IpAddress", ["2001:db8:::1"], "2001:db8::1", true),
        ConditionCase("IpAddress", ["2001:db8::1"], "2001:db8:::1", true),
        ConditionCase("IpAddress", ["2001:db8::1:"], "2001:db8::1", true),
        ConditionCase("IpAddress", ["2001:db8:0:0:0:0:0:1:"], "2001:db8::1", true),
        ConditionCase("IpAddress", [":2001:db8::1"], "0:2001:db8::1", true),
        ConditionCase("IpAddress", [":2001:db8::1"], "2001:db8::1", false),
        ConditionCase("NotIpAddress", [":2001:db8::1"], "0:2001:db8::1", false),
        ConditionCase("NotIpAddress", ["2001::db8::1"], "2001:db8::1", true),
        ConditionCase("IpAddress", ["::/0"], ":::", true),
        ConditionCase("IpAddress", ["::/0"], "::::", false),
        ConditionCase("IpAddress", ["::/0"], "2001:db8::1%eth0", false),
        ConditionCase("IpAddress", ["::/0"], "2001:db8::192.0.2.1", false),
        ConditionCase("NotIpAddress", ["not-an-ip"], "192.0.2.1", true),
        ConditionCase("NotIpAddress", ["not-an-ip"], "not-an-ip", false),
        ConditionCase("NotIpAddress", ["192.0.2.0/33"], "192.0.2.1", true),
        ConditionCase("NotIpAddress", ["192.0.2.0/"], "192.0.2.1", true),
        ConditionCase("NotIpAddress", ["192.0.2.0/24"], "192.0.513", false),
        ConditionCase("NotIpAddress", ["192.0.2.0/24"], "3221225985", false),
        ConditionCase("NotIpAddress", ["192.0.2.0/24"], "192.0.2.1/32", false),
        ConditionCase("IpAddress", ["192.0.2.0/24"], "::FFFF:c000:201", true),
        ConditionCase("NotIpAddress", ["::ffff:192.0.2.1"], "::ffff:192.0.2.1", true),
        ConditionCase("NotIpAddress", ["::ffff:192.0.2.0/24"], "192.0.2.1", true),
        ConditionCase("NotIpAddress", ["::192.0.2.0/120"], "::192.0.2.1", false),
        ConditionCase("NotIpAddress", ["2001:db8::/64"], "2001:db8::192.0.2.1", false),
        ConditionCase("NotIpAddress", ["2001:db8::192.0.2.0/120"], "2001:db8::c000:201", true),
        ConditionCase("IpAddress", ["2001:DB8::/064"], "2001:0db8:0000:0000:0000:0000:0000:0001", true),
        ConditionCase("IpAddress", ["2001:db8::/64"], "2001:db8:0:0:ffff:ffff:ffff:ffff", true),
        ConditionCase("IpAddress", ["2001:db8::/64"], "2001:db8:0:1::", false),
        ConditionCase("NotIpAddress", ["2001:db8::/129"], "2001:db8::1", true),
        ConditionCase("NotIpAddress", ["2001:db8::1/0"], "2001:db8::1", true),
        ConditionCase("NotIpAddress", ["2001:db8::5/127"], "2001:db8::4", true),
        ConditionCase("IpAddress", ["2001:db8::4/127"], "2001:db8::6", false),
        ConditionCase("IpAddress", ["not-an-ip", "192.0.2.0/24"], "192.0.2.1", true),
        ConditionCase("NotIpAddress", ["not-an-ip", "192.0.2.0/24"], "192.0.3.1", true),
        ConditionCase("NotIpAddress", ["192.0.2.0/24", "not-an-ip"], "192.0.2.1", false),
        ConditionCase("IpAddress", ["2001:db8::5/64", "2001:db8::/64"], "2001:db8::1", true),
        ConditionCase("NotIpAddress", ["2001:db8::/64", "2001:db8::5/64"], "2001:db8::1", false),
    ]

    static let booleans = [
        ConditionCase("Bool", ["false"], "yes", true),
        ConditionCase("Bool", ["false"], "1", true),
        ConditionCase("Bool", ["false"], "", true),
        ConditionCase("Bool", ["false"], " true ", true),
        ConditionCase("Bool", ["false"], "TRUE", false),
        ConditionCase("Bool", ["true"], "TrUe", true),
        ConditionCase("Null", ["yes"], "present", true),
        ConditionCase("Null", ["yes"], nil, false),
        ConditionCase("Null", ["TRUE"], "present", false),
        ConditionCase("Null", ["false"], "", true),
        ConditionCase("Null", ["true"], "", false),
        ConditionCase("BinaryEquals", ["YQ=="], "YQ==", true),
        ConditionCase("BinaryEquals", ["YQ=="], "YR==", false),
        ConditionCase("BinaryEquals", ["YQ=="], " YQ== ", false),
    ]

    @Test(
        "What AWS answers",
        arguments: multivalued + ignoringCase + units + malformedRequests + precision + addresses + booleans)
    func holds(_ example: ConditionCase) throws {
        #expect(try example.outcome(effect: "Allow") == (example.holds ? .allow : .none))
        #expect(try example.outcome(effect: "Deny") == (example.holds ? .deny : .none))
    }

    @Test("A malformed ARN of the policy never allows and always denies, unless an earlier value matches")
    func malformedPolicyARN() throws {
        let user: RequestContext.Value = "arn:aws:iam::111122223333:user/test"
        let any = "arn:aws:iam::*:user/*"
        for operation in ["ArnLike", "ArnNotLike", "ArnEqualsIfExists", "ForAnyValue:ArnLike", "ForAllValues:ArnNotLike"] {
            let example = ConditionCase(operation, ["not-an-arn"], user, false)
            #expect(try example.outcome(effect: "Allow") == .none)
            #expect(try example.outcome(effect: "Deny") == .deny)
            #expect(try ConditionCase(operation, ["not-an-arn", any], user, false).outcome(effect: "Allow") == .none)
        }
        let roles = "arn:aws:iam::*:role/*"
        for values in [["not-an-arn", any], ["not-an-arn", roles], [roles, "not-an-arn"]] {
            for operation in ["ArnLike", "ArnNotLike"] {
                #expect(try ConditionCase(operation, values, user, false).outcome(effect: "Allow") == .none)
                #expect(try ConditionCase(operation, values, user, true).outcome(effect: "Deny") == .deny)
            }
        }
        #expect(try ConditionCase("ArnLike", [any, "not-an-arn"], user, true).outcome(effect: "Allow") == .allow)
        #expect(try ConditionCase("ArnNotLike", [any, "not-an-arn"], user, false).outcome(effect: "Deny") == .none)
        #expect(try ConditionCase("ArnLike", ["not-an-arn"], "not-an-arn", false).outcome(effect: "Deny") == .none)
        #expect(try ConditionCase("ArnNotLike", ["not-an-arn"], "not-an-arn", false).outcome(effect: "Deny") == .none)
        let variable = ConditionCase("ArnLike", ["${aws:RequestTag/p}"], user, false, with: ["aws:RequestTag/p": "not-an-arn"])
        #expect(try variable.outcome(effect: "Allow") == .none)
        #expect(try variable.outcome(effect: "Deny") == .deny)
    }
}
