import S3Signing
import Testing

@testable import Uploads

@Suite struct UploadRuleTests {
    private func fields(_ make: () throws -> UploadRule) -> [String] {
        do {
            _ = try make()
            return []
        } catch let error as InvalidValues {
            return error.problems.map { $0.field ?? "" }
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `a POST rule is not single-use, has an UUID in its key and lives shortly`() throws {
        #expect(fields { try rule(method: .post, once: true) } == ["once"])
        #expect(fields { try rule(key: "{caller}/fixed", method: .post) } == ["key"])
        #expect(fields { try rule(lifetime: 901, method: .post) } == ["lifetime"])
        #expect(fields { try rule(key: "{caller}/fixed", lifetime: 3600, method: .post, once: true) } == ["once", "key", "lifetime"])
        #expect(fields { try rule(lifetime: 900, method: .post) } == [])
    }

    private static let sizes: [(minimum: Int64, maximum: Int64, expected: [String])] = [
        (0, 0, ["maximumSize"]), (1, 5 << 30, []), (1, (5 << 30) + 1, ["maximumSize"]), (-1, 10, ["minimumSize"]),
        (11, 10, ["minimumSize"]), (0, 1, []),
    ]

    @Test(arguments: sizes)
    func `sizes are between nothing and 5 GiB`(minimum: Int64, maximum: Int64, expected: [String]) {
        #expect(fields { try rule(minimum: minimum, maximum: maximum) } == expected)
    }

    @Test(arguments: [(0, false), (1, true), (604_800, true), (604_801, false), (-5, false)])
    func `a ticket lives up to seven days`(seconds: Int, loads: Bool) {
        #expect(fields { try rule(lifetime: seconds) }.isEmpty == loads)
    }

    @Test func `callers cannot replace each other's files`() throws {
        #expect(fields { try rule(key: "shared/{yyyy}{ext}", once: false) } == ["key"])
        #expect(fields { try rule(key: "{caller}/avatar{ext}", once: false) } == [])
        #expect(fields { try rule(key: "shared/logo{ext}") } == [])
    }

    @Test func `a key with the checksum needs one`() {
        #expect(fields { try rule(key: "{caller}/{sha256}") } == ["key"])
        #expect(fields { try rule(key: "{caller}/{sha256}", checksum: .required) } == [])
    }

    @Test func `names, metadata and headers are checked`() throws {
        #expect(fields { try rule("a/b") } == ["name"])
        #expect(fields { try rule("") } == ["name"])
        #expect(fields { try rule(contentTypes: []) } == ["contentTypes"])
        #expect(fields { try rule(metadata: ["Caption"]) } == ["metadata"])
        #expect(fields { try rule(metadata: ["x-amz-meta-a"]) } == ["metadata"])
        #expect(fields { try rule(metadata: ["a", "a"]) } == ["metadata"])
        #expect(fields { try rule(metadata: ["a:b"]) } == ["metadata"])
        for value in ["a\r\nx: y", "", "ä", "${filename}", " a", "a  b"] {
            #expect(fields { try rule(cacheControl: value) } == ["cacheControl"], "\(value)")
        }
    }

    @Test func `tags are S3's`() throws {
        let tag = try ObjectTag(key: "project", value: "a b/ü")
        #expect(fields { try rule(tags: [tag, tag]) } == ["tags"])
        #expect(fields { try rule(tags: (0..<11).map { try ObjectTag(key: "k\($0)", value: "") }) } == ["tags"])
        #expect(try UploadRule.taggingHeader(of: rule(tags: [tag]).uploadTags) == "project=a%20b%2F%C3%BC")
        for (key, value) in [
            ("", "x"), ("aws:x", "x"), ("AWS:x", "x"), ("a<b", ""), ("a", "b&c"), ("a", "\r\n"), (String(repeating: "k", count: 129), ""),
        ] {
            #expect(throws: InvalidValue.self) { try ObjectTag(key: key, value: value) }
        }
    }

    @Test func `what the provider lacks does not load`() throws {
        let rules = [try rule("forms", method: .post), try rule("tagged", tags: [ObjectTag(key: "a", value: "b")])]
        let endpoint = try Endpoint(baseURL: "https://account.r2.cloudflarestorage.com", region: "auto")
        let bucket = try S3Location(endpoint: endpoint, bucket: BucketName("example-staging"))
        let error = #expect(throws: InvalidValues.self) {
            try UploadEnvironment(name: "staging", location: bucket, provider: .r2, rules: rules)
        }
        #expect(error?.problems.map(\.field) == ["rules.forms.method", "rules.tagged.tags"])
        let b2 = try UploadEnvironment(name: "staging", location: bucket, provider: .b2, rules: [rule(once: false)])
        let refusal = #expect(throws: Refusal.self) { try b2.check(request(sha256: emptySHA256)) }
        #expect(refusal?.code == .invalidChecksum && refusal?.detail.contains("does not verify checksums") == true)
    }

    @Test func `a KMS key is one of the bucket's region`() throws {
        func problems(_ key: String) -> [String] {
            let error = #expect(throws: (any Error).self) {
                _ = try office(rule(encryption: .kms(keyID: key, bucketKey: true)))
                throw InvalidValues([])
            }
            return (error as? InvalidValues)?.problems.map(\.message) ?? []
        }
        #expect(problems("arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab").isEmpty)
        #expect(problems("alias/uploads").isEmpty)
        #expect(problems("arn:aws:kms:us-east-1:111122223333:key/1").first?.contains("us-east-1") == true)
        #expect(problems("arn:aws:s3:::bucket").count == 1)
        #expect(problems("key\r\nx: y").count == 1)
    }

    @Test(arguments: ["", "a--b", "a-", "Staging", "1st", "a_b", "a/b", "..", String(repeating: "a", count: 33)])
    func `an environment's name is a folder and a part of variables`(name: String) {
        #expect(throws: InvalidValues.self) {
            try UploadEnvironment(name: name, location: location(), provider: .aws, rules: [rule()])
        }
    }

    @Test(arguments: [
        "cdn.example.com", "http://cdn.example.com", "https://cdn.example.com/?x", "https://cdn.example.com/#", "javascript:alert(1)",
        "https://", "https://a b/",
    ])
    func `a public base is an https URL`(url: String) {
        #expect(throws: InvalidValues.self) { try office(rule(), publicBaseURL: url) }
    }
}
