import SigV4

// Forms: their fields and the policies that bind them.
extension HostileTable {
    private static let mismatch = "403 SignatureDoesNotMatch"
    private static let denied = "403 AccessDenied"
    private static let argument = "400 InvalidArgument"
    private static let invalid = "400 InvalidPolicyDocument"

    static let forms: [HostileCase] = brokenConditions + addedFields + signatureFields + envelopes

    private static let brokenConditions: [HostileCase] = [
        .alteredForm("another key", denied) { $0["key"] = "a/l" }, .alteredForm("a key in capitals", denied) { $0["key"] = "A/K" },
        .alteredForm("a longer key", denied) { $0["key"] += "2" }, .alteredForm("an empty key", denied) { $0["key"] = "" },
        .alteredForm("a key with a NUL behind", denied) { $0["key"] += "\u{0}" },
        .alteredForm("a key with the file's name", denied) { $0["key"] = "a/${filename}" },
        .alteredForm("a key with blanks", denied) { $0["key"] = " a/k " },
        .alteredForm("another type", denied) { $0["Content-Type"] = "text/html" },
        .alteredForm("a type before the one allowed", denied) { $0["Content-Type"] = "text/html,image/png" },
        .alteredForm("a type behind the one allowed", denied) { $0["Content-Type"] = "image/png,text/html" },
        .alteredForm("a type behind a blank", denied) { $0["Content-Type"] = "image/png, image/gif" },
        .alteredForm("a type in capitals", denied) { $0["Content-Type"] = "IMAGE/PNG" },
        .alteredForm("no type", denied) { $0.remove("Content-Type") },
        .alteredForm("other metadata", denied) { $0["x-amz-meta-user"] = "eve" },
        .alteredForm("empty metadata", denied) { $0["x-amz-meta-user"] = "" },
        .alteredForm("longer metadata", denied) { $0["x-amz-meta-user"] = "ada,eve" },
        .alteredForm("no metadata", denied) { $0.remove("x-amz-meta-user") },
        .alteredForm("another status", denied) { $0["success_action_status"] = "200" },
        .alteredForm("no status", denied) { $0.remove("success_action_status") },
        .alteredForm("another bucket's address", denied, by: .bucket) { $0.path = "/photos.archive/" },
        .alteredForm("another bucket's host", denied, by: .bucket) {
            $0.path = "/"
            $0.host = "photos.archive.localhost"
        },
        .alteredForm("a bucket that is not there", "404 NoSuchBucket", by: .bucket) { $0.path = "/photo/" },
        .alteredForm("posted to the key", denied, by: .bucket) { $0.path = "/photos/a/k" },
        .alteredForm("too large a file", "400 EntityTooLarge") { $0["file"] = "1234567890123" },
        .alteredForm("much too large a file", "400 EntityTooLarge") { $0["file"] = String(repeating: "x", count: 300_000) },
        .alteredForm("too small a file", "400 EntityTooSmall") { $0["file"] = "12" },
        .alteredForm("an empty file", "400 EntityTooSmall") { $0["file"] = "" },
    ]

