import HTTPTypes
import HummingbirdTesting
import LocalBucket
import S3Policy
import S3Signing
import SigV4
import Testing

/// The bucket's policy stops whom it denies, whatever is signed.
@Suite struct BucketPolicyTests {
    private func withPolicy(_ statement: String, _ body: @Sendable @escaping (TestBucket) async throws -> Void) async throws {
        let text = "{\"Version\": \"2012-10-17\", \"Statement\": [\(statement)]}"
        let policy = try Policy(JSONDocument(text), kind: .bucket)
        try await withBucket(change: { settings in
            settings.buckets[0].policy = policy
            settings.buckets[0].policyBucketName = "the-real-bucket"
        }) { bucket in try await body(bucket) }
    }

    private static func deny(_ action: String, _ condition: String, key: String = "*") -> String {
        "{\"Sid\": \"No\", \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"\(action)\", \"Resource\": \"arn:aws:s3:::the-real-bucket/\(key)\", \"Condition\": \(condition)}"
    }

    @Test func aDenialNamesItsStatement() async throws {
        try await withPolicy(Self.deny("s3:PutObject", "{\"Null\": {\"s3:if-none-match\": \"true\"}}", key: "once/*")) {
            bucket async throws in
            let answer = try await bucket.send(.put, "once/a", body: "x")
            #expect(answer.refusal == "403 AccessDenied")
            #expect(answer.element("PolicyStatement") == "No")
            #expect(answer.text.contains("s3:PutObject with an explicit deny in a resource-based policy"))
            #expect(try await bucket.send(.put, "once/a", headers: [("if-none-match", "*")], body: "x").status == .ok)
            #expect(try await bucket.send(.put, "other/a", body: "x").status == .ok)
            #expect(try await bucket.send(.get, "once/a").status == .ok)
        }
    }

    @Test func theAgeOfASignatureCounts() async throws {
        try await withPolicy(Self.deny("s3:*", "{\"NumericGreaterThan\": {\"s3:signatureAge\": \"60000\"}}")) { bucket async throws in
            #expect(try await bucket.presigned(.put, "a", body: "x", at: now.adding(seconds: -30)).status == .ok)
            #expect(try await bucket.presigned(.put, "a", body: "x", at: now.adding(seconds: -90)).refusal == "403 AccessDenied")
        }
    }

    @Test func tagsAndTheKindOfSignatureCount() async throws {
        let tags = Self.deny("s3:PutObjectTagging", "{\"StringEquals\": {\"s3:RequestObjectTag/team\": \"red\"}}")
        let header = Self.deny("s3:DeleteObject", "{\"StringEquals\": {\"s3:authType\": \"REST-HEADER\"}}")
        try await withPolicy("\(tags), \(header)") { bucket async throws in
            #expect(try await bucket.send(.put, "a", headers: [("x-amz-tagging", "team=red")], body: "x").refusal == "403 AccessDenied")
            #expect(try await bucket.send(.put, "a", headers: [("x-amz-tagging", "team=blue")], body: "x").status == .ok)
            #expect(try await bucket.send(.delete, "a").refusal == "403 AccessDenied")
            #expect(try await bucket.presigned(.delete, "a").status == .noContent)
        }
    }

    /// Tags that come as a document count as those of headers do.
    @Test func tagsInABodyCount() async throws {
        let red = Self.deny("s3:PutObjectTagging", "{\"StringEquals\": {\"s3:RequestObjectTag/team\": \"red\"}}")
        try await withPolicy(red) { bucket async throws in
            try await bucket.send(.put, "a", body: "x")
            let document = { (team: String) in "<Tagging><TagSet><Tag><Key>team</Key><Value>\(team)</Value></Tag></TagSet></Tagging>" }
            #expect(try await bucket.send(.put, "a", query: [("tagging", "")], body: document("red")).refusal == "403 AccessDenied")
            #expect(try await bucket.send(.put, "a", query: [("tagging", "")], body: document("blue")).status == .ok)
            let tagged = [("x-amz-tagging", "team=red")]
            #expect(try await bucket.send(.post, "b", query: [("uploads", "")], headers: tagged).refusal == "403 AccessDenied")
        }
    }

    /// AWS's own way to demand single-use uploads: whatever makes an object must be conditional, and parts need not be.
    @Test func aConditionThatIsDemandedIsDemandedOfTheCompletion() async throws {
        let once = Self.deny(
            "s3:PutObject", "{\"Null\": {\"s3:if-none-match\": \"true\"}, \"Bool\": {\"s3:ObjectCreationOperation\": \"true\"}}")
        try await withPolicy(once) { bucket async throws in
            let upload = try await TestUpload(bucket)
            let part = try await upload.part(1, "x")
            #expect(try await upload.complete([(1, part)]).refusal == "403 AccessDenied")
            #expect(try await upload.complete([(1, part)], headers: [("if-none-match", "*")]).status == .ok)
        }
    }

    private static let multipartActions: [(String, String)] = [
        ("s3:PutObject", "PUT POST"), ("s3:AbortMultipartUpload", "DELETE"), ("s3:ListMultipartUploadParts", "GET"),
    ]

    @Test(arguments: multipartActions)
    func everyStepOfAMultipartUploadHasItsAction(action: String, methods: String) async throws {
        let aged = Self.deny(action, "{\"NumericGreaterThan\": {\"s3:signatureAge\": \"60000\"}}")
        try await withPolicy(aged) { bucket async throws in
            let upload = try await TestUpload(bucket)
            let part = try await upload.part(1, "x")
            let steps: [(S3Method, [(String, String)], String?)] = [
                (.get, [], nil), (.put, [("partNumber", "1")], "x"), (.post, [], TestUpload.document([(1, part)])), (.delete, [], nil),
            ]
            for (method, query, body) in steps {
                let answer = try await bucket.presigned(
                    method, "k", query: query + [("uploadId", upload.id)], body: body, at: now.adding(seconds: -90))
                let isDenied = answer.refusal == "403 AccessDenied"
                #expect(isDenied == methods.contains(method.rawValue), "\(method.rawValue) \(answer.text)")
            }
        }
    }

    @Test func openUploadsAreListedForWhomThePolicyLets() async throws {
        let statement =
            "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:ListBucketMultipartUploads\", \"Resource\": \"arn:aws:s3:::the-real-bucket\"}"
        try await withPolicy(statement) { bucket async throws in
            #expect(try await bucket.send(.get, nil, query: [("uploads", "")]).refusal == "403 AccessDenied")
            #expect(try await bucket.send(.get, nil, query: [("list-type", "2")]).status == .ok)
        }
    }

    @Test func theShippedDenialsOfPlainHTTPDoNotStopThisMachine() async throws {
        try await withPolicy(Self.deny("s3:*", "{\"Bool\": {\"aws:SecureTransport\": \"false\"}}")) { bucket async throws in
            #expect(try await bucket.send(.put, "a", body: "x").status == .ok)
        }
    }

    @Test func anAllowLetsNobodyInWithoutASignature() async throws {
        let allow =
            "{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:aws:s3:::the-real-bucket/*\"}"
        try await withPolicy(allow) { bucket async throws in
            #expect(try await bucket.send("GET", "/photos/a", [], body: nil).refusal == "403 AccessDenied")
        }
    }
}
