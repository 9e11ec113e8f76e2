import SigV4

// Variations of valid requests that change nothing in what they say: S3 accepts them.
extension HostileTable {
    static let harmless: [HostileCase] =
        [BaseRequest.presignedBoundPut, .authorizedBoundPut].flatMap { base in variations(base) } + requests + inTime + lists
        + harmlessForms

    private static let ok = "200"
    private static let posted = "201"

    private static func variations(_ base: BaseRequest) -> [HostileCase] {
        [
            .raw("a target with its host", base, ok) {
                Array("PUT http://localhost\(String(decoding: $0.bytes.dropFirst(4), as: UTF8.self))".utf8)
            },
            .altered("headers backwards", base, ok) { $0.headers.reverse() },
            .altered("names of headers in capitals", base, ok) { $0.headers = $0.headers.map { Header($0.name.uppercased(), $0.value) } },
            .altered("names of headers in small letters", base, ok) {
                $0.headers = $0.headers.map { Header($0.name.lowercased(), $0.value) }
            },
            .altered("a user agent", base, ok) { $0.add("User-Agent", "curl/8.5.0") },
            .altered("what is accepted", base, ok) { $0.add("Accept", "*/*") },
            .altered("an origin", base, ok) {
                $0.add("Origin", "https://app.example")
                $0.add("Referer", "https://app.example/")
            },
            .altered("a cookie", base, ok) { $0.add("Cookie", "a=b") },
            .altered("a proxy's headers", base, ok) {
                $0.add("X-Forwarded-For", "192.0.2.1")
                $0.add("Via", "1.1 proxy")
                $0.add("X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678")
            },
            .altered("a kept connection", base, ok) { $0.add("Connection", "keep-alive") },
            .altered("an unsigned Cache-Control", base, ok) { $0.add("Cache-Control", "no-cache") },
            .altered("an unsigned Content-Encoding", base, ok) { $0.add("Content-Encoding", "gzip") },
            .altered("a second wish not in its signature", base, ok) { $0.add("If-Match", "*") },
            .altered("blanks around a signed value", base, ok) { $0[header: "x-amz-meta-a"] = "   one two  " },
            .altered("a run of blanks in a signed value", base, ok) { $0[header: "x-amz-meta-a"] = "one    two" },
            .altered("a tab in a signed value", base, ok) { $0[header: "x-amz-meta-a"] = "one\ttwo" },
            .altered("tabs around a signed value", base, ok) { $0[header: "content-type"] = "\timage/png\t" },
            .altered("the host in capitals", base, ok) { $0[header: "Host"] = "LOCALHOST" },
            .altered("the default port of HTTP", base, ok) { $0[header: "Host"] = "localhost:80" },
            .altered("the default port of HTTPS", base, ok) { $0[header: "Host"] = "Localhost:443" },
            .altered("another method asked for in a header", base, ok) { $0.add("X-HTTP-Method-Override", "DELETE") },
            .altered("a host forwarded", base, ok) { $0.add("X-Forwarded-Host", "evil.example") },
        ]
    }

