import Foundation
import S3Policy
import Testing

/// Every code that AWS documents has a rule, or a reason why no bucket policy can get it.
@Suite("IAM Access Analyzer's codes")
struct AccessAnalyzerCodeTests {
    struct Documented: Sendable {
        let name: String
        let type: FindingType
    }

    static let documented: [Documented] = try! String(
        contentsOf: Bundle.module.resourceURL!.appending(path: "Fixtures/access-analyzer-codes.tsv"), encoding: .utf8
    ).split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
        let fields = line.split(separator: "\t")
        return Documented(name: String(fields[0]), type: FindingType(rawValue: String(fields[1]))!)
    }

    /// Those of the rules, and the one of what is not JSON.
    static let own: [IssueCode] = {
        let unreadable = PolicyValidator().findings(in: JSONDocument("{"), kind: .bucket).map(\.code)
        return (ValidationRules.all.flatMap { $0.codes } + Set(unreadable)).filter { $0.origin == .accessAnalyzer }
    }()

    @Test("All 153 are there, each by a rule or with a reason")
    func allCodes() {
        let documented = Set(Self.documented.map(\.name))
        let inapplicable = Set(InapplicableCode.all.map(\.name))
        #expect(documented.count == 153)
        #expect(Set(Self.own.map(\.name)).union(inapplicable) == documented)
        #expect(inapplicable.count == 39 && InapplicableCode.all.count == 39)
        #expect(InapplicableCode.all.allSatisfy { $0.reason.hasSuffix(".") })
    }

    @Test("Each rule's code has the type that AWS gives it")
    func types() {
        let types = Dictionary(uniqueKeysWithValues: Self.documented.map { ($0.name, $0.type) })
        for code in Self.own { #expect(types[code.name] == code.type, "\(code)") }
    }

    @Test("No rule reports a code twice, and no two rules report the same")
    func distinct() {
        let names = ValidationRules.all.flatMap { $0.codes }.map(\.name)
        #expect(names.count == Set(names).count)
    }

    @Test("What no bucket policy can get is reported for other policies only, or never")
    func inapplicable() throws {
        let both = Set(Self.own.map(\.name)).intersection(InapplicableCode.all.map(\.name))
        #expect(both == ["UNSUPPORTED_PRINCIPAL", "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"])
        for fixture in try FindingFixtureTests.fixtures("") where both.contains(fixture.code) {
            let findings = PolicyValidator().findings(in: try fixture.document(), kind: .bucket)
            #expect(findings.allSatisfy { !both.contains($0.code.name) })
        }
    }

    @Test(
        "Links lead to the code's own paragraph of AWS's page",
        arguments: [
            ("INVALID_ACTION", "error-invalid-action"), ("MISSING_VERSION", "general-warning-missing-version"),
            ("ALLOW_WITH_NOT_PRINCIPAL", "security-warning-allow-with-not-principal"),
            ("EMPTY_SID_VALUE", "suggestion-empty-sid-value"),
        ])
    func links(name: String, anchor: String) throws {
        let code = try #require(Self.own.first { $0.name == name })
        let page = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
        #expect(code.learnMoreLink == "\(page)#access-analyzer-reference-policy-checks-\(anchor)")
    }

    @Test("Links of what S3 refuses lead to the operation that refuses it")
    func refusalLinks() {
        let api = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_"
        for code in ValidationRules.all.flatMap({ $0.codes }) where code.origin == .s3 {
            #expect(code.learnMoreLink == "\(api)PutBucketPolicy.html")
        }
        #expect(IssueCode.corsInvalidValue.learnMoreLink == "\(api)PutBucketCors.html")
        #expect(IssueCode.lifecycleInvalidValue.learnMoreLink == "\(api)PutBucketLifecycleConfiguration.html")
    }
}
