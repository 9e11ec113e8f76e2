import SigV4

// The parts of a signature: missing, doubled, misspelt; and the headers around it.
extension HostileTable {
    private static let mismatch = "403 SignatureDoesNotMatch"
    private static let badQuery = "400 AuthorizationQueryParametersError"
    private static let badHeader = "400 AuthorizationHeaderMalformed"
    private static let denied = "403 AccessDenied"

    private static let names = [
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature",
    ]

    static let parameters: [HostileCase] =
        names.flatMap { name -> [HostileCase] in
            // Without the algorithm S3 sees no signature at all, and denies the anonymous caller.
            let missing = name == "X-Amz-Algorithm" ? denied : badQuery
            return [
                .altered("\(name) missing", .presignedPut, missing) { $0.remove(name) },
                .altered("\(name) without a value", .presignedPut, emptied(name)) { $0.set(name, "") },
                .altered("\(name) in small letters", .presignedPut, missing) { request in
                    let value = request.value(name)
                    request.remove(name)
                    request.query.append("\(name.lowercased())=\(value)")
                },
                .altered("\(name) twice", .presignedPut, badQuery) { $0.query.append("\(name)=\($0.value(name))") },
                .altered("\(name) twice, encoded", .presignedPut, badQuery) {
                    $0.query.append("\(name.replacing("-", with: "%2D"))=\($0.value(name))")
                },
                .altered("\(name) again, before", .presignedPut, badQuery) { $0.query.insert("\(name)=x", at: 0) },
                .altered("\(name) again in small letters", .presignedPut, mismatch) {
                    $0.query.append("\(name.lowercased())=\($0.value(name))")
                },
            ]
        } + components + bothMechanisms

    private static func emptied(_ name: String) -> String {
        switch name {
        case "X-Amz-SignedHeaders": denied
        case "X-Amz-Signature": mismatch
        default: badQuery
        }
    }

    private static let components: [HostileCase] =
        ["Credential", "SignedHeaders", "Signature"].flatMap { name -> [HostileCase] in
            [
                .altered("\(name) missing", .authorizedPut, badHeader) { request in
                    let parts = request[header: "Authorization"].dropFirst("AWS4-HMAC-SHA256 ".count).split(separator: ", ")
                    request[header: "Authorization"] =
                        "AWS4-HMAC-SHA256 " + parts.filter { !$0.hasPrefix("\(name)=") }.joined(separator: ", ")
                },
                .altered("\(name) in small letters", .authorizedPut, badHeader) { $0.replace("\(name)=", with: "\(name.lowercased())=") },
                .altered("\(name) without =", .authorizedPut, badHeader) { $0.replace("\(name)=", with: name) },
                .altered("\(name) again", .authorizedPut, badHeader) { $0[header: "Authorization"] += ", \(name)=x" },
                .altered("\(name) again, before", .authorizedPut, badHeader) {
                    $0.replace("AWS4-HMAC-SHA256 ", with: "AWS4-HMAC-SHA256 \(name)=x, ")
                },
            ]
        } + [
            .altered("a component more", .authorizedPut, badHeader) { $0[header: "Authorization"] += ", Expires=604800" },
            .altered("components without commas", .authorizedPut, badHeader) { $0.replace(", ", with: " ") },
            .altered("components behind semicolons", .authorizedPut, badHeader) { $0.replace(", ", with: "; ") },
            .altered("no components", .authorizedPut, badHeader) { $0[header: "Authorization"] = "AWS4-HMAC-SHA256 x" },
            .altered("an algorithm alone", .authorizedPut, "400 InvalidArgument") { $0[header: "Authorization"] = "AWS4-HMAC-SHA256" },
        ]

    private static let bothMechanisms: [HostileCase] = [
        .altered("a header besides the query", .presignedPut, "400 InvalidArgument") {
            $0.add("Authorization", BaseRequest.authorizedPut.draft.signed()[header: "Authorization"])
        },
        .altered("a bearer token besides the query", .presignedPut, "400 InvalidArgument") { $0.add("Authorization", "Bearer token") },
        .altered("a query besides the header", .authorizedPut, "400 InvalidArgument") {
            $0.query += BaseRequest.presignedPut.draft.signed().query
        },
        .altered("an algorithm besides the header", .authorizedPut, "400 InvalidArgument") {
            $0.query.append("X-Amz-Algorithm=AWS4-HMAC-SHA256")
        },
        .altered("an old signature besides the header", .authorizedPut, "400 InvalidArgument") { $0.query.append("Signature=x") },
        .altered("two Authorization headers", .authorizedPut, "400 InvalidArgument") {
            $0.add("Authorization", $0[header: "Authorization"])
        },
        .altered("a wrong Authorization header first", .authorizedPut, "400 InvalidArgument") {
            $0.headers.insert(Header("Authorization", "Basic eDp5"), at: 1)
        },
        .altered("two headers' values in one", .authorizedPut, badHeader) {
            $0[header: "Authorization"] += ", " + $0[header: "Authorization"]
        },
    ]