    private static let requests: [HostileCase] = [
        .altered("parameters backwards", .presignedBoundPut, ok) { $0.query.reverse() },
        .altered("parameters sorted otherwise", .presignedGet, ok) { $0.query.sort { $0.count < $1.count } },
        .altered("the signature first", .presignedTemporaryPut, ok) { $0.query.insert($0.query.removeLast(), at: 0) },
        .altered("small hexadecimal digits in the path", .presignedOddKeyPut, ok) { $0.path = "/photos/a%20b/%c3%bc%3dK" },
        .altered("small hexadecimal digits in the path", .authorizedOddKeyPut, ok) { $0.path = "/photos/a%20b/%c3%bc%3dK" },
        .altered("a letter encoded without need", .presignedOddKeyPut, ok) { $0.path = "/photos/%61%20b/%C3%BC%3D%4B" },
        .altered("a sign left as it is", .presignedOddKeyPut, ok) { $0.path = "/photos/a%20b/%C3%BC=K" },
        .altered("small hexadecimal digits in the query", .presignedGet, ok) {
            $0.set("X-Amz-Credential", $0.value("X-Amz-Credential").replacing("%2F", with: "%2f"))
        },
        .altered("slashes left in the credential", .presignedGet, ok) {
            $0.set("X-Amz-Credential", $0.value("X-Amz-Credential").replacing("%2F", with: "/"))
        },
        .altered("a plus for a blank in the query", .presignedGet, ok) {
            $0.set("response-content-disposition", $0.value("response-content-disposition").replacing("%20", with: "+"))
        },
        .altered("a plus for a blank in the query", .authorizedGet, ok) {
            $0.set("response-content-disposition", $0.value("response-content-disposition").replacing("%20", with: "+"))
        },
        .altered("a range", .presignedGet, "206") { $0.add("Range", "bytes=0-2") },
        .altered("a condition", .authorizedGet, ok) { $0.add("If-None-Match", "\"x\"") },
        .altered("no blanks behind the commas", .authorizedPut, ok) { $0.replace(", ", with: ",") },
        .altered("more blanks behind the commas", .authorizedPut, ok) { $0.replace(", ", with: ",   ") },
        .altered("components in another order", .authorizedPut, ok) { request in
            let parts = request[header: "Authorization"].dropFirst("AWS4-HMAC-SHA256 ".count).split(separator: ", ").reversed()
            request[header: "Authorization"] = "AWS4-HMAC-SHA256 " + parts.joined(separator: ", ")
        },
        // Their value stands in the signature's payload line, whether or not the header is signed.
        .altered("an unsigned body, said in a header", .presignedPut, ok) { $0.add("x-amz-content-sha256", "UNSIGNED-PAYLOAD") },
        .signed("the body's hash not among the signed headers", .authorizedPut, ok) { $0.signedHeaders = "host;x-amz-date" },
        .signed("an unsigned body", .authorizedPut, ok) { $0.payload = "UNSIGNED-PAYLOAD" },
        .altered("another body, where none is signed", .presignedPut, ok) { $0.body = Array("another".utf8) },
        .altered("no body, where none is signed", .presignedPut, ok) { $0.body = [] },
        .signed("a signed hash of the body", .presignedPut, ok) {
            let hash = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
            $0.payload = hash
            $0.headers.append(Header("x-amz-content-sha256", hash))
        },
        .signed("any header signed", .authorizedPut, ok) { $0.headers += [Header("accept", "*/*"), Header("zzz", "")] },
        .signed("a header twice, signed so", .authorizedPut, ok) {
            $0.headers += [Header("x-amz-meta-b", "1"), Header("x-amz-meta-b", "2")]
        },
        .signed("a parameter without a value", .presignedGet, ok) { $0.query.append("x-id") },
        .signed("a parameter twice", .presignedGet, ok) { $0.query += ["a=2", "a=1"] },
        .signed("a parameter in capitals", .presignedGet, ok) { $0.query += ["Z=1", "%C3%A9=%E2%82%AC"] },
    ]

    private static let inTime: [HostileCase] = [
        .signed("an expiry of 604800", .presignedPut, ok) { $0.expires = "604800" },
        .signed("an expiry of 1", .presignedPut, ok) { $0.expires = "1" },
        .signed("an expiry with a zero in front", .presignedPut, ok) { $0.expires = "0900" },
        .signed("the last second of a week", .presignedGet, ok) {
            $0.time = "20241226T030406Z"
            $0.scope[0] = "20241226"
            $0.expires = "604800"
        },
        .signed("14 minutes ahead", .presignedPut, ok) { $0.time = "20250102T031805Z" },
        .signed("15 minutes ahead", .presignedPut, ok) { $0.time = "20250102T031905Z" },
        .signed("14 minutes ago", .authorizedPut, ok) { $0.time = "20250102T025005Z" },
        .signed("14 minutes ahead", .authorizedPut, ok) { $0.time = "20250102T031805Z" },
        .signed("signed yesterday", .presignedGet, ok) {
            $0.time = "20250101T235959Z"
            $0.scope[0] = "20250101"
            $0.expires = "20000"
        },
        .signed("temporary credentials", .authorizedTemporaryPut, ok) { $0.time = "20250102T030400Z" },
    ]

