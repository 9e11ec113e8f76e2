import SigV4

// Who signed, and what was changed afterwards.
extension HostileTable {
    private static let mismatch = "403 SignatureDoesNotMatch"

    static let secrets: [HostileCase] =
        [BaseRequest.presignedPut, .authorizedPut, .presignedGet, .authorizedGet].flatMap { base in
            [
                .signed("another secret", base, mismatch) { $0.secret = "stranger-secret" },
                .signed("the secret in capitals", base, mismatch) { $0.secret = "WRITER-SECRET" },
                .signed("no secret", base, mismatch) { $0.secret = "" },
                .signed("a key without its AWS4", base, mismatch) { $0.secretPrefix = "" },
                .signed("yesterday's signing key", base, mismatch) { $0.derivation = ["20250101", "eu-west-1", "s3", "aws4_request"] },
                .signed("another region's signing key", base, mismatch) {
                    $0.derivation = ["20250102", "us-east-1", "s3", "aws4_request"]
                },
                .signed("another service's signing key", base, mismatch) {
                    $0.derivation = ["20250102", "eu-west-1", "sts", "aws4_request"]
                },
                .signed("an unfinished signing key", base, mismatch) { $0.derivation = ["20250102", "eu-west-1", "s3"] },
                .signed("an unknown access key", base, "403 InvalidAccessKeyId") { $0.accessKeyID = "AKIDNOBODY" },
                .signed("an access key in small letters", base, "403 InvalidAccessKeyId") { $0.accessKeyID = "akidwriter" },
                // U+212A is equal to K for Unicode, and to Swift's texts.
                .signed("an access key with a Kelvin sign", base, "403 InvalidAccessKeyId") { $0.accessKeyID = "A\u{212A}IDWRITER" },
                .signed("no access key", base, "403 InvalidAccessKeyId") { $0.accessKeyID = "" },
                .signed("another's access key with one's own secret", base, mismatch) { $0.accessKeyID = "AKIDSTRANGER" },
                .signed("who has no right to this bucket", base, "403 AccessDenied", by: .bucket) {
                    $0.accessKeyID = "AKIDSTRANGER"
                    $0.secret = "stranger-secret"
                },
            ]
        } + signatures

    private static let signatures: [HostileCase] =
        alteredSignatures.map { name, change in
            .altered(name, .presignedPut, mismatch) { $0.set("X-Amz-Signature", change($0.value("X-Amz-Signature"))) }
        }
        + alteredSignatures.map { name, change in
            .altered(name, .authorizedPut, mismatch) { request in
                let signature = String(request[header: "Authorization"].suffix(64))
                request.replace(signature, with: change(signature))
            }
        }

    private static let alteredSignatures: [(name: String, change: @Sendable (String) -> String)] = [
        ("no signature", { _ in "" }), ("a signature in capitals", { $0.uppercased() }),
        ("a signature without its last digit", { String($0.dropLast()) }), ("a signature with one digit more", { $0 + "0" }),
        ("the signature twice", { $0 + $0 }), ("a signature backwards", { String($0.reversed()) }),
        ("a signature of zeros", { _ in String(repeating: "0", count: 64) }),
        ("a signature with a foreign letter", { "g" + $0.dropFirst() }),
        ("a signature with one digit changed", { ($0.hasPrefix("0") ? "1" : "0") + $0.dropFirst() }),
    ]

    static let changes: [HostileCase] =
        [BaseRequest.presignedBoundPut, .authorizedBoundPut].flatMap { base in boundChanges(base) + placeChanges(base) } + [
            .altered("a PUT used for GET", .presignedPut, mismatch) {
                $0.method = "GET"
                $0.body = []
            },
            .altered("a PUT used for HEAD", .presignedPut, "403 -") {
                $0.method = "HEAD"
                $0.body = []
            },
            .altered("a PUT used for DELETE", .presignedPut, mismatch) {
                $0.method = "DELETE"
                $0.body = []
            },
            .altered("a PUT used for POST", .presignedPut, mismatch) { $0.method = "POST" },
            .altered("a GET used for PUT", .presignedGet, mismatch) {
                $0.method = "PUT"
                $0.body = Array("new".utf8)
            },
            .altered("a GET used for HEAD", .presignedGet, "403 -") { $0.method = "HEAD" },
            .altered("a GET used for DELETE", .authorizedGet, mismatch) { $0.method = "DELETE" },
            .altered("a DELETE used for GET", .presignedDelete, mismatch) { $0.method = "GET" },
            .altered("a DELETE of another key", .presignedDelete, mismatch) { $0.path = "/photos/a%20b/%C3%BC%3DK" },
            .altered("a DELETE of another key", .authorizedDelete, mismatch) { $0.path = "/photos/a%20b/%C3%BC%3DK" },
            .altered("another disposition", .presignedGet, mismatch) { $0.set("response-content-disposition", "inline") },
            .altered("no disposition", .presignedGet, mismatch) { $0.remove("response-content-disposition") },
            .altered("a content type besides", .presignedGet, mismatch) { $0.query.append("response-content-type=text%2Fhtml") },
            .altered("another disposition", .authorizedGet, mismatch) { $0.set("response-content-disposition", "inline") },
            .altered("a list in place of an object", .presignedGet, mismatch) { $0.path = "/photos" },
            .altered("a list by parameters", .presignedGet, mismatch) {
                $0.path = "/photos/"
                $0.query.append("list-type=2")
            },
            .altered("the list of buckets", .presignedGet, mismatch) { $0.path = "/" },
        ]

