import HTTPTypes
import HummingbirdTesting
import NIOCore
import S3Policy
import S3Signing
import SigV4
import Testing

/// What a page of another origin may do.
@Suite struct CORSTests {
    private static let app = "https://app.example.com"
    private static let document = CORSConfiguration(rules: [
        CORSRule(
            allowedOrigins: [app], allowedMethods: ["PUT", "POST"], allowedHeaders: ["content-type", "if-none-match", "x-amz-*"],
            exposeHeaders: ["ETag", "Location"], maxAgeSeconds: 600),
        CORSRule(allowedOrigins: ["*"], allowedMethods: ["GET"]),
    ])

    private func preflight(_ bucket: TestBucket, _ headers: [(String, String)], path: String = "/photos/k?X-Amz-Signature=x") async throws
        -> TestResponse
    {
        try await bucket.send("OPTIONS", path, headers.map { Header($0.0, $0.1) }, body: nil)
    }

    @Test func aPreflightThatMatches() async throws {
        try await withBucket(cors: Self.document) { bucket async throws in
            let answer = try await self.preflight(
                bucket,
                [
                    ("origin", Self.app), ("access-control-request-method", "PUT"),
                    ("access-control-request-headers", "Content-Type,x-amz-meta-a"),
                ])
            #expect(answer.status == .ok)
            #expect(answer.text == "")
            #expect(answer.headers[.accessControlAllowOrigin] == Self.app)
            #expect(answer.headers[.accessControlAllowMethods] == "PUT, POST")
            #expect(answer.headers[.accessControlAllowHeaders] == "content-type, x-amz-meta-a")
            #expect(answer.headers[.accessControlExposeHeaders] == "ETag, Location")
            #expect(answer.headers[.accessControlMaxAge] == "600")
            #expect(answer.headers[.accessControlAllowCredentials] == "true")
            #expect(answer.headers[.vary]?.contains("Origin") == true)
        }
    }

    @Test func everyOriginIsAnsweredWithAStar() async throws {
        try await withBucket(cors: Self.document) { bucket async throws in
            let answer = try await self.preflight(bucket, [("origin", "https://x.example"), ("access-control-request-method", "GET")])
            #expect(answer.headers[.accessControlAllowOrigin] == "*")
            #expect(answer.headers[.accessControlAllowCredentials] == nil)
        }
    }

    @Test(arguments: [
        [("origin", "https://evil.example"), ("access-control-request-method", "PUT")],
        [("origin", app), ("access-control-request-method", "DELETE")],
        [("origin", app), ("access-control-request-method", "PUT"), ("access-control-request-headers", "authorization")],
        [("origin", "\(app).evil.example"), ("access-control-request-method", "POST")],
    ])
    func aPreflightThatDoesNotMatch(headers: [(String, String)]) async throws {
        try await withBucket(cors: Self.document) { bucket async throws in
            let answer = try await self.preflight(bucket, headers)
            #expect(answer.refusal == "403 AccessForbidden")
            #expect(answer.element("Method") == headers[1].1)
            #expect(answer.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test func preflightsThatSayTooLittle() async throws {
        try await withBucket(cors: Self.document) { bucket async throws in
            #expect(try await self.preflight(bucket, [("access-control-request-method", "PUT")]).refusal == "400 BadRequest")
            #expect(try await self.preflight(bucket, [("origin", Self.app)]).refusal == "400 BadRequest")
            let odd = [("origin", Self.app), ("access-control-request-method", "TRACE")]
            #expect(try await self.preflight(bucket, odd).refusal == "400 BadRequest")
            let put = [("origin", Self.app), ("access-control-request-method", "PUT")]
            #expect(try await self.preflight(bucket, put, path: "/nowhere/k").refusal == "404 NoSuchBucket")
        }
    }

    @Test func aBucketWithoutADocumentRefusesEveryPreflight() async throws {
        try await withBucket { bucket async throws in
            let answer = try await self.preflight(bucket, [("origin", Self.app), ("access-control-request-method", "GET")])
            #expect(answer.refusal == "403 AccessForbidden")
            #expect(answer.element("Message") == "CORSResponse: CORS is not enabled for this bucket.")
        }
    }

    @Test func actualAnswersAndRefusalsCanBeRead() async throws {
        try await withBucket(cors: Self.document) { bucket async throws in
            let put = try await bucket.presigned(.put, "k", headers: [("origin", Self.app)], body: "x")
            #expect(put.status == .ok)
            #expect(put.headers[.accessControlAllowOrigin] == Self.app)
            #expect(put.headers[.accessControlExposeHeaders] == "ETag, Location")
            let refused = try await bucket.send("PUT", "/photos/k", [Header("origin", Self.app)], body: .init(string: "x"))
            #expect(refused.refusal == "403 AccessDenied")
            #expect(refused.headers[.accessControlAllowOrigin] == Self.app)
            let foreign = try await bucket.send("PUT", "/photos/k", [Header("origin", "https://evil.example")], body: .init(string: "x"))
            #expect(foreign.headers[.accessControlAllowOrigin] == nil)
            #expect(try await bucket.send(.get, "k").headers[.accessControlAllowOrigin] == nil)
        }
    }
}
