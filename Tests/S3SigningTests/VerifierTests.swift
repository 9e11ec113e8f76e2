import Libcrypto
import S3Signing
import SigV4
import Testing

/// S3's answers to requests that are not signed as they should be.
@Suite struct VerifierTests {
    static let time = PresigningTests.time

    func refusal(_ request: ReceivedRequest, at time: SigningTime = time, region: String = "eu-west-1") -> String {
        let verifier = S3Verifier(region: region) { $0 == "AKIDEXAMPLE" ? PresigningTests.credentials : nil }
        do {
            _ = try verifier.verify(request, at: time)
            return "accepted"
        } catch { return "\(error.status) \(error.code)" }
    }

    func put(_ headers: [Header] = [Header("content-type", "image/png")], expires: Int = 60) throws -> ReceivedRequest {
        try PresigningTests.received(PresigningTests.signer().presign(PresigningTests.put(headers, expires: expires), at: Self.time))
    }

    func get() throws -> ReceivedRequest {
        let signed = try PresigningTests.signer().authorize(
            method: .get, key: ObjectKey("a b"), query: [QueryItem("versionId", "x y")], headers: [Header("Range", "bytes=0-9")],
            payload: .empty, at: Self.time)
        let target = "/" + signed.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)[2]
        return ReceivedRequest(
            method: "GET", target: target, headers: [Header("Host", "Storage.Example:9000")] + signed.headers)
    }

    @Test func aPeriodBeginsAndEnds() throws {
        let request = try put()
        #expect(refusal(request, at: Self.time.adding(seconds: -900)) == "accepted")
        #expect(refusal(request, at: Self.time.adding(seconds: -901)) == "403 AccessDenied")
        #expect(refusal(request, at: Self.time.adding(seconds: 59)) == "accepted")
        #expect(refusal(request, at: Self.time.adding(seconds: 60)) == "403 AccessDenied")
    }

    @Test(arguments: [
        ("X-Amz-Expires=60", "X-Amz-Expires=61", "403 SignatureDoesNotMatch"), ("X-Amz-Expires=60", "X-Amz-Expires=0", "403 AccessDenied"),
        ("X-Amz-Expires=60", "X-Amz-Expires=-1", "400 AuthorizationQueryParametersError"),
        ("X-Amz-Expires=60", "X-Amz-Expires=604801", "400 AuthorizationQueryParametersError"),
        ("X-Amz-Expires=60", "X-Amz-Expires=6e1", "400 AuthorizationQueryParametersError"),
        ("X-Amz-Expires=60", "X-Amz-Expires=99999999999999999999", "400 AuthorizationQueryParametersError"),
        ("X-Amz-Expires=60", "", "400 AuthorizationQueryParametersError"),
        ("X-Amz-Expires=60", "X-Amz-Expires=60&X-Amz-Expires=60", "400 AuthorizationQueryParametersError"),
        ("HMAC-SHA256", "HMAC-SHA512", "400 AuthorizationQueryParametersError"),
        ("%2Feu-west-1", "%2Fus-east-1", "400 AuthorizationQueryParametersError"),
        ("%2Fs3%2F", "%2Fsts%2F", "400 AuthorizationQueryParametersError"),
        ("%2F20231114", "%2F20231115", "400 AuthorizationQueryParametersError"),
        ("aws4_request", "aws5_request", "400 AuthorizationQueryParametersError"), ("AKIDEXAMPLE", "AKIDEXAMPLF", "403 InvalidAccessKeyId"),
        ("X-Amz-Date=20231114T221320Z", "X-Amz-Date=20231114T221321Z", "403 SignatureDoesNotMatch"),
        ("X-Amz-Date=20231114T221320Z", "X-Amz-Date=2023-11-14", "400 AuthorizationQueryParametersError"),
        ("to%2Fk%2Ben%3D%3D", "to%2Fk%2Ben", "400 InvalidToken"), ("&X-Amz-Security-Token=to%2Fk%2Ben%3D%3D", "", "403 InvalidAccessKeyId"),
        ("content-type%3Bhost", "host", "403 SignatureDoesNotMatch"), ("content-type%3Bhost", "content-type", "403 AccessDenied"),
        ("/bucket/k", "/bucket/l", "403 SignatureDoesNotMatch"), ("/bucket/k", "/bucket//k", "403 SignatureDoesNotMatch"),
        ("/bucket/k", "/bucket/%6b", "accepted"), ("/bucket/k", "/bucket/%zz", "400 InvalidURI"),
        ("/base/bucket/k", "base/bucket/k", "400 InvalidURI"),
        ("&X-Amz-Signature", "&x-id=PutObject&X-Amz-Signature", "403 SignatureDoesNotMatch"),
        ("&X-Amz-Signature", "&AWSAccessKeyId=a&X-Amz-Signature", "403 SignatureDoesNotMatch"),
        ("&X-Amz-Signature", "&Signature=a&X-Amz-Signature", "400 InvalidArgument"), ("X-Amz-Algorithm", "X-Amz-Algo", "403 AccessDenied"),
    ])
    func everyChangeOfAURLIsRefused(_ part: String, _ replacement: String, _ expected: String) throws {
        var request = try put()
        #expect(request.target.contains(part))
        request.target = request.target.replacing(part, with: replacement)
        #expect(refusal(request) == expected)
    }

    @Test func headersAreBoundAsSigned() throws {
        var request = try put()
        request.headers[1].value = "text/html"
        #expect(refusal(request) == "403 SignatureDoesNotMatch")
        request = try put()
        request.headers.append(Header("x-amz-acl", "public-read"))
        #expect(refusal(request) == "403 AccessDenied")
        request = try put()
        request.headers.append(Header("Authorization", "AWS4-HMAC-SHA256 x"))
        #expect(refusal(request) == "400 InvalidArgument")
        request = try put()
        request.headers[0].value = "evil.example:9000"
        #expect(refusal(request) == "403 SignatureDoesNotMatch")
        request = try put()
        request.method = "DELETE"
        #expect(refusal(request) == "403 SignatureDoesNotMatch")
        #expect(refusal(try put(), region: "us-east-1") == "400 AuthorizationQueryParametersError")
        #expect(refusal(ReceivedRequest(method: "GET", target: "/bucket/k", headers: [Header("Host", "h")])) == "403 AccessDenied")
    }

    /// `:443` is not in the URL of `https`, but in that of `http`; a client may send it in `Host` in either case.
    @Test(arguments: [("http", ":443", ""), ("https", ":80", ""), ("https", "", ":443"), ("http", "", ":80")])
    func aPortIsSignedWhereItIsNotTheSchemesOwn(_ scheme: String, _ signed: String, _ sent: String) throws {
        let location = try S3Location(
            endpoint: Endpoint(baseURL: "\(scheme)://storage.example\(signed)", region: "eu-west-1"), bucket: BucketName("bucket"),
            style: .path)
        let signer = S3Signer(credentials: PresigningTests.credentials, location: location)
        var request = try PresigningTests.received(signer.presign(PresigningTests.put(), at: Self.time))
        #expect(request.headers[0] == Header("Host", "storage.example\(signed)"))
        request.headers[0].value += sent
        #expect(refusal(request) == "accepted")
        request.headers[0].value = "storage.example:8080"
        #expect(refusal(request) == "403 SignatureDoesNotMatch")
    }

    @Test func headerSignaturesAreCheckedToo() throws {
        let request = try get()
        #expect(refusal(request) == "accepted")
        #expect(refusal(request, at: Self.time.adding(seconds: 900)) == "accepted")
        #expect(refusal(request, at: Self.time.adding(seconds: 901)) == "403 RequestTimeTooSkewed")
        #expect(refusal(request, at: Self.time.adding(seconds: -901)) == "403 RequestTimeTooSkewed")
        #expect(refusal(request, region: "us-east-1") == "400 AuthorizationHeaderMalformed")
        let changes: [(String, String?, String)] = [
            ("Range", "bytes=0-99", "403 SignatureDoesNotMatch"), ("x-amz-date", nil, "403 AccessDenied"),
            ("x-amz-date", "x", "403 AccessDenied"),
            ("x-amz-content-sha256", nil, "400 InvalidRequest"), ("x-amz-content-sha256", "lies", "400 InvalidArgument"),
            ("x-amz-content-sha256", "UNSIGNED-PAYLOAD", "403 SignatureDoesNotMatch"),
            ("x-amz-security-token", "other", "400 InvalidToken"),
            ("x-amz-security-token", nil, "403 InvalidAccessKeyId"), ("Authorization", "AWS AKIDEXAMPLE:x", "400 InvalidRequest"),
            ("Authorization", "Basic x", "400 InvalidArgument"),
        ]
        for (name, value, expected) in changes {
            var changed = request
            let index = try #require(changed.headers.firstIndex { $0.name == name })
            if let value { changed.headers[index].value = value } else { changed.headers.remove(at: index) }
            #expect(refusal(changed) == expected, "\(name) \(value ?? "missing")")
        }
    }

    @Test func aRefusalTellsWhatWasCompared() throws {
        var request = try put()
        request.headers[1].value = "text/html"
        let error = #expect(throws: S3Error.self) { try PresigningTests.verifier.verify(request, at: Self.time) }
        let details = Dictionary(uniqueKeysWithValues: (error?.details ?? []).map { ($0.name, $0.value) })
        #expect(details["CanonicalRequest"]?.contains("content-type:text/html") == true)
        #expect(details["StringToSign"]?.hasPrefix("AWS4-HMAC-SHA256\n20231114T221320Z\n") == true)
        #expect(details["AWSAccessKeyId"] == "AKIDEXAMPLE")
    }

    @Test func aHostileNumberOfParametersEndsSoon() throws {
        var request = try put()
        request.target += String(repeating: "&a=b", count: 50_000)
        #expect(refusal(request) == "403 SignatureDoesNotMatch")
    }
}
