import S3Policy
import Testing

@Suite("Policy variables")
struct VariableTests {
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