    private static func boundChanges(_ base: BaseRequest) -> [HostileCase] {
        [
            .altered("another content type", base, mismatch) { $0[header: "content-type"] = "image/svg+xml" },
            .altered("a content type in capitals", base, mismatch) { $0[header: "content-type"] = "IMAGE/PNG" },
            .altered("a content type with a parameter", base, mismatch) { $0[header: "content-type"] += ";charset=utf-8" },
            .altered("no content type", base, mismatch) { $0.removeHeader("content-type") },
            .altered("an empty content type", base, mismatch) { $0[header: "content-type"] = "" },
            .altered("a second content type", base, mismatch) { $0.add("Content-Type", "text/html") },
            .altered("the same content type twice", base, mismatch) { $0.add("Content-Type", "image/png") },
            .altered("a second content type before", base, mismatch) { $0.headers.insert(Header("content-type", "text/html"), at: 1) },
            .altered("other metadata", base, mismatch) { $0[header: "x-amz-meta-a"] = "one three" },
            .altered("metadata without its blank", base, mismatch) { $0[header: "x-amz-meta-a"] = "onetwo" },
            .altered("metadata in quotes", base, mismatch) { $0[header: "x-amz-meta-a"] = "\"one two\"" },
            .altered("metadata with a no-break space", base, mismatch) { $0[header: "x-amz-meta-a"] = "one\u{a0}two" },
            .altered("metadata twice", base, mismatch) { $0.add("X-Amz-Meta-A", "one two") },
            .altered("no metadata", base, mismatch) { $0.removeHeader("x-amz-meta-a") },
            .altered("another storage class", base, mismatch) { $0[header: "x-amz-storage-class"] = "STANDARD" },
            .altered("values of two headers exchanged", base, mismatch) {
                let type = $0[header: "content-type"]
                $0[header: "content-type"] = $0[header: "x-amz-meta-a"]
                $0[header: "x-amz-meta-a"] = type
            },
            .altered("a longer body", base, mismatch) {
                $0.body += [0x21]
                $0[header: "content-length"] = "10"
            },
            .altered("a shorter body", base, mismatch) {
                $0.body.removeLast()
                $0[header: "content-length"] = "8"
            },
            .altered("no body", base, mismatch) {
                $0.body = []
                $0[header: "content-length"] = "0"
            },
            .altered("a length with a zero before", base, mismatch) { $0[header: "content-length"] = "09" },
        ]
    }

    private static func placeChanges(_ base: BaseRequest) -> [HostileCase] {
        [
            .altered("another key", base, mismatch) { $0.path = "/photos/a/l" },
            .altered("a key in capitals", base, mismatch) { $0.path = "/photos/A/K" },
            .altered("a longer key", base, mismatch) { $0.path += "2" },
            .altered("a shorter key", base, mismatch) { $0.path = "/photos/a" },
            .altered("a folder in place of the key", base, mismatch) { $0.path += "/" },
            .altered("no key", base, mismatch) { $0.path = "/photos" },
            .altered("another bucket", base, mismatch) { $0.path = "/photos.archive/a/k" },
            .altered("a bucket that is not there", base, "404 NoSuchBucket", by: .bucket) { $0.path = "/photo/a/k" },
            .altered("a bucket in capitals", base, "404 NoSuchBucket", by: .bucket) { $0.path = "/PHOTOS/a/k" },
            .altered("a bucket by its host", base, mismatch) { $0[header: "Host"] = "photos.archive.localhost" },
            .altered("the bucket by host and path", base, mismatch) { $0[header: "Host"] = "photos.localhost" },
            .altered("another host", base, mismatch) { $0[header: "Host"] = "evil.example" },
            .altered("another port", base, mismatch) { $0[header: "Host"] = "localhost:9000" },
            .altered("a host with a dot behind", base, mismatch) { $0[header: "Host"] = "localhost." },
            .altered("a host with a user", base, mismatch) { $0[header: "Host"] = "user@localhost" },
            .altered("a port that only begins like the default", base, mismatch) { $0[header: "Host"] = "localhost:8080" },
            .altered("an address in place of the host", base, mismatch) { $0[header: "Host"] = "127.0.0.1" },
            .altered("a parameter more", base, mismatch) { $0.query.append("x=y") },
            .altered("a parameter more in front", base, mismatch) { $0.query.insert("a=b", at: 0) },
            .altered("a parameter without a value more", base, mismatch) { $0.query.append("x-id") },
            .altered("an empty parameter name", base, mismatch) { $0.query.append("=x") },
            .altered("a subresource", base, mismatch) { $0.query.append("acl") },
            .altered("a tagging request", base, mismatch) { $0.query.append("tagging=") },
            .altered("a part of an upload", base, mismatch) { $0.query += ["partNumber=1", "uploadId=u"] },
            .altered("a version", base, mismatch) { $0.query.append("versionId=null") },
        ]
    }
}