    private static let addedFields: [HostileCase] =
        [
            ("acl", "public-read"), ("x-amz-acl", "public-read"), ("tagging", "<Tagging><TagSet/></Tagging>"),
            ("Cache-Control", "no-store"),
            ("Content-Disposition", "inline"), ("x-amz-meta-b", "c"), ("x-amz-storage-class", "GLACIER"),
            ("x-amz-server-side-encryption", "AES256"),
            ("success_action_redirect", "https://evil.example/"), ("redirect", "https://evil.example/"), ("x-amz-security-scope", "x"),
            ("submit", ""),
            ("filename", "cat.png"), ("x-ignore", "x"), ("AWSAccessKeyId", "AKIDWRITER"), ("signature", "x"), ("x-amz-expires", "900"),
            ("x-amz-signedheaders", "host"), ("x-amz-checksum-crc32", "y/Q5Jg=="), ("", "x"),
        ].map { (name: String, value: String) in
            .alteredForm("the field '\(name)' added", denied) { $0.add(name, value) }
        }
        + [
            ("key", "a/k", denied), ("key", "", denied), ("KEY", "a/l", denied), ("Content-Type", "text/html", denied),
            ("content-type", "", denied),
            ("x-amz-meta-user", "eve", denied), ("X-Amz-Meta-User", "ada", denied), ("policy", "e30=", mismatch), ("Policy", "", mismatch),
            ("x-amz-signature", "", mismatch), ("X-Amz-Signature", String(repeating: "0", count: 64), mismatch),
            ("x-amz-date", "20250102T030405Z", argument), ("x-amz-algorithm", "AWS4-HMAC-SHA256", argument),
        ].flatMap { (name: String, value: String, expected: String) in
            [
                HostileCase.alteredForm("a second '\(name)': '\(value.prefix(12))'", expected) { $0.add(name, value) },
                HostileCase.alteredForm("a second '\(name)' in front: '\(value.prefix(12))'", expected) { $0.addFirst(name, value) },
            ]
        }