    static let headerFields: [HostileCase] =
        [BaseRequest.presignedPut, .authorizedPut].flatMap { base in
            [
                ("x-amz-acl", "public-read"), ("X-AMZ-ACL", "private"), ("x-amz-meta-b", "c"), ("x-amz-meta-", "c"),
                ("x-amz-tagging", "a=b"),
                ("x-amz-storage-class", "GLACIER"), ("x-amz-server-side-encryption", "AES256"),
                ("x-amz-website-redirect-location", "https://evil.example/"), ("x-amz-grant-read", "id=1"),
                ("x-amz-copy-source", "/photos/a/k"), ("x-amz-object-lock-mode", "GOVERNANCE"), ("x-amz-checksum-crc32", "y/Q5Jg=="),
                ("x-amz-sdk-checksum-algorithm", "CRC32"), ("x-amz-decoded-content-length", "9"), ("x-amz-trailer", "x-amz-checksum-crc32"),
                ("x-amz-expected-bucket-owner", "111122223333"), ("x-amz-anything", ""),
                // S3 wants this one signed, too.
                ("Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw=="),
            ].map { (name: String, value: String) in
                .altered("\(name) added", base, denied) { $0.add(name, value) }
            }
        }
        + [BaseRequest.presignedGet, .authorizedGet].map { base in
            .altered("x-amz-checksum-mode added", base, denied) { $0.add("x-amz-checksum-mode", "ENABLED") }
        } + [
            .altered("x-amz-date added", .presignedPut, denied) { $0.add("x-amz-date", "20250102T030405Z") },
            .altered("a body's hash added", .presignedPut, mismatch) {
                $0.add("x-amz-content-sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225")
            },
        ] + signedLists

    private static let signedLists: [HostileCase] =
        [BaseRequest.presignedBoundPut, .authorizedBoundPut].flatMap { base -> [HostileCase] in
            let isQuery = base == .presignedBoundPut
            let dated = isQuery ? "" : "x-amz-content-sha256;x-amz-date;"
            let rest = "x-amz-meta-a;x-amz-storage-class"
            let whole = "content-length;content-type;host;\(dated)\(rest)"
            let list = { (name: String, text: String, expected: String) in
                HostileCase.signed("signed headers: \(name)", base, expected) { $0.signedHeaders = text }
            }
            return [
                list("none", "", denied), list("without host", "content-length;content-type;\(dated)\(rest)", denied),
                list("without metadata", "content-length;content-type;host;\(dated)x-amz-storage-class", denied),
                list("host in capitals", "content-length;content-type;HOST;\(dated)\(rest)", denied),
                list("metadata in capitals", "content-length;content-type;host;\(dated)X-Amz-Meta-A;x-amz-storage-class", denied),
                list("behind commas", whole.replacing(";", with: ","), isQuery ? denied : badHeader),
                list("with blanks", whole.replacing(";", with: "; "), denied), list("of anything", "*", denied),
                list("with one that is not sent", "content-length;content-type;host;\(dated)x-amz-acl;\(rest)", mismatch),
                list("with an empty one", "content-length;content-type;host;;\(dated)\(rest)", mismatch),
                list("out of order", "host;content-type;content-length;\(dated)\(rest)", mismatch),
                list("with one twice", "content-length;content-type;host;host;\(dated)\(rest)", mismatch),
            ]
        }
        + [
            ("a name more", "host;", "cookie;host;"), ("another name more", "SignedHeaders=", "SignedHeaders=a;"),
            ("an empty name", "SignedHeaders=", "SignedHeaders=;"), ("a name twice", "host;", "host;host;"),
            ("another order", "content-length;content-type;", "content-type;content-length;"),
            // U+037E is equal to a semicolon for Unicode, and to Swift's characters.
            ("Greek question marks", ";", "\u{37e}"), ("one Greek question mark", "host;", "host\u{37e}"),
        ].map { (name: String, part: String, other: String) in
            let expected = name == "Greek question marks" ? denied : name == "one Greek question mark" ? denied : mismatch
            return .altered("signed headers altered: \(name)", .authorizedBoundPut, expected) { $0.replace(part, with: other) }
        } + [
            .altered("signed headers altered: one fewer", .authorizedBoundPut, mismatch) { $0.replace("content-type;", with: "") },
            .altered("signed headers altered: the date out", .authorizedBoundPut, denied) { $0.replace("x-amz-date;", with: "") },
            .altered("signed headers altered: host out", .authorizedBoundPut, denied) { $0.replace("host;", with: "") },
        ]
}
