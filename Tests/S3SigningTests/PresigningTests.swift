import Libcrypto
import S3Signing
import SigV4
import Testing

/// What the signer refuses, and that what it signs is accepted by the verifier, and nothing else.
@Suite struct PresigningTests {
    static let time = SigningTime(secondsSinceEpoch: 1_700_000_000)
    static let credentials = Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("secret"), sessionToken: "to/k+en==")

    static func location(_ style: AddressingStyle = .path) throws -> S3Location {
        try S3Location(
            endpoint: Endpoint(baseURL: "http://storage.example:9000/base", region: "eu-west-1"), bucket: BucketName("bucket"), style: style
        )
    }

    static func signer(_ style: AddressingStyle = .path) throws -> S3Signer {
        S3Signer(credentials: credentials, location: try location(style))
    }

    static let verifier = S3Verifier(region: "eu-west-1") { $0 == credentials.accessKeyID ? credentials : nil }

    static func received(_ signed: PresignedRequest) throws -> ReceivedRequest {
        let rest = try #require(signed.url.split(separator: "//", maxSplits: 1).last)
        let slash = try #require(rest.firstIndex(of: "/"))
        return ReceivedRequest(
            method: signed.method.rawValue, target: String(rest[slash...]),
            headers: [Header("Host", String(rest[..<slash]))] + signed.headers)
    }

    static func put(_ headers: [Header] = [], query: [QueryItem] = [], expires: Int = 60) throws -> PresignRequest {
        PresignRequest(method: .put, key: try ObjectKey("k"), expiresSeconds: expires, headers: headers, query: query)
    }

    @Test(arguments: [Int.min, -1, 0, 604_801, Int.max])
    func expiryOutsideAWeekIsRefused(_ seconds: Int) throws {
        let request = try Self.put(expires: seconds)
        let error = #expect(throws: SigningError.self) { try Self.signer().presign(request, at: Self.time) }
        #expect(error?.code == .expiryOutOfRange)
        #expect(error?.message.contains("604800") == true)
    }

    @Test(arguments: [
        ("x-amz-meta-a", "b\r\nx-evil: 1", SigningError.Code.invalidHeader), ("x-amz-meta-a", "b\0", .invalidHeader),
        ("x-amz-meta-a", "é", .invalidHeader), ("x y", "b", .invalidHeader), ("", "b", .invalidHeader),
        ("Host", "evil", .headerNotSignable),
        ("User-Agent", "b", .headerNotSignable), ("Connection", "close", .headerNotSignable), ("X-Amz-Date", "b", .reserved),
        ("Traceparent", "00-a-b-01", .headerNotSignable), ("tracestate", "a=b", .headerNotSignable), ("baggage", "a=b", .headerNotSignable),
        ("Authorization", "b", .reserved), ("X-Amz-Security-Token", "b", .reserved),
    ])
    func headersThatCannotBeSentAsSignedAreRefused(_ name: String, _ value: String, _ code: SigningError.Code) throws {
        let request = try Self.put([Header(name, value)])
        let error = #expect(throws: SigningError.self) { try Self.signer().presign(request, at: Self.time) }
        #expect(error?.code == code)
        #expect(error?.field == name)
    }

    @Test(arguments: [
        ("x-amz-acl", SigningError.Code.ignoredInQuery), ("X-Amz-Checksum-Sha256", .ignoredInQuery), ("x-amz-meta-a", .ignoredInQuery),
        ("x-amz-tagging", .ignoredInQuery), ("Signature", .reserved), ("AWSAccessKeyId", .reserved), ("X-Amz-Signature", .reserved),
        ("x-amz-expires", .reserved),
    ])
    func whatS3IgnoresInAQueryIsRefused(_ name: String, _ code: SigningError.Code) throws {
        let request = try Self.put(query: [QueryItem(name, "v")])
        let error = #expect(throws: SigningError.self) { try Self.signer().presign(request, at: Self.time) }
        #expect(error?.code == code)
    }

    @Test(arguments: [
        [("content-length", "abc")], [("content-length", "-1")], [("content-length", "+5")], [("Content-Length", "5368709121")],
        [("content-length", "")], [("content-length", "5"), ("Content-Length", "5")], [("x-amz-meta-a", "1"), ("X-AMZ-META-A", "2")],
    ])
    func headersThatNoClientSendsAreRefused(_ headers: [(String, String)]) throws {
        let request = try Self.put(headers.map { Header($0.0, $0.1) })
        let error = #expect(throws: SigningError.self) { try Self.signer().presign(request, at: Self.time) }
        #expect(error?.code == .invalidHeader)
        #expect(throws: Never.self) { try Self.signer().presign(Self.put([Header("content-length", "5368709120")]), at: Self.time) }
    }

    @Test func theSessionTokenIsASignedParameter() throws {
        let url = try Self.signer().presign(Self.put(), at: Self.time).url
        #expect(url.contains("&X-Amz-Security-Token=to%2Fk%2Ben%3D%3D&"))
    }

    @Test func randomRequestsVerifyAndTheirChangesDoNot() throws {
        var random = SplitMix(seed: 7)
        for round in 0..<1500 {
            let request = try PresignRequest(
                method: [.get, .put, .head, .delete, .post].randomElement(using: &random)!, key: ObjectKey(random.text(1...40)),
                expiresSeconds: .random(in: 1...604_800, using: &random),
                headers: (0..<Int.random(in: 0...5, using: &random)).map { Header("x-amz-meta-\($0)", random.ascii(0...20)) },
                query: (0..<Int.random(in: 0...4, using: &random)).map { _ in QueryItem("q" + random.text(0...6), random.text(0...12)) })
            let signed = try Self.signer(round % 2 == 0 ? .path : .virtualHost).presign(request, at: Self.time)
            let stages = try Self.signer(round % 2 == 0 ? .path : .virtualHost).stages(of: request, at: Self.time)
            #expect(signed.signature == stages.signature)
            let received = try Self.received(signed)
            let verified = try Self.verifier.verify(received, at: Self.time.adding(seconds: 0))
            #expect(verified.isPresigned && verified.expiresAt == signed.expiresAt)
            #expect(Set(verified.signedHeaders) == Set(signed.signedHeaders))
            let target = try #require(RequestTarget(received.target))
            #expect(target.path.utf8.elementsEqual((round % 2 == 0 ? "/base/bucket/" : "/base/").utf8 + Array(request.key!.name.utf8)))

            var changed = received
            var bytes = Array(changed.target.utf8)
            let position = Int.random(in: 1..<bytes.count, using: &random)
            bytes[position] = bytes[position] == 0x61 ? 0x62 : 0x61
            changed.target = String(decoding: bytes, as: UTF8.self)
            if RequestTarget(changed.target)?.path.utf8.elementsEqual(target.path.utf8) != true
                || RequestTarget(changed.target)?.query != target.query
            {
                #expect(throws: S3Error.self, "\(changed.target)") { try Self.verifier.verify(changed, at: Self.time) }
            }
        }
    }

    /// Endpoints, keys and times that are rare, and headers as they are typed: what is signed verifies until it expires.
    @Test func randomPlacesKeysAndTimesVerify() throws {
        let endpoints = [
            "https://s3.eu-west-1.amazonaws.com", "http://[::1]:9000/", "http://localhost:443", "https://Storage.Example:443/a%20b/",
            "http://127.0.0.1/a//b", "https://example.com:65535/~/%2525",
        ]
        var random = SplitMix(seed: 9)
        for _ in 0..<600 {
            let credentials = Credentials(
                accessKeyID: random.text(1...12), secretAccessKey: Secret(random.text(0...40)),
                sessionToken: Bool.random(using: &random) ? random.text(1...60) : nil)
            let location = try S3Location(
                endpoint: Endpoint(baseURL: endpoints.randomElement(using: &random)!, region: "eu-west-1"), bucket: BucketName("a.b"),
                style: .path)
            let time = SigningTime(secondsSinceEpoch: .random(in: -62_167_219_200...253_402_000_000, using: &random))
            let blanks = ["", " ", "\t ", "  "]
            let request = PresignRequest(
                method: .put, key: Bool.random(using: &random) ? try ObjectKey(random.text(1...40)) : nil, expiresSeconds: 900,
                headers: (0..<20).map { number in
                    Header(
                        "\(Bool.random(using: &random) ? "x-amz-meta-" : "X-")\(number)",
                        random.ascii(0...9) + blanks.randomElement(using: &random)! + "x")
                }, query: (0..<20).map { _ in QueryItem(random.text(0...2), random.text(0...2)) })
            var received = try Self.received(S3Signer(credentials: credentials, location: location).presign(request, at: time))
            // A client may write more blanks and another case than what is signed.
            for index in received.headers.indices.dropFirst() {
                received.headers[index].value =
                    blanks.randomElement(using: &random)! + received.headers[index].value.replacing(" ", with: " \t")
                received.headers[index].name = received.headers[index].name.uppercased()
            }
            let verifier = S3Verifier(region: "eu-west-1") { $0.utf8.elementsEqual(credentials.accessKeyID.utf8) ? credentials : nil }
            #expect(throws: Never.self, "\(received.target)") { try verifier.verify(received, at: time.adding(seconds: 899)) }
            #expect(throws: S3Error.self) { try verifier.verify(received, at: time.adding(seconds: 900)) }
        }
    }
}

/// A small seeded generator (SplitMix64), so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func text(_ length: ClosedRange<Int>) -> String {
        let odd: [UnicodeScalar] = [
            "/", ".", "%", "+", " ", "&", "=", "?", "#", "\\", "\"", "~", "$", "{", "}", "é", "😀", "\u{301}", "\n", "\0",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: length, using: &self) {
            scalars.append(
                Bool.random(using: &self) ? odd.randomElement(using: &self)! : UnicodeScalar(UInt8.random(in: 0x61...0x7A, using: &self)))
        }
        return String(scalars)
    }

    mutating func ascii(_ length: ClosedRange<Int>) -> String {
        String(decoding: (0..<Int.random(in: length, using: &self)).map { _ in UInt8.random(in: 0x20...0x7E, using: &self) }, as: UTF8.self)
    }
}
