import HTTPTypes
import HummingbirdTesting
import Libcrypto
import S3Signing
import SigV4
import Testing

@testable import LocalBucket

/// Operations on a bucket itself, and on many objects at once.
@Suite struct BucketTests {
    private static func constraint(_ region: String) -> String {
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>\(region)</LocationConstraint>"
            + "</CreateBucketConfiguration>"
    }

    @Test func creatingABucketThatIsThere() async throws {
        try await withBucket { bucket async throws in
            let again = try await bucket.send(.put, nil, body: Self.constraint("eu-west-1"))
            #expect(again.refusal == "409 BucketAlreadyOwnedByYou")
            #expect(again.element("BucketName") == "photos")
            #expect(try await bucket.send(.put, nil, body: "").refusal == "400 IllegalLocationConstraintException")
            #expect(
                try await bucket.send(.put, nil, body: Self.constraint("us-west-2")).refusal == "400 IllegalLocationConstraintException")
            #expect(try await bucket.send(.put, nil, body: "<Create>").refusal == "400 MalformedXML")
            #expect(try await bucket.send(.put, nil, body: "", bucket: "photos.archive").refusal == "409 BucketAlreadyExists")
        }
    }

    /// S3's oldest region answers as if it had just been created.
    @Test func creatingABucketThatIsThereInTheFirstRegion() async throws {
        try await withBucket(change: { $0.region = "us-east-1" }) { bucket async throws in
            let endpoint = try Endpoint(baseURL: "http://localhost", region: "us-east-1")
            let request = try TestBucket.signer(endpoint: endpoint).authorize(method: .put, key: nil, payload: .empty, at: now)
            let answer = try await bucket.send("PUT", request.url, request.headers, body: nil)
            #expect(answer.status == .ok)
            #expect(answer.headers[.location] == "/photos")
        }
    }

    @Test func anotherBucketIsRefusedWithTheNamesThatThereAre() async throws {
        try await withBucket { bucket async throws in
            let answer = try await bucket.send(.put, nil, body: "", bucket: "another")
            #expect(answer.refusal == "403 AccessDenied")
            #expect(answer.element("Message")?.contains("serves the buckets that its configuration names (photos)") == true)
            let wrong = Credentials(accessKeyID: writer.accessKeyID, secretAccessKey: Secret("wrong"))
            #expect(try await bucket.send(.put, nil, body: "", as: wrong, bucket: "another").refusal == "403 SignatureDoesNotMatch")
            #expect(try await bucket.send(.head, nil, bucket: "another").status == .notFound)
            #expect(try await bucket.send(.delete, nil, bucket: "another").refusal == "404 NoSuchBucket")
        }
    }

    @Test func deletingABucket() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "x")
            #expect(try await bucket.send(.delete, nil).refusal == "409 BucketNotEmpty")
            try await bucket.send(.delete, "k")
            let answer = try await bucket.send(.delete, nil)
            #expect(answer.refusal == "403 AccessDenied")
            #expect(answer.element("Message")?.contains("configuration") == true)
            #expect(try await bucket.send(.head, nil).status == .ok)
        }
    }

    // MARK: DeleteObjects

    private static func md5(_ text: String) -> String {
        var digest = StreamingDigest(.md5)
        digest.update(Array(text.utf8))
        return Base64.encode(digest.finish())
    }

    private func delete(_ bucket: TestBucket, _ objects: String, quiet: Bool = false, md5: String? = nil) async throws -> TestResponse {
        let body = "<?xml version=\"1.0\"?>\n<Delete xmlns=\"\(XMLText.namespace)\">\(objects)<Quiet>\(quiet)</Quiet></Delete>"
        let headers = [("content-md5", md5 ?? Self.md5(body))]
        return try await bucket.send(.post, nil, query: [("delete", "")], headers: headers, body: body)
    }

    @Test func manyObjectsAreDeletedAtOnce() async throws {
        try await withBucket { bucket async throws in
            let keys = ["a", "b/1", "<&>", "\u{301}x", "é"]
            for key in keys { try await bucket.send(.put, key, body: "x") }
            let answer = try await self.delete(
                bucket, (keys + ["never was"]).map { "<Object><Key>\(XMLText.escape($0))</Key></Object>" }.joined())
            #expect(answer.status == .ok)
            #expect(answer.elements("Deleted") == (keys + ["never was"]).map { "<Key>\(XMLText.escape($0))</Key>" })
            #expect(answer.elements("Error") == [])
            #expect(try bucket.folder.files("photos/objects") == [])
        }
    }

    @Test func eachObjectHasItsOwnOutcome() async throws {
        try await withBucket { bucket async throws in
            for key in ["a", "b", "c"] { try await bucket.send(.put, key, body: "hello") }
            let long = String(repeating: "k", count: 1025)
            let objects = """
                <Object><Key>a</Key><ETag>"5d41402abc4b2a76b9719d911017c592"</ETag></Object>
                <Object><ETag>other</ETag><Key>b</Key></Object>
                <Object><Key>c</Key><VersionId>1</VersionId></Object>
                <Object><Key>gone</Key><ETag>*</ETag></Object>
                <Object><Key>\(long)</Key></Object>

                """
            let answer = try await self.delete(bucket, objects, quiet: true)
            #expect(answer.elements("Deleted") == [])
            #expect(answer.elements("Code") == ["PreconditionFailed", "NoSuchVersion", "NoSuchKey", "KeyTooLongError"])
            #expect(try await bucket.send(.get, nil).elements("Key") == ["b", "c"])
        }
    }

    @Test(arguments: [
        "", "<Object></Object>", "<Object><Key></Key></Object>", "<Object/>", "<Thing><Key>a</Key></Thing>", "<Object><Key>a</Object>",
        "<Object><Key>&nbsp;</Key></Object>", "<Object><Key>a</Key></Object></Delete><Delete>",
        String(repeating: "<Object><Key>a</Key></Object>", count: 1001),
    ])
    func documentsThatAreNoDeletion(objects: String) async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "a", body: "x")
            #expect(try await self.delete(bucket, objects).refusal == "400 MalformedXML")
            #expect(try await bucket.send(.head, "a").status == .ok)
        }
    }

    @Test func theDocumentMustBeTheOneThatWasDeclared() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "a", body: "x")
            let object = "<Object><Key>a</Key></Object>"
            #expect(try await self.delete(bucket, object, md5: "AAAAAAAAAAAAAAAAAAAAAA==").refusal == "400 BadDigest")
            let body = "<Delete>\(object)</Delete>"
            let query = [("delete", "")]
            #expect(try await bucket.send(.post, nil, query: query, body: body).refusal == "400 InvalidRequest")
            let checksum = [("x-amz-checksum-crc32", "AAAAAA==")]
            #expect(try await bucket.send(.post, nil, query: query, headers: checksum, body: body).refusal == "400 BadDigest")
            let other = try await bucket.send(
                .post, nil, query: query, headers: checksum, body: body, payload: .sha256(SHA256.hash("another document")))
            #expect(other.refusal == "400 XAmzContentSHA256Mismatch")
            let long = try await bucket.send(
                .post, nil, query: query, headers: checksum, body: String(repeating: " ", count: 9 << 20), payload: .unsigned)
            #expect(long.refusal == "400 MaxMessageLengthExceeded")
            #expect(try await bucket.send(.head, "a").status == .ok)
        }
    }
}
