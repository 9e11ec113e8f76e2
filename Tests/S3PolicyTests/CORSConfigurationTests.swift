import S3Policy
import Testing

@Suite struct CORSConfigurationTests {
    private let rules = CORSConfiguration(rules: [
        CORSRule(
            id: "uploads", allowedOrigins: ["https://app.example.com", "https://deploy-*--site.netlify.app"],
            allowedMethods: ["PUT", "POST"], allowedHeaders: ["content-type", "x-amz-*"], exposeHeaders: ["ETag"], maxAgeSeconds: 600),
        CORSRule(allowedOrigins: ["*"], allowedMethods: ["GET"]),
    ])

    @Test(arguments: [
        ("https://app.example.com", "PUT", ["Content-Type"], 0),
        ("https://app.example.com", "PUT", ["X-Amz-Meta-Name", "x-amz-"], 0),
        ("https://deploy-1--site.netlify.app", "POST", [], 0),
        ("https://deploy---site.netlify.app", "POST", [], 0),
        ("https://app.example.com", "GET", [], 1),
        ("https://anybody.example", "GET", [], 1),
        ("null", "GET", [], 1),
    ])
    func allows(origin: String, method: String, headers: [String], index: Int) {
        #expect(self.rules.match(origin: origin, method: method, headers: headers) == self.rules.rules[index])
    }

    @Test(arguments: [
        ("https://app.example.com.evil.example", "PUT", []),
        ("http://app.example.com", "PUT", []),
        ("https://APP.example.com", "PUT", []),
        ("https://app.example.com/", "PUT", []),
        ("https://deploy-site.netlify.app", "PUT", []),
        ("https://app.example.com", "put", []),
        ("https://app.example.com", "DELETE", []),
        ("https://app.example.com", "PUT", ["content-type", "authorization"]),
        ("https://anybody.example", "GET", ["content-type"]),
        ("", "PUT", []),
    ])
    func refuses(origin: String, method: String, headers: [String]) {
        #expect(self.rules.match(origin: origin, method: method, headers: headers) == nil)
    }

    @Test func theTwoSidesOfAStarDoNotOverlap() {
        let rule = CORSRule(allowedOrigins: ["https://ab*ba"], allowedMethods: ["GET"])
        #expect(!rule.allows(origin: "https://aba"))
        #expect(rule.allows(origin: "https://abba"))
        #expect(rule.allows(origin: "https://ab-ba"))
    }

    @Test func canonicallyEquivalentTextIsNotTheSameOrigin() {
        let rule = CORSRule(allowedOrigins: ["https://caf\u{e9}.example"], allowedMethods: ["GET"])
        #expect(!rule.allows(origin: "https://cafe\u{301}.example"))
    }

    @Test func onlyABareStarIsEveryOrigin() {
        #expect(self.rules.rules[1].allowsAnyOrigin(matching: "https://x.example"))
        #expect(!self.rules.rules[0].allowsAnyOrigin(matching: "https://deploy-1--site.netlify.app"))
        let named = CORSRule(allowedOrigins: ["https://x.example", "*"], allowedMethods: ["GET"])
        #expect(!named.allowsAnyOrigin(matching: "https://x.example"))
        #expect(named.allowsAnyOrigin(matching: "https://y.example"))
    }

    @Test func readsTheDocumentOfTheCommandLine() throws {
        let text = """
            {"CORSRules":[{"AllowedHeaders":["content-type"],"AllowedMethods":["PUT"],"AllowedOrigins":["https://a.example"],\
            "ExposeHeaders":["ETag"],"ID":"one","MaxAgeSeconds":3000},{"AllowedMethods":["GET"],"AllowedOrigins":["*"]}]}
            """
        let (configuration, findings) = CORSConfiguration.read(JSONDocument(text))
        let rules = try #require(configuration).rules
        #expect(findings.isEmpty)
        #expect(rules.count == 2)
        #expect(rules[0].maxAgeSeconds == 3000)
        #expect(rules[1].allowedHeaders == [])
    }

    @Test(arguments: [
        (#"{"CORSRules":[{"AllowedOrigin":["*"],"AllowedMethods":["GET"]}]}"#, "S3_CORS_UNKNOWN_ELEMENT", "\"AllowedOrigin\""),
        (#"{"CORSRules":[],"Rules":[]}"#, "S3_CORS_UNKNOWN_ELEMENT", "\"Rules\""),
        (#"{"CORSRules":[]}"#, "S3_CORS_INVALID_VALUE", "[]"),
        (#"{"CORSRules":[{"AllowedOrigins":"*","AllowedMethods":["GET"]}]}"#, "S3_CORS_INVALID_VALUE", "\"*\""),
        (#"{"CORSRules":[{"AllowedOrigins":["*"],"AllowedMethods":["GET","PATCH"]}]}"#, "S3_CORS_INVALID_VALUE", "\"PATCH\""),
        (#"{"CORSRules":[{"AllowedOrigins":["*"],"AllowedMethods":["GET"],"MaxAgeSeconds":"1"}]}"#, "S3_CORS_INVALID_VALUE", "\"1\""),
        (#"{"CORSRules":[{"AllowedOrigins":["*"],"AllowedMethods":["GET"],}]}"#, "JSON_SYNTAX_ERROR", ","),
    ])
    func aMistakeIsToldAtItsPlace(text: String, code: String, excerpt: String) {
        let document = JSONDocument(text)
        let findings = CORSConfiguration.read(document).findings
        #expect(findings.contains { $0.code.name == code && document.text[$0.ranges[0]] == excerpt })
    }

    @Test func everyProblemIsToldAtOnce() {
        let document = CORSConfiguration(rules: [
            CORSRule(
                id: String(repeating: "i", count: 256), allowedOrigins: ["https://*.*.example", "", "https://a.example/"],
                allowedMethods: ["GET", "OPTIONS"], allowedHeaders: ["x-*-*", ""], exposeHeaders: ["x-*", ""], maxAgeSeconds: -1),
            CORSRule(allowedOrigins: [], allowedMethods: []),
        ])
        #expect(
            document.problems().map(\.path) == [
                "CORSRules[0].AllowedOrigins[0]", "CORSRules[0].AllowedOrigins[1]", "CORSRules[0].AllowedOrigins[2]",
                "CORSRules[0].AllowedMethods[1]", "CORSRules[0].AllowedHeaders[0]", "CORSRules[0].AllowedHeaders[1]",
                "CORSRules[0].ExposeHeaders[0]", "CORSRules[0].ExposeHeaders[1]", "CORSRules[0].MaxAgeSeconds", "CORSRules[0].ID",
                "CORSRules[1].AllowedOrigins", "CORSRules[1].AllowedMethods",
            ])
        #expect(document.problems()[0].description.contains("more than one *"))
        #expect(document.problems()[3].message.contains("OPTIONS"))
    }

    @Test func noRulesAndTooManyRulesAreProblems() {
        let rule = CORSRule(allowedOrigins: ["*"], allowedMethods: ["GET"])
        #expect(CORSConfiguration(rules: []).problems().count == 1)
        #expect(CORSConfiguration(rules: Array(repeating: rule, count: 100)).problems() == [])
        #expect(CORSConfiguration(rules: Array(repeating: rule, count: 101)).problems().map(\.path) == ["CORSRules"])
    }
}
