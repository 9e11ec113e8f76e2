import HTTPTypes
import HummingbirdTesting
import Libcrypto
import NIOCore
import S3Signing
import SigV4
import Testing

/// Who may do what: signatures, scope, time, access keys.
@Suite struct AuthenticationTests {
    @Test func unsignedRequestsAreDenied() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "secret")
            for method in ["GET", "PUT", "DELETE"] {
                let answer = try await bucket.send(method, "/photos/k", [], body: method == "PUT" ? ByteBuffer(string: "x") : nil)
                #expect(answer.refusal == "403 AccessDenied")
            }
            #expect(try await bucket.send("GET", "/photos?list-type=2", [], body: nil).refusal == "403 AccessDenied")
            #expect(try await bucket.send("GET", "/", [], body: nil).refusal == "403 AccessDenied")
            #expect(try await bucket.send(.get, "k").text == "secret")
        }
    }

    @Test func everyAlteredBitOfASignatureIsRefused() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "x")
            for position in [0, 1, 31, 62, 63] {
                let answer = try await bucket.presigned(.get, "k") { url in
                    var bytes = Array(url.utf8)
                    let index = bytes.count - 64 + position
                    bytes[index] = bytes[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
                    return String(decoding: bytes, as: UTF8.self)
                }
                #expect(answer.refusal == "403 SignatureDoesNotMatch")
                #expect(answer.element("StringToSign")?.hasPrefix("AWS4-HMAC-SHA256\n20250102T030405Z\n20250102/eu-west-1/s3/") == true)
            }
            #expect(try await bucket.presigned(.get, "k").status == .ok)
        }
    }

    @Test func everythingThatIsSignedIsBound() async throws {
        try await withBucket { bucket async throws in
            let headers = [("content-type", "image/png"), ("x-amz-meta-a", "b")]
            let request = try TestBucket.signer().presign(
                PresignRequest(
                    method: .put, key: try ObjectKey("a/k"), expiresSeconds: 60, headers: headers.map { Header($0.0, $0.1) }), at: now)
            let put = { (url: String, headers: [(String, String)]) in
                try await bucket.send("PUT", url, headers.map { Header($0.0, $0.1) }, body: ByteBuffer(string: "x")).refusal
            }
            #expect(try await put(request.url, [("content-type", "image/svg+xml"), headers[1]]) == "403 SignatureDoesNotMatch")
            #expect(try await put(request.url, [headers[0], ("x-amz-meta-a", "c")]) == "403 SignatureDoesNotMatch")
            #expect(try await put(request.url, headers + [("x-amz-meta-c", "d")]) == "403 AccessDenied")
            #expect(try await put(request.url, [headers[0]]) == "403 SignatureDoesNotMatch")
            #expect(try await put(request.url.replacing("a/k", with: "b/k"), headers) == "403 SignatureDoesNotMatch")
            #expect(try await put(request.url.replacing("a/k", with: "a//k"), headers) == "403 SignatureDoesNotMatch")
            #expect(try await put(request.url + "&x=y", headers) == "403 SignatureDoesNotMatch")
            #expect(
                try await bucket.send("GET", request.url, headers.map { Header($0.0, $0.1) }, body: nil).refusal
                    == "403 SignatureDoesNotMatch")
            #expect(try await put(request.url, headers) == "200 -")
        }
    }

    @Test func timeIsKept() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "x")
            #expect(try await bucket.presigned(.get, "k", expires: 60, at: now.adding(seconds: -59)).status == .ok)
            let expired = try await bucket.presigned(.get, "k", expires: 60, at: now.adding(seconds: -60))
            #expect(expired.refusal == "403 AccessDenied")
            #expect(expired.element("Message") == "Request has expired")
            #expect(try await bucket.presigned(.get, "k", at: now.adding(seconds: 900)).status == .ok)
            #expect(try await bucket.presigned(.get, "k", at: now.adding(seconds: 901)).refusal == "403 AccessDenied")
            #expect(try await bucket.send(.get, "k", at: now.adding(seconds: -900)).status == .ok)
            #expect(try await bucket.send(.get, "k", at: now.adding(seconds: -901)).refusal == "403 RequestTimeTooSkewed")
        }
    }

    @Test func regionAndServiceAreKept() async throws {
        try await withBucket { bucket async throws in
            let elsewhere = try TestBucket.signer(endpoint: try Endpoint(baseURL: "http://localhost", region: "us-east-1"))
            let header = try elsewhere.authorize(method: .get, key: try ObjectKey("k"), payload: .unsigned, at: now)
            let answer = try await bucket.send("GET", header.url, header.headers, body: nil)
            #expect(answer.refusal == "400 AuthorizationHeaderMalformed")
            #expect(answer.element("Region") == "eu-west-1")
            let query = try elsewhere.presign(PresignRequest(method: .get, key: try ObjectKey("k"), expiresSeconds: 60), at: now)
            #expect(try await bucket.send("GET", query.url, [], body: nil).refusal == "400 AuthorizationQueryParametersError")
        }
    }

    @Test func accessKeysBelongToBuckets() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "x")
            #expect(try await bucket.send(.get, "k", as: stranger).refusal == "403 AccessDenied")
            #expect(try await bucket.send(.put, "k", body: "y", as: stranger).refusal == "403 AccessDenied")
            #expect(try await bucket.send(.get, nil, query: [("list-type", "2")], as: stranger).refusal == "403 AccessDenied")
            let unknown = Credentials(accessKeyID: "AKIDNOBODY", secretAccessKey: Secret("secret"))
            #expect(try await bucket.send(.get, "k", as: unknown).refusal == "403 InvalidAccessKeyId")
            let imposter = Credentials(accessKeyID: writer.accessKeyID, secretAccessKey: Secret("guess"))
            #expect(try await bucket.send(.get, "k", as: imposter).refusal == "403 SignatureDoesNotMatch")
            #expect(try await bucket.send(.get, "k", as: temporary).text == "x")
            #expect(try await bucket.presigned(.get, "k", as: temporary).text == "x")
            let withoutToken = Credentials(accessKeyID: temporary.accessKeyID, secretAccessKey: temporary.secretAccessKey)
            #expect(try await bucket.send(.get, "k", as: withoutToken).status == .forbidden)
        }
    }

    @Test func bucketsAreAnsweredByName() async throws {
        try await withBucket { bucket async throws in
            #expect(try await bucket.send(.get, "k", bucket: "nowhere").refusal == "404 NoSuchBucket")
            #expect(try await bucket.send(.head, nil).headers[raw: "x-amz-bucket-region"] == "eu-west-1")
            #expect(try await bucket.send(.head, nil, bucket: "nowhere").status == .notFound)
            #expect(
                try await bucket.send(.get, nil, query: [("location", "")]).element(
                    "LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"") == nil)
            #expect(try await bucket.send(.get, nil, query: [("location", "")]).text.hasSuffix(">eu-west-1</LocationConstraint>"))
            let service = try TestBucket.signer().authorize(method: .get, key: nil, payload: .empty, at: now)
            #expect(service.url == "http://localhost/photos" || service.url == "http://localhost/photos/")
        }
    }

    /// The host names the bucket: alone, or before a dot. The longest name wins.
    @Test(arguments: [
        ("photos.localhost", "photos", writer), ("PHOTOS.s3.example:9000", "photos", writer), ("photos", "photos", writer),
        ("photos.archive.localhost:9000", "photos.archive", stranger),
    ])
    func virtualHostStyle(host: String, name: String, credentials: Credentials) async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "a/b c", body: "by path", as: credentials, bucket: name)
            // Signed by hand for the virtual host: an endpoint in path style whose path is the key.
            let signer = RequestSigner(credentials: credentials, region: "eu-west-1", service: "s3", rules: .s3)
            let request = SignableRequest(method: "GET", path: "/a/b%20c", query: [], headers: [Header("host", host.lowercased())])
            let signature = try signer.authorize(request, payload: .unsigned, declaresPayload: true, at: now)
            let answer = try await TestClient.withClient(host: "localhost", port: bucket.port) { client in
                try await client.execute(
                    .init("/a/b%20c", method: .get, authority: host, headers: HTTPFields(signature.headers)))
            }
            #expect(answer.status == .ok)
            #expect(answer.body.map { String(buffer: $0) } == "by path")
        }
    }
}
