import SigV4

// When and for where a request is signed.
extension HostileTable {
    private static let mismatch = "403 SignatureDoesNotMatch"
    private static let badQuery = "400 AuthorizationQueryParametersError"
    private static let badHeader = "400 AuthorizationHeaderMalformed"

    static let times: [HostileCase] = expiries + moments

    private static let expiries: [HostileCase] =
        [
            ("expiry 0", "0", "403 AccessDenied"), ("expiry -1", "-1", badQuery), ("expiry 604801", "604801", badQuery),
            ("the largest expiry", "9223372036854775807", badQuery), ("an expiry beyond 64 bits", "9223372036854775808", badQuery),
            ("the smallest expiry", "-9223372036854775808", badQuery), ("a word as expiry", "never", badQuery), ("no expiry", "", badQuery),
            ("an expiry with an exponent", "9e2", badQuery), ("a hexadecimal expiry", "0x384", badQuery),
            ("an expiry with a fraction", "900.0", badQuery), ("an expiry with a blank", "%20900", badQuery),
            ("an expiry with a blank behind", "900+", badQuery), ("an expiry with a NUL", "900%00", badQuery),
            ("two expiries in one", "900,900", badQuery),
        ].map { (name: String, value: String, expected: String) in
            .signed(name, .presignedPut, expected) { $0.expires = value }
        }
        + [
            ("a longer expiry", "901"), ("the longest expiry", "604800"), ("a shorter expiry", "60"), ("an expiry with a zero", "0900"),
            ("an expiry with a sign", "%2B900"),
        ].map { (name: String, value: String) in
            .altered("\(name) after signing", .presignedPut, mismatch) { $0.set("X-Amz-Expires", value) }
        }

    private static let moments: [HostileCase] =
        [
            .signed("expired this second", .presignedPut, "403 AccessDenied") { $0.time = "20250102T024905Z" },
            .signed("expired a week ago", .presignedPut, "403 AccessDenied") {
                $0.time = "20241226T030405Z"
                $0.scope[0] = "20241226"
                $0.expires = "604800"
            },
            .signed("expired at midnight", .presignedGet, "403 AccessDenied") {
                $0.time = "20250101T235959Z"
                $0.scope[0] = "20250101"
                $0.expires = "1"
            },
            .signed("16 minutes ahead", .presignedPut, "403 AccessDenied") { $0.time = "20250102T032005Z" },
            .signed("15 minutes and a second ahead", .presignedGet, "403 AccessDenied") { $0.time = "20250102T031906Z" },
            .signed("a year ahead", .presignedPut, "403 AccessDenied") {
                $0.time = "20260102T030405Z"
                $0.scope[0] = "20260102"
            },
            .signed("15 minutes and a second ahead", .authorizedPut, "403 RequestTimeTooSkewed") { $0.time = "20250102T031906Z" },
            .signed("15 minutes and a second ago", .authorizedPut, "403 RequestTimeTooSkewed") { $0.time = "20250102T024904Z" },
            .signed("a day ago", .authorizedGet, "403 RequestTimeTooSkewed") {
                $0.time = "20250101T030405Z"
                $0.scope[0] = "20250101"
            },
            .altered("a later date", .presignedPut, mismatch) { $0.set("X-Amz-Date", "20250102T030406Z") },
            .altered("an earlier date", .presignedGet, mismatch) { $0.set("X-Amz-Date", "20250102T030404Z") },
            .altered("a later date", .authorizedPut, mismatch) { $0[header: "x-amz-date"] = "20250102T030406Z" },
            .altered("another date in a Date header does not help", .authorizedPut, "403 RequestTimeTooSkewed") {
                $0[header: "x-amz-date"] = "20250102T010406Z"
                $0.add("Date", "Thu, 02 Jan 2025 03:04:05 GMT")
            },
            .altered("two dates", .authorizedPut, "403 AccessDenied") { $0.add("x-amz-date", "20250102T030405Z") },
            .signed("no date", .authorizedPut, "403 AccessDenied") { $0.omitsDate = true },
        ]
        + [
            "2025-01-02T03:04:05Z", "20250102T030405", "20250102t030405z", "20250102 030405Z", "20250102T0304Z", "20250102T240000Z",
            "20250102T036005Z", "20250102T030460Z", "20250229T030405Z", "20251301T030405Z", "20250100T030405Z", "20250102T030405+0000",
            "1735787045", "20250102T030405.5Z", "",
        ].flatMap { (date: String) in
            [
                HostileCase.signed("the date '\(date)'", .presignedPut, badQuery) { $0.time = date },
                HostileCase.signed("the date '\(date)'", .authorizedPut, "403 AccessDenied") { $0.time = date },
            ]
        }

    static let scopes: [HostileCase] = scopes(.presignedPut, badQuery, badQuery) + scopes(.authorizedPut, badHeader, "400 InvalidArgument")

    private static func scopes(_ base: BaseRequest, _ badScope: String, _ badAlgorithm: String) -> [HostileCase] {
        let algorithms = ["AWS4-HMAC-SHA512", "AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256-PAYLOAD", "HMAC-SHA256", "AWS4-HMAC-SHA256,"]
        return wrongScopes.map { name, scope in HostileCase.signed("scope: \(name)", base, badScope) { $0.scope = scope } }
            + algorithms.map { text in HostileCase.signed("algorithm: \(text)", base, badAlgorithm) { $0.algorithm = text } }
    }

    private static let wrongScopes: [(name: String, scope: [String])] = [
        ("another region", ["20250102", "us-east-1", "s3", "aws4_request"]),
        ("the region in capitals", ["20250102", "EU-WEST-1", "s3", "aws4_request"]),
        ("no region", ["20250102", "", "s3", "aws4_request"]),
        ("a region with a blank", ["20250102", "eu-west-1 ", "s3", "aws4_request"]),
        ("any region", ["20250102", "*", "s3", "aws4_request"]), ("another service", ["20250102", "eu-west-1", "sts", "aws4_request"]),
        ("the service in capitals", ["20250102", "eu-west-1", "S3", "aws4_request"]),
        ("no service", ["20250102", "eu-west-1", "", "aws4_request"]), ("yesterday", ["20250101", "eu-west-1", "s3", "aws4_request"]),
        ("tomorrow", ["20250103", "eu-west-1", "s3", "aws4_request"]),
        ("a date in another form", ["2025-01-02", "eu-west-1", "s3", "aws4_request"]),
        ("no date", ["", "eu-west-1", "s3", "aws4_request"]),
        ("a date in other digits", ["２０２５０１０２", "eu-west-1", "s3", "aws4_request"]),
        ("another terminator", ["20250102", "eu-west-1", "s3", "aws5_request"]),
        ("the terminator in capitals", ["20250102", "eu-west-1", "s3", "AWS4_REQUEST"]),
        ("no terminator", ["20250102", "eu-west-1", "s3"]),
        ("an empty terminator", ["20250102", "eu-west-1", "s3", ""]),
        ("a part behind the terminator", ["20250102", "eu-west-1", "s3", "aws4_request", "x"]),
        ("region and service exchanged", ["20250102", "s3", "eu-west-1", "aws4_request"]), ("no scope", []),
    ]
}
