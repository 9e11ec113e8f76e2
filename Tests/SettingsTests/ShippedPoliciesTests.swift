import Foundation
import S3Policy
import S3Signing
import Testing
import Uploads

@testable import Settings

/// The policies that the project ships load, agree with each other and do what the README's example asks.
@Suite struct ShippedPoliciesTests {
    /// The list under one key of a JSON document.
    private func list(_ key: String, in environment: String, _ file: String) throws -> [[String: Any]] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(shippedPolicies)/\(environment)/\(file)"))
        let document = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        return try #require(document?[key] as? [[String: Any]])
    }

    @Test func `both environments have four rules and a bucket of their own`() throws {
        let environments = try PolicyFolder.environments(in: shippedPolicies)
        #expect(environments.map(\.name) == ["production", "staging"])
        #expect(Set(environments.map(\.location.bucket)).count == 2)
        #expect(Set(environments.flatMap { $0.allowedOrigins.map(\.text) }).count == environments.map(\.allowedOrigins.count).reduce(0, +))
        for environment in environments {
            #expect(environment.rules.map(\.name) == ["avatars", "documents", "attachments", "videos"])
            #expect(environment.rules.map(\.method) == [.put, .put, .post, .multipart])
            #expect(environment.rules.map(\.once) == [true, true, false, true])
        }
    }

    @Test(arguments: ["staging", "production"])
    func `the example request passes`(name: String) throws {
        let environment = try PolicyFolder.environments(in: shippedPolicies, named: [name])[0]
        let example = UploadRequest(rule: "avatars", filename: "a.png", size: 68, type: "image/png")
        #expect(try environment.check(example).sizeBytes == 68...68)
        #expect(throws: Refusal.self) {
            try environment.check(UploadRequest(rule: "attachments", filename: "a.svg", size: 68, type: "image/svg+xml"))
        }
    }

    @Test(arguments: ["staging", "production"])
    func `the bucket's CORS rules let the environment's pages upload`(name: String) throws {
        let environment = try PolicyFolder.environments(in: shippedPolicies, named: [name])[0]
        let found = try PolicyFolder.corsConfiguration(in: shippedPolicies, environment: name)
        let cors = try #require(found)
        #expect(cors.rules.flatMap(\.allowedOrigins) == environment.allowedOrigins.map(\.text))
        #expect(
            cors.rules[0].allowedHeaders == [
                "content-type", "if-none-match", "content-md5", "content-disposition", "cache-control", "x-amz-*",
            ])
        #expect(cors.rules[0].exposeHeaders == ["ETag", "Location", "x-amz-version-id"])
        let origin = environment.allowedOrigins[0].text
        let headers = [
            "content-type", "if-none-match", "content-disposition", "cache-control", "x-amz-checksum-sha256", "x-amz-meta-caption",
        ]
        #expect(cors.match(origin: origin, method: "PUT", headers: headers) != nil)
        #expect(cors.match(origin: origin, method: "POST", headers: []) != nil)
        #expect(cors.match(origin: "https://elsewhere.example.net", method: "PUT", headers: []) == nil)
    }

    @Test(arguments: ["staging", "production"])
    func `the signer may do what uploading and confirming needs under the rules' prefixes and nothing else`(name: String) throws {
        let environment = try PolicyFolder.environments(in: shippedPolicies, named: [name])[0]
        let statements = try list("Statement", in: name, "signer-policy.json")
        #expect(statements.count == 2 && statements.allSatisfy { $0["Effect"] as? String == "Allow" })
        #expect(statements[0]["Action"] as? [String] == ["s3:PutObject", "s3:GetObject"])
        #expect(statements[1]["Action"] as? [String] == ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"])
        let arn = "arn:aws:s3:::\(environment.location.bucket)"
        #expect(statements[0]["Resource"] as? [String] == environment.rules.map { "\(arn)/\($0.keyTemplate.text.prefix { $0 != "/" })/*" })
        #expect(statements[1]["Resource"] as? String == "\(arn)/videos/*")
        #expect(environment.rules.allSatisfy { $0.tags.isEmpty && $0.encryption == nil })
    }

    @Test(arguments: ["staging", "production"])
    func `the bucket policy denies only, and names this bucket`(name: String) throws {
        let environment = try PolicyFolder.environments(in: shippedPolicies, named: [name])[0]
        let statements = try list("Statement", in: name, "bucket-policy.json")
        let arn = "arn:aws:s3:::\(environment.location.bucket)"
        for statement in statements {
            #expect(statement["Effect"] as? String == "Deny")
            let resources = statement["Resource"] as? [String] ?? [statement["Resource"] as? String ?? ""]
            #expect(resources.allSatisfy { $0 == arn || $0.hasPrefix(arn + "/") })
        }
        let replacing = try #require(statements.first { $0["Sid"] as? String == "DenyReplacingObjects" })
        #expect(replacing["Resource"] as? [String] == environment.rules.filter(\.once).map { "\(arn)/\($0.name)/*" })
        func conditions(_ sid: String) -> [String: [String: String]]? {
            statements.first { $0["Sid"] as? String == sid }?["Condition"] as? [String: [String: String]]
        }
        #expect(
            conditions("DenyReplacingObjects") == [
                "Null": ["s3:if-none-match": "true"], "Bool": ["s3:ObjectCreationOperation": "true"],
            ])
        #expect(conditions("DenyPlainHTTP") == ["Bool": ["aws:SecureTransport": "false"]])
        #expect(conditions("DenyOldTLS") == ["NumericLessThan": ["s3:TlsVersion": "1.2"]])
        // The oldest signature that the policy takes is older than any ticket lives.
        let old = try #require(statements.first { $0["Sid"] as? String == "DenyOldSignatures" })
        let milliseconds = (old["Condition"] as? [String: [String: String]])?["NumericGreaterThan"]?["s3:signatureAge"].flatMap { Int($0) }
        #expect(try #require(milliseconds) > 1000 * (environment.rules.map(\.lifetimeSeconds).max() ?? 0))
    }

    @Test(arguments: ["staging", "production"])
    func `unfinished multipart uploads are aborted`(name: String) throws {
        let rules = try list("Rules", in: name, "lifecycle.json")
        #expect(rules.contains { $0["AbortIncompleteMultipartUpload"] != nil && $0["Status"] as? String == "Enabled" })
    }
}