    private static let signatureFields: [HostileCase] =
        ["policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "key"].flatMap { name in
            [
                HostileCase.alteredForm("no \(name)", argument) { $0.remove(name) },
                HostileCase.alteredForm("\(name) misspelt", argument) { $0.rename(name, name + "_") },
                HostileCase.alteredForm("\(name) behind the file", argument) {
                    let value = $0[name]
                    $0.remove(name)
                    $0.parts.append(FormPart(name, value))
                },
            ]
        } + [
            .alteredForm("nothing of the signature", denied) {
                for name in ["policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"] { $0.remove(name) }
            },
            .alteredForm("an old signature alone", denied) {
                for name in ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "policy"] { $0.remove(name) }
                $0.add("AWSAccessKeyId", "AKIDWRITER")
                $0.add("signature", "x")
            },
            .alteredForm("another signature", mismatch) { $0["x-amz-signature"] = String(repeating: "0", count: 64) },
            .alteredForm("a signature in capitals", mismatch) { $0["x-amz-signature"] = $0["x-amz-signature"].uppercased() },
            .alteredForm("a signature cut short", mismatch) { $0["x-amz-signature"].removeLast() },
            .alteredForm("a signature with a line end", mismatch) { $0["x-amz-signature"] += "\r\n" },
            .alteredForm("another algorithm", argument) { $0["x-amz-algorithm"] = "AWS4-HMAC-SHA512" },
            .alteredForm("a credential that is none", argument) { $0["x-amz-credential"] = "AKIDWRITER" },
            .alteredForm("an unknown access key", "403 InvalidAccessKeyId") {
                $0["x-amz-credential"] = "AKIDNOBODY/20250102/eu-west-1/s3/aws4_request"
            },
            .alteredForm("an access key with a Kelvin sign", "403 InvalidAccessKeyId") {
                $0["x-amz-credential"] = "A\u{212A}IDWRITER/20250102/eu-west-1/s3/aws4_request"
            },
            .alteredForm("another's access key", mismatch) { $0["x-amz-credential"] = "AKIDSTRANGER/20250102/eu-west-1/s3/aws4_request" },
            .alteredForm("a later date", denied) { $0["x-amz-date"] = "20250102T030406Z" },
            .alteredForm("a date that is none", argument) { $0["x-amz-date"] = "2025-01-02" },
            .alteredForm("a token added", "400 InvalidToken") { $0.add("x-amz-security-token", "token+/=") },
        ]

    private static let envelopes: [HostileCase] = [
        .alteredForm("the file in front", argument) { $0.parts.insert($0.parts.removeLast(), at: 0) },
        .alteredForm("no file", argument, by: .bucket) { $0.parts.removeLast() },
        .alteredForm("a field in place of the file", argument, by: .bucket) { $0.rename("file", "upload") },
        .alteredForm("two files", argument, by: .bucket) { $0.parts.append(FormPart("file", "another", filename: "b")) },
        .alteredForm("a file by another name's case besides", argument, by: .bucket) {
            $0.parts.append(FormPart("FILE", "another", filename: "b"))
        },
        .alteredForm("no form", "412 PreconditionFailed", by: .bucket) { $0.type = "application/x-www-form-urlencoded" },
        .alteredForm("another multipart", "412 PreconditionFailed", by: .bucket) {
            $0.type = "multipart/mixed; boundary=----WebKitFormBoundaryABC123"
        },
        .alteredForm("no boundary", "400 MalformedPOSTRequest", by: .bucket) { $0.type = "multipart/form-data" },
        .alteredForm("another boundary", "400 MalformedPOSTRequest", by: .bucket) { $0.type = "multipart/form-data; boundary=x" },
        .alteredForm("bare line feeds", "400 MalformedPOSTRequest", by: .bucket) { $0.rewrite = { $0.replacing("\r\n", with: "\n") } },
        .alteredForm("no closing boundary", "400 MalformedPOSTRequest", by: .bucket) {
            $0.rewrite = { $0.replacing("ABC123--", with: "ABC12") }
        },
        .alteredForm("parts without names", "400 MalformedPOSTRequest", by: .bucket) {
            $0.rewrite = { $0.replacing("; name=", with: "; label=") }
        },
        .alteredForm("parts that are no form data", "400 MalformedPOSTRequest", by: .bucket) {
            $0.rewrite = { $0.replacing("form-data;", with: "attachment;") }
        },
        .alteredForm("a name that ends its part", denied, by: .bucket) {
            $0.rewrite = {
                $0.replacing(
                    "name=\"key\"",
                    with: "name=\"x-amz-meta-x\"\r\n\r\n1\r\n------WebKitFormBoundaryABC123\r\nContent-Disposition: form-data; name=\"key\""
                )
            }
        },
        .alteredForm("too many fields", "400 MaxPostPreDataLengthExceededError", by: .bucket) {
            $0.addFirst("x-ignore-a", String(repeating: "x", count: 20_480))
        },
    ]

    static let policies: [HostileCase] = tampered + documents + conditions + scopesOfForms

    private static let tampered: [HostileCase] = [
        .alteredForm("a policy with other text behind", mismatch) { $0["policy"] += "AAAA" },
        .alteredForm("a policy with a line end", mismatch) { $0["policy"] += "\r\n" },
        .alteredForm("a policy with a blank in front", mismatch) { $0["policy"] = " " + $0["policy"] },
        .alteredForm("a policy in lines", mismatch) { $0["policy"] = $0["policy"].prefix(76) + "\r\n" + $0["policy"].dropFirst(76) },
        .alteredForm("a policy encoded again", mismatch) { $0["policy"] = FormDraft.encode($0["policy"]) },
        .alteredForm("an empty policy", mismatch) { $0["policy"] = "" },
        .alteredForm("a later expiration", mismatch) { $0["policy"] = recoded($0["policy"], "2025-", "2026-") },
        .alteredForm("another key in the policy", mismatch) { $0["policy"] = recoded($0["policy"], "a/k", "a/l") },
        .alteredForm("a larger range in the policy", mismatch) { $0["policy"] = recoded($0["policy"], ",12]", ",99]") },
        .alteredForm("the same policy, written otherwise", mismatch) { $0["policy"] = recoded($0["policy"], ",", ", ") },
        .signedForm("a policy that is not base 64", invalid) { $0.policyText = "{}" },
        .signedForm("a policy without its padding", invalid) { $0.policyText = "e30" },
        .signedForm("a policy in the URL's alphabet", invalid) { $0.policyText = "eyJhIjoi_-8ifQ==" },
        .signedForm("a policy in lines, signed so", invalid) { $0.policyText = "e3\r\n0=" },
    ]

    private static func recoded(_ text: String, _ part: String, _ other: String) -> String {
        FormDraft.encode(FormDraft.decode(text).replacing(part, with: other))
    }

    private static let documents: [HostileCase] =
        [
            ("empty", ""), ("a blank", " "), ("cut", #"{"expiration":"2025-01-02T03:19:05Z","conditions":["#), ("an array", "[]"),
            ("a string", #""policy""#),
            ("null", "null"), ("no expiration", #"{"conditions":[]}"#), ("no conditions", #"{"expiration":"2025-01-02T03:19:05Z"}"#),
            ("Expiration", #"{"Expiration":"2025-01-02T03:19:05Z","conditions":[]}"#),
            ("CONDITIONS", #"{"expiration":"2025-01-02T03:19:05Z","CONDITIONS":[]}"#),
            ("conditions in an object", #"{"expiration":"2025-01-02T03:19:05Z","conditions":{}}"#),
            ("conditions that are null", #"{"expiration":"2025-01-02T03:19:05Z","conditions":null}"#),
            ("text behind", #"{"expiration":"2025-01-02T03:19:05Z","conditions":[]}{}"#),
            ("expiration twice", #"{"expiration":"2025-01-02T03:19:05Z","expiration":"2026-01-02T03:19:05Z","conditions":[]}"#),
            ("a comma too many", #"{"expiration":"2025-01-02T03:19:05Z","conditions":[],}"#),
            ("single quotes", "{'expiration':'2025-01-02T03:19:05Z','conditions':[]}"),
            ("a comment", #"{"expiration":"2025-01-02T03:19:05Z",/* */"conditions":[]}"#), ("deep", String(repeating: "[", count: 4000)),
        ].map { (name: String, policy: String) in
            .signedForm("policy: \(name)", invalid) { $0.policy = policy }
        }
        + [
            ("of the last second", #""2025-01-02T03:04:05Z""#, denied), ("of the last year", #""2024-01-02T03:04:05Z""#, denied),
            ("with a fraction, just over", #""2025-01-02T03:04:05.000Z""#, denied),
            ("with an offset", #""2025-01-02T03:19:05+00:00""#, invalid),
            ("with an offset that would be later", #""2025-01-02T03:04:05-05:00""#, invalid),
            ("without a zone", #""2025-01-02T03:19:05""#, invalid),
            ("with a blank for the T", #""2025-01-02 03:19:05Z""#, invalid), ("in the basic form", #""20250102T031905Z""#, invalid),
            ("in small letters", #""2025-01-02t03:19:05z""#, invalid), ("of a day that is none", #""2025-02-30T03:19:05Z""#, invalid),
            ("in seconds", "1735788000", invalid), ("in words", #""tomorrow""#, invalid), ("empty", #""""#, invalid),
            ("null", "null", invalid),
            ("of a date alone", #""2025-01-03""#, invalid),
        ].map { (name: String, text: String, expected: String) in
            .signedForm("expiration: \(name)", expected) { $0.expiration = text }
        }

    private static let conditions: [HostileCase] =
        [
            ("on a field that is not sent", #"{"acl":"private"}"#, denied),
            ("starts-with on a field that is not sent", #"["starts-with","$acl",""]"#, denied),
            ("twice, one of them failing", #"["eq","$key","a/l"]"#, denied), ("two properties", #"{"acl":"private","key":"a/k"}"#, invalid),
            ("no property", "{}", invalid), ("a number", #"{"key":1}"#, invalid), ("a list", #"{"key":["a/k"]}"#, invalid),
            ("a string", #""key""#, invalid),
            ("null", "null", invalid), ("an empty list", "[]", invalid), ("two parts", #"["eq","$key"]"#, invalid),
            ("four parts", #"["eq","$key","a/k","x"]"#, invalid),
            ("no dollar", #"["eq","key","a/k"]"#, invalid), ("another operation", #"["ends-with","$key","k"]"#, invalid),
            ("a value that is no string", #"["starts-with","$key",1]"#, invalid),
            ("a range without its end", #"["content-length-range",0]"#, invalid),
            ("a range backwards", #"["content-length-range",12,3]"#, invalid),
            ("a negative range", #"["content-length-range",-1,12]"#, invalid),
            ("a range with a fraction", #"["content-length-range",0.5,12]"#, invalid),
            ("a range in words", #"["content-length-range","a","b"]"#, invalid),
            ("a second range that is narrower", #"["content-length-range",3,8]"#, "400 EntityTooLarge"),
            ("a second range that is higher", #"["content-length-range",10,12]"#, "400 EntityTooSmall"),
            ("a prefix where S3 wants the whole value", #"["starts-with","$x-amz-date","2025"]"#, denied),
            ("a prefix of the bucket", #"["starts-with","$bucket","photo"]"#, denied),
            ("a prefix of the status", #"["starts-with","$success_action_status","2"]"#, denied),
            ("another bucket", #"{"bucket":"photos.archive"}"#, denied), ("the bucket in capitals", #"{"bucket":"PHOTOS"}"#, denied),
        ].map { (name: String, condition: String, expected: String) in
            .signedForm("a condition more: \(name)", expected) { $0.conditions.append(condition) }
        } + [
            .signedForm("no condition on the bucket", denied) { $0.conditions.removeAll { $0.contains("bucket") } },
            .signedForm("no condition on the key", denied) { $0.conditions.removeAll { $0.contains("$key") } },
            .signedForm("no condition on the type", denied) { $0.conditions.removeAll { $0.contains("Content-Type") } },
            .signedForm("no condition on metadata", denied) { $0.conditions.removeAll { $0.contains("meta") } },
            .signedForm("no condition on the status", denied) { $0.conditions.removeAll { $0.contains("status") } },
            .signedForm("no condition on the signature's fields", denied) { $0.bindsSignature = false },
            .signedForm("no condition at all", denied) {
                $0.conditions = []
                $0.bindsSignature = false
            },
            .signedForm("a condition by a name that only looks the same", denied) {
                $0.fields[2] = Header("x-amz-meta-\u{e9}", "ada")
                $0.conditions[3] = #"{"x-amz-meta-e\u0301":"ada"}"#
            },
            .signedForm("a value that only looks the same", denied) {
                $0.fields[2] = Header("x-amz-meta-user", "\u{e9}")
                $0.conditions[3] = #"{"x-amz-meta-user":"e\u0301"}"#
            },
        ]

    private static let scopesOfForms: [HostileCase] =
        [
            ("another region", ["20250102", "us-east-1", "s3", "aws4_request"]),
            ("another service", ["20250102", "eu-west-1", "sts", "aws4_request"]),
            ("another day", ["20250101", "eu-west-1", "s3", "aws4_request"]),
        ].map { (name: String, scope: [String]) in
            .signedForm("scope: \(name)", "400 AuthorizationQueryParametersError") { $0.signer.scope = scope }
        } + [
            .signedForm("scope: another terminator", argument) { $0.signer.scope[3] = "aws5_request" },
            .signedForm("scope: no date", argument) { $0.signer.scope.removeFirst() },
            .signedForm("another secret", mismatch) { $0.signer.secret = "stranger-secret" },
            .signedForm("yesterday's signing key", mismatch) { $0.signer.derivation = ["20250101", "eu-west-1", "s3", "aws4_request"] },
            .signedForm("an unknown access key", "403 InvalidAccessKeyId") { $0.signer.accessKeyID = "AKIDNOBODY" },
            .signedForm("who has no right to this bucket", denied, by: .bucket) {
                $0.signer.accessKeyID = "AKIDSTRANGER"
                $0.signer.secret = "stranger-secret"
            },
            .signedForm("a token for a permanent key", "400 InvalidToken") { $0.signer.token = "token+/=" },
            .signedForm("no token", "403 InvalidAccessKeyId", from: temporaryForm) { $0.signer.token = nil },
            .signedForm("another token", "400 InvalidToken", from: temporaryForm) { $0.signer.token = "other" },
        ]

    private static let temporaryForm: @Sendable (inout FormDraft) -> Void = {
        $0.signer.accessKeyID = "ASIATEMPORARY"
        $0.signer.secret = "temporary-secret"
        $0.signer.token = "token+/="
    }
}
