import S3Policy
import Testing

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
            ("\"*\"", "\"arn:aws:s3:::b/x\""), ("[\"arn:aws:s3:::b\", \"arn:aws:s3:::b/*\"]", "\"arn:aws:s3:::b/*\""),
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