    private static let lists: [HostileCase] = [
        .signed("the bucket by its host", .authorizedPut, ok) {
            $0.host = "photos.localhost"
            $0.path = "/a/k"
        },
        .signed("the bucket by its host", .presignedGet, ok) {
            $0.host = "photos.s3.eu-west-1.example"
            $0.path = "/a/k"
        },
        .signed("a key with dot segments", .presignedPut, ok) { $0.path = "/photos/a/../b/./c//d/" },
        .signed("a key of one slash", .authorizedPut, ok) { $0.path = "/photos//" },
        .signed("a key with a NUL", .presignedPut, ok) { $0.path = "/photos/a%00b" },
    ]

    private static let harmlessForms: [HostileCase] = [
        .alteredForm("fields backwards", posted) { $0.parts = $0.parts.dropLast().reversed() + $0.parts.suffix(1) },
        .alteredForm("fields in capitals", posted) { form in
            for index in form.parts.indices.dropLast() { form.parts[index].name = form.parts[index].name.uppercased() }
        },
        .alteredForm("the file in capitals", posted) { $0.rename("file", "FILE") },
        .alteredForm("a field to ignore", posted) { $0.add("X-Ignore-Csrf", "1") },
        .alteredForm("a field behind the file", posted) { $0.parts.append(FormPart("x-amz-meta-late", "1")) },
        .alteredForm("the bucket as a field", posted) { $0.add("bucket", "photos") },
        .alteredForm("another image", posted) { $0["Content-Type"] = "image/gif" },
        .alteredForm("two images", posted) { $0["Content-Type"] = "image/gif,image/png" },
        .alteredForm("the smallest file", posted) { $0["file"] = "123" },
        .alteredForm("the largest file", posted) { $0["file"] = "123456789012" },
        .alteredForm("a file without a name", posted) { $0.parts[$0.parts.count - 1].filename = nil },
        .alteredForm("a file with a path", posted) { $0.parts[$0.parts.count - 1].filename = "../../etc/passwd" },
        .alteredForm("an address without its slash", posted) { $0.path = "/photos" },
        .alteredForm("the bucket's host", posted) {
            $0.path = "/"
            $0.host = "photos.localhost"
        },
        .alteredForm("a preamble and an epilogue", posted) { $0.rewrite = { "hello\r\n\($0)bye" } },
        .alteredForm("a header of the page's own", posted) {
            $0.headers = [Header("Origin", "https://app.example"), Header("x-amz-meta-user", "eve")]
        },
        .signedForm("a range in strings", posted) { $0.conditions[5] = #"["content-length-range","3","12"]"# },
        .signedForm("a policy in lines", posted) { $0.conditions[5] = " \r\n\t[\"content-length-range\", 3, 12]\r\n" },
        .signedForm("escapes in the policy", posted) { $0.conditions[1] = #"["eq","\$key","\u0061\/k"]"# },
        .signedForm("an expiration with a fraction", posted) { $0.expiration = #""2025-01-02T03:19:05.123Z""# },
        .signedForm("a condition twice", posted) { $0.conditions.append(#"{"KEY":"a/k"}"#) },
        .signedForm("a wider range besides", posted) { $0.conditions.append(#"["content-length-range",0,100]"#) },
        .signedForm("a key by its beginning", posted) {
            $0.conditions[1] = #"["starts-with","$key","a/"]"#
            $0.fields[0].value = "a/${filename}"
        },
        .signedForm("temporary credentials", posted) {
            $0.signer.accessKeyID = "ASIATEMPORARY"
            $0.signer.secret = "temporary-secret"
            $0.signer.token = "token+/="
        },
    ]
}
