import SigV4

// What a request says about its body, whose it is, and other ways of saying so.
extension HostileTable {
    private static let mismatch = "403 SignatureDoesNotMatch"
    private static let denied = "403 AccessDenied"
    private static let hash = "x-amz-content-sha256"

    static let payloads: [HostileCase] = hashes + digests + checksums

    private static let hashes: [HostileCase] =
        [
            .altered("another body", .authorizedPut, "400 XAmzContentSHA256Mismatch", by: .bucket) { $0.body = Array("123456780".utf8) },
            .altered("a longer body", .authorizedPut, "400 XAmzContentSHA256Mismatch", by: .bucket) { $0.body += Array("0".utf8) },
            .altered("no body", .authorizedPut, "400 XAmzContentSHA256Mismatch", by: .bucket) { $0.body = [] },
            .signed("the hash of another body", .authorizedPut, "400 XAmzContentSHA256Mismatch", by: .bucket) {
                $0.payload = String(repeating: "0", count: 64)
            },
            .signed("the hash of another body", .presignedPut, "400 XAmzContentSHA256Mismatch", by: .bucket) {
                $0.payload = String(repeating: "0", count: 64)
                $0.headers.append(Header(hash, String(repeating: "0", count: 64)))
            },
            .altered("another hash", .authorizedPut, mismatch) { $0[header: hash] = String(repeating: "0", count: 64) },
            .altered("no hash", .authorizedPut, "400 InvalidRequest") { $0.removeHeader(hash) },
            .altered("an unsigned body", .authorizedPut, mismatch) { $0[header: hash] = "UNSIGNED-PAYLOAD" },
            .altered("a body in chunks", .authorizedPut, mismatch) { $0[header: hash] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" },
            .altered("an unsigned body in chunks", .presignedPut, mismatch) { $0.add(hash, "STREAMING-UNSIGNED-PAYLOAD-TRAILER") },
            .altered("two hashes", .authorizedPut, "400 InvalidArgument") { $0.add(hash, $0[header: hash]) },
            .signed("no hash, though signed for one", .authorizedPut, "400 InvalidRequest") { $0.omitsPayloadHeader = true },
        ]
        + ["", "lies", "unsigned-payload", "UNSIGNED-PAYLOAD,", String(repeating: "0", count: 63), String(repeating: "g", count: 64)].map {
            (value: String) -> HostileCase in
            .signed("the hash '\(value)'", .authorizedPut, "400 InvalidArgument") { $0.payload = value }
        }

    /// Each of the cases replaces the value of a header that is signed, so that only the body tells that it is wrong.
    private static func bound(
        _ base: BaseRequest, _ header: String, good: String, bad: [(name: String, value: String, expected: String)]
    ) -> [HostileCase] {
        bad.map { name, value, expected in
            .signed("\(header): \(name)", base, expected, by: .bucket) {
                $0.headers.append(Header(header, good))
            } _: {
                $0.headers[$0.headers.count - 1].value = value
            }
        }
    }

    private static let digests: [HostileCase] = [BaseRequest.presignedPut, .authorizedPut].flatMap { base in
        bound(
            base, "content-md5", good: "JfnnlDI7RTiF9RgfG2JNCw==",
            bad: [
                ("of another body", "1B2M2Y8AsgTpgAmY7PhCfg==", "400 BadDigest"), ("too short", "JfnnlDI7RTg=", "400 InvalidDigest"),
                ("too long", "JfnnlDI7RTiF9RgfG2JNCwAA", "400 InvalidDigest"), ("empty", "", "400 InvalidDigest"),
                ("in hexadecimal", "25f9e794323b453885f5181f1b624d0b", "400 InvalidDigest"),
                ("without padding", "JfnnlDI7RTiF9RgfG2JNCw", "400 InvalidDigest"),
                ("in the URL's alphabet", "__nnlDI7RTiF9RgfG2JNCw==", "400 InvalidDigest"),
                ("with bits behind its end", "JfnnlDI7RTiF9RgfG2JNCx==", "400 InvalidDigest"),
            ])
    }

    private static let checksums: [HostileCase] =
        [
            ("crc32", "y/Q5Jg==", "AAAAAA=="), ("crc32c", "4waSgw==", "y/Q5Jg=="), ("crc64nvme", "rosUhgp5mIg=", "AAAAAAAAAAA="),
            ("sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
            ("sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        ].flatMap { (algorithm: String, good: String, wrong: String) in
            [BaseRequest.presignedPut, .authorizedPut].flatMap { base in
                bound(
                    base, "x-amz-checksum-\(algorithm)", good: good,
                    bad: [
                        ("of another body", wrong, "400 BadDigest"), ("too short", "AAAA", "400 InvalidRequest"),
                        ("not base 64", String(repeating: "*", count: good.count), "400 InvalidRequest"),
                        ("empty", "", "400 InvalidRequest"),
                    ])
                    + [
                        .signed("two checksums, \(algorithm) one of them", base, "400 InvalidRequest", by: .bucket) {
                            $0.headers.append(Header("x-amz-checksum-\(algorithm)", good))
                        } _: {
                            $0.headers.append(Header("x-amz-checksum-\(algorithm == "crc32" ? "crc32c" : "crc32")", "y/Q5Jg=="))
                        },
                        .signed("another algorithm named than \(algorithm)", base, "400 InvalidRequest", by: .bucket) {
                            $0.headers.append(Header("x-amz-checksum-\(algorithm)", good))
                        } _: {
                            $0.headers.append(Header("x-amz-sdk-checksum-algorithm", algorithm == "crc32" ? "SHA256" : "CRC32"))
                        },
                    ]
            }
        } + [
            .signed("a checksum's algorithm that is none", .presignedPut, "400 InvalidRequest", by: .bucket) {
                $0.headers.append(Header("x-amz-sdk-checksum-algorithm", "CRC16"))
            },
            .signed("an algorithm without a checksum", .presignedPut, "400 InvalidRequest", by: .bucket) {
                $0.headers.append(Header("x-amz-sdk-checksum-algorithm", "CRC32"))
            },
        ]

    static let tokens: [HostileCase] =
        [
            .altered("no token", .presignedTemporaryPut, "403 InvalidAccessKeyId") { $0.remove("X-Amz-Security-Token") },
            .altered("no token", .authorizedTemporaryPut, "403 InvalidAccessKeyId") { $0.removeHeader("x-amz-security-token") },
            .altered("another token", .presignedTemporaryPut, "400 InvalidToken") { $0.set("X-Amz-Security-Token", "other") },
            .altered("another token", .authorizedTemporaryPut, "400 InvalidToken") { $0[header: "x-amz-security-token"] = "other" },
            .altered("an empty token", .presignedTemporaryPut, "400 InvalidToken") { $0.set("X-Amz-Security-Token", "") },
            .altered("a shortened token", .presignedTemporaryPut, "400 InvalidToken") { $0.set("X-Amz-Security-Token", "token%2B%2F") },
            .altered("a token with its plus left bare", .presignedTemporaryPut, "400 InvalidToken") {
                $0.set("X-Amz-Security-Token", "token+%2F%3D")
            },
            .altered("a token in capitals", .authorizedTemporaryPut, "400 InvalidToken") {
                $0[header: "x-amz-security-token"] = "TOKEN+/="
            },
            .altered("two tokens", .presignedTemporaryPut, "400 InvalidToken") { $0.query.append("X-Amz-Security-Token=token%2B%2F%3D") },
            .altered("two tokens", .authorizedTemporaryPut, "400 InvalidToken") { $0.add("x-amz-security-token", "token+/=") },
            .altered("the token in a header, too", .presignedTemporaryPut, "400 InvalidToken") {
                $0.add("x-amz-security-token", "token+/=")
            },
            .altered("the token moved to a header", .presignedTemporaryPut, denied) {
                $0.remove("X-Amz-Security-Token")
                $0.add("x-amz-security-token", "token+/=")
            },
            .signed("signed without the token", .presignedTemporaryPut, "403 InvalidAccessKeyId") { $0.token = nil },
            .signed("signed without the token", .authorizedTemporaryPut, "403 InvalidAccessKeyId") { $0.token = nil },
            .signed("signed with another token", .presignedTemporaryPut, "400 InvalidToken") { $0.token = "other" },
            .signed("signed with another token", .authorizedTemporaryPut, "400 InvalidToken") { $0.token = "other" },
            .signed("signed for a permanent key with a token", .presignedPut, "400 InvalidToken") { $0.token = "token+/=" },
            .signed("signed for a permanent key with a token", .authorizedPut, "400 InvalidToken") { $0.token = "token+/=" },
            .altered("a token added", .presignedPut, "400 InvalidToken") { $0.query.append("X-Amz-Security-Token=token%2B%2F%3D") },
            .altered("a token added", .authorizedPut, "400 InvalidToken") { $0.add("x-amz-security-token", "token+/=") },
            // The right token, added after signing, as some other services take it.
            HostileCase(
                name: "the token added unsigned", base: "presignedTemporaryPut", expected: mismatch, judge: .verifier,
                variants: { [unsignedToken(.presignedTemporaryPut) { $0.query.append("X-Amz-Security-Token=token%2B%2F%3D") }] }),
            HostileCase(
                name: "the token added unsigned", base: "authorizedTemporaryPut", expected: denied, judge: .verifier,
                variants: { [unsignedToken(.authorizedTemporaryPut) { $0.add("x-amz-security-token", "token+/=") }] }),
        ]

    private static func unsignedToken(_ base: BaseRequest, _ add: (inout WireRequest) -> Void) -> HostileCase.Variant {
        var draft = base.draft
        let valid = draft.signed()
        draft.token = nil
        var altered = draft.signed()
        add(&altered)
        return HostileCase.Variant(signer: "page", valid: HostileCase.Message(valid), altered: HostileCase.Message(altered))
    }

    /// Requests of nobody, and signed in ways that S3 has given up or never had.
    static let mechanisms: [HostileCase] =
        [BaseRequest.authorizedPut, .authorizedGet, .authorizedDelete].flatMap { base in
            [
                .altered("anonymous", base, denied) { anonymous(&$0) },
                .altered("signature version 2", base, "400 InvalidRequest") {
                    anonymous(&$0)
                    $0.add("Date", "Thu, 02 Jan 2025 03:04:05 GMT")
                    $0.add("Authorization", "AWS AKIDWRITER:9dmxWAPaQlsL4oxNtV5uxIcFGl0=")
                },
                .altered("signature version 2 in the query", base, "400 InvalidRequest") {
                    anonymous(&$0)
                    $0.query += ["AWSAccessKeyId=AKIDWRITER", "Expires=1735787945", "Signature=9dmxWAPaQlsL4oxNtV5uxIcFGl0%3D"]
                },
            ]
        } + [
            .altered("anonymous", .presignedPut, denied) { $0.query = [] },
            .altered("anonymous, for HEAD", .authorizedGet, "403 -") {
                anonymous(&$0)
                $0.method = "HEAD"
            },
            .altered("anonymous, for a list", .authorizedGet, denied) {
                anonymous(&$0)
                $0.path = "/photos"
                $0.query = ["list-type=2"]
            },
            .altered("anonymous, for the list of buckets", .authorizedGet, denied) {
                anonymous(&$0)
                $0.path = "/"
                $0.query = []
            },
            .altered("a signature of version 2 besides one of version 4", .presignedPut, "400 InvalidArgument") {
                $0.query += ["AWSAccessKeyId=AKIDWRITER", "Expires=1735787945", "Signature=x"]
            },
        ]
        + [
            "Basic QUtJRFdSSVRFUjp3cml0ZXItc2VjcmV0", "Bearer token", "Bearer", "Digest username=\"AKIDWRITER\"", "Negotiate YII=",
            "AKIDWRITER",
            "AWS4-HMAC-SHA256-PAYLOAD x", "AWS3 AKIDWRITER:x", "AWS4-HMAC-SHA25", "Signature x",
        ].map { (value: String) -> HostileCase in
            .altered("Authorization: \(value)", .authorizedPut, "400 InvalidArgument") { $0[header: "Authorization"] = value }
        }

    private static func anonymous(_ request: inout WireRequest) {
        for name in ["Authorization", "x-amz-date", hash] { request.removeHeader(name) }
    }
}
