import SigV4

// Tricks with the form of a request: percent-encoding, Unicode, and HTTP's own framing.
extension HostileTable {
    private static let mismatch = "403 SignatureDoesNotMatch"
    private static let unreadable = "400 InvalidURI"

    static let encodings: [HostileCase] =
        [BaseRequest.presignedOddKeyPut, .authorizedOddKeyPut].flatMap { base in
            [
                ("a blank as a plus", "/photos/a+b/%C3%BC%3DK", mismatch),
                ("a blank encoded twice", "/photos/a%2520b/%C3%BC%3DK", mismatch),
                ("all encoded twice", "/photos/a%2520b/%25C3%25BC%253DK", mismatch),
                ("a tab for a blank", "/photos/a%09b/%C3%BC%3DK", mismatch),
                ("a no-break space for a blank", "/photos/a%C2%A0b/%C3%BC%3DK", mismatch), ("no blank", "/photos/ab/%C3%BC%3DK", mismatch),
                ("a letter and its mark apart", "/photos/a%20b/u%CC%88%3DK", mismatch),
                ("a letter without its mark", "/photos/a%20b/u%3DK", mismatch),
                ("a Kelvin sign for a K", "/photos/a%20b/%C3%BC%3D%E2%84%AA", mismatch),
                ("a wide letter", "/photos/%EF%BD%81%20b/%C3%BC%3DK", mismatch), ("Latin-1 for UTF-8", "/photos/a%20b/%FC%3DK", unreadable),
                ("a NUL behind", "/photos/a%20b/%C3%BC%3DK%00", mismatch), ("a NUL in front", "/photos/%00a%20b/%C3%BC%3DK", mismatch),
                ("a line end", "/photos/a%20b/%C3%BC%3DK%0D%0A", mismatch),
                ("an overlong slash", "/photos/a%20b%C0%AF%C3%BC%3DK", unreadable),
                ("an overlong NUL", "/photos/a%20b/%C3%BC%3DK%C0%80", unreadable),
                ("a surrogate", "/photos/a%20b/%ED%A0%80%3DK", unreadable),
                ("beyond Unicode", "/photos/a%20b/%F4%90%80%80", unreadable), ("a cut character", "/photos/a%20b/%C3%3DK", unreadable),
                ("a lone continuation", "/photos/a%20b/%BC%3DK", unreadable), ("a cut encoding", "/photos/a%20b/%C3%BC%3DK%", unreadable),
                ("half an encoding", "/photos/a%20b/%C3%BC%3DK%4", unreadable), ("a foreign digit", "/photos/a%20b/%C3%BG%3DK", unreadable),
                ("JavaScript's encoding", "/photos/a%20b/%u00FC%3DK", unreadable),
                ("a byte order mark", "/photos/%EF%BB%BFa%20b/%C3%BC%3DK", mismatch),
                ("a mark that turns the text", "/photos/a%20b/%C3%BC%3DK%E2%80%AE", mismatch),
                ("a dot segment", "/photos/./a%20b/%C3%BC%3DK", mismatch), ("a parent segment", "/photos/x/../a%20b/%C3%BC%3DK", mismatch),
                ("encoded dots", "/photos/x/%2e%2e/a%20b/%C3%BC%3DK", mismatch),
                ("an empty segment", "/photos//a%20b/%C3%BC%3DK", mismatch),
                ("a slash in front", "//photos/a%20b/%C3%BC%3DK", mismatch),
                ("a dot segment in front", "/./photos/a%20b/%C3%BC%3DK", "404 NoSuchBucket"),
                ("a way out of the bucket", "/photos/../photos.archive/x", mismatch),
                ("a backslash", "/photos/a%20b%5C%C3%BC%3DK", mismatch),
                ("a path parameter", "/photos/a%20b/%C3%BC%3DK;x=y", mismatch),
                ("the bucket's slash encoded", "/photos%2Fa%20b/%C3%BC%3DK", "404 NoSuchBucket"),
                ("the bucket's letters encoded", "/%70hotos/a%20b/%C3%BC%3DK", "404 NoSuchBucket"),
                ("the query's mark encoded", "/photos/a%20b/%C3%BC%3DK%3F", mismatch),
                ("a fragment's mark encoded", "/photos/a%20b/%C3%BC%3DK%23", mismatch),
            ].map { (name: String, path: String, expected: String) in
                .altered(name, base, expected, by: expected.hasPrefix("404") ? .bucket : .verifier) { $0.path = path }
            }
        }
        + [BaseRequest.presignedGet, .authorizedGet].flatMap { base in
            [
                ("a plus left bare", "attachment%3B%20a%3Db+c", mismatch),
                ("a parameter encoded twice", "attachment%253B%2520a%253Db%252Bc", mismatch),
                ("an ampersand let out", "attachment%3B%20a%3Db&c", mismatch),
                ("a value in capitals", "ATTACHMENT%3B%20a%3Db%2Bc", mismatch),
                ("a NUL behind a value", "attachment%3B%20a%3Db%2Bc%00", mismatch),
                ("a line end in a value", "attachment%0D%0AX:%20y", mismatch),
                ("an invalid byte in a value", "attachment%FF", unreadable),
                ("an overlong byte in a value", "attachment%C0%BB", unreadable),
                ("a cut encoding in a value", "attachment%3", unreadable),
                ("two values", "attachment%3B%20a%3Db%2Bc&response-content-disposition=x", mismatch),
                ("another separator", "attachment%3B%20a%3Db%2Bc;x=y", mismatch),
            ].map { (name: String, value: String, expected: String) in
                .altered(name, base, expected) { $0.set("response-content-disposition", value) }
            }
        }

    static let framing: [HostileCase] = [BaseRequest.presignedPut, .authorizedPut].flatMap { base in
        hosts(base) + targets(base) + lengths(base) + fields(base) + smuggled(base)
    }

    /// Replaces the first occurrence of a text that must be there.
    private static func raw(_ name: String, _ base: BaseRequest, _ expected: String, _ part: String, _ other: String) -> HostileCase {
        .raw(name, base, expected) { replacing(part, with: Array(other.utf8), in: $0.bytes) }
    }

    private static func replacing(_ part: String, with other: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard let range = bytes.firstRange(of: Array(part.utf8)) else { preconditionFailure("\(part) is not in the request") }
        return bytes[..<range.lowerBound] + other + bytes[range.upperBound...]
    }

    private static let broken = "400 -"

    private static let wrongHost = "400 InvalidRequest"

    private static func hosts(_ base: BaseRequest) -> [HostileCase] {
        [
            raw("no Host", base, wrongHost, "Host: localhost\r\n", ""),
            raw("Host twice", base, wrongHost, "Host: localhost\r\n", "Host: localhost\r\nHost: localhost\r\n"),
            raw("another Host first", base, wrongHost, "Host: localhost\r\n", "Host: evil.example\r\nHost: localhost\r\n"),
            raw("another Host last", base, wrongHost, "\r\n\r\n", "\r\nhost: evil.example\r\n\r\n"),
            raw("an empty Host", base, mismatch, "Host: localhost", "Host: "),
            raw("two hosts in one", base, mismatch, "Host: localhost", "Host: localhost, evil.example"),
        ]
    }

    private static func targets(_ base: BaseRequest) -> [HostileCase] {
        [
            .raw("a target with its host, and Host twice", base, wrongHost) {
                let doubled = replacing("Host: localhost\r\n", with: Array("Host: localhost\r\nHost: localhost\r\n".utf8), in: $0.bytes)
                return replacing("PUT /", with: Array("PUT http://localhost/".utf8), in: doubled)
            },
            raw("a target with its host, and no Host", base, wrongHost, " HTTP/1.1\r\nHost: localhost\r\n", " HTTP/1.1\r\n"),
            raw("a target with a user", base, mismatch, "PUT /", "PUT http://user@localhost/"),
            raw("a target of another scheme", base, unreadable, "PUT /", "PUT ftp://localhost/"),
            raw("a target with its host encoded anew", base, mismatch, "PUT /photos/a/k", "PUT http://localhost/photos/a%2Fk%2F"),
            raw("a target with another host", base, mismatch, "/photos/", "http://evil.example/photos/"),
            raw("a target without a slash", base, broken, "/photos/", "photos/"),
            raw("a star as target", base, unreadable, "PUT /photos/a/k", "PUT *"),
            raw("a fragment", base, mismatch, "/photos/a/k", "/photos/a/k#x"),
            raw("a NUL in the target", base, broken, "/photos/a/k", "/photos/a/k\u{0}"),
            raw("a blank in the target", base, broken, "/photos/a/k", "/photos/a k"),
            raw("a tab in the request line", base, broken, "PUT /", "PUT\t/"),
            raw("the method in small letters", base, broken, "PUT /", "put /"),
            raw("a method that is none", base, broken, "PUT /", "PUTT /"),
            raw("no version", base, broken, " HTTP/1.1", ""), raw("another protocol", base, broken, " HTTP/1.1", " ICY/1.1"),
            raw("a version that is none", base, broken, " HTTP/1.1", " HTTP/9.9"),
        ]
    }

    private static func lengths(_ base: BaseRequest) -> [HostileCase] {
        let length = "Content-Length: 9\r\n"
        return [
            raw("a length with a sign", base, broken, length, "Content-Length: +9\r\n"),
            raw("a negative length", base, broken, length, "Content-Length: -9\r\n"),
            raw("a hexadecimal length", base, broken, length, "Content-Length: 0x9\r\n"),
            raw("two lengths in one", base, broken, length, "Content-Length: 9, 9\r\n"),
            raw("two lengths", base, broken, length, "Content-Length: 9\r\nContent-Length: 8\r\n"),
            raw("a length beyond 64 bits", base, broken, length, "Content-Length: 99999999999999999999\r\n"),
            raw("an empty length", base, broken, length, "Content-Length: \r\n"),
            raw("no length", base, "411 MissingContentLength", length, ""),
            raw("a length that is too long", base, "400 IncompleteBody", length, "Content-Length: 10\r\n"),
            raw("chunks besides a length", base, broken, length, "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n"),
            raw("chunks before a length", base, broken, length, "Transfer-Encoding: chunked\r\nContent-Length: 9\r\n"),
            raw("a coding that is none", base, "411 MissingContentLength", length, "Transfer-Encoding: xchunked\r\n"),
            raw("a coding behind chunks", base, broken, length, "Transfer-Encoding: chunked, identity\r\n"),
            raw("chunks with a tab before the colon", base, broken, length, "Transfer-Encoding\t: chunked\r\n"),
            .raw("a body in chunks", base, "411 MissingContentLength") {
                let chunked = replacing(length, with: Array("Transfer-Encoding: chunked\r\n".utf8), in: $0.bytes)
                return replacing("123456789", with: Array("9\r\n123456789\r\n0\r\n\r\n".utf8), in: chunked)
            },
        ]
    }

    private static func fields(_ base: BaseRequest) -> [HostileCase] {
        [
            raw("a blank before a colon", base, broken, "\r\n\r\n", "\r\nx-amz-acl : public-read\r\n\r\n"),
            raw("a blank before a name", base, broken, "Host:", " x-amz-acl: public-read\r\nHost:"),
            raw("a folded header", base, broken, "\r\n\r\n", "\r\nx-harmless: a\r\n x-amz-acl: public-read\r\n\r\n"),
            raw("a header without a name", base, broken, "\r\n\r\n", "\r\n: x\r\n\r\n"),
            raw("a header without a colon", base, broken, "\r\n\r\n", "\r\nx-amz-acl\r\n\r\n"),
            raw("a NUL in a name", base, broken, "\r\n\r\n", "\r\nx-amz\u{0}-acl: private\r\n\r\n"),
            raw("a NUL in a value", base, broken, "\r\n\r\n", "\r\nx-harmless: a\u{0}b\r\n\r\n"),
            raw("a bare carriage return", base, broken, "\r\n\r\n", "\r\nx-harmless: a\rx-amz-acl: private\r\n\r\n"),
            raw(
                "an x-amz-acl behind a bare line feed", base, broken, "\r\n\r\n",
                "\r\nx-harmless: a\nx-amz-acl: private\r\n\r\n"),
        ]
    }

    /// A refused request with a good one in what the server could take for its body or for what follows it.
    private static func smuggled(_ base: BaseRequest) -> [HostileCase] {
        let inner = BaseRequest.authorizedOddKeyPut.draft.signed().bytes
        let length = "Content-Length: 9\r\n"
        return [
            .raw("a good request in the body of a refused one", base, mismatch) {
                var outer = $0
                outer.path += "2"
                outer.body = inner
                return outer.bytes
            },
            .raw("a good request behind chunks and a length", base, broken) {
                let head = replacing(
                    length, with: Array("Content-Length: \(inner.count + 5)\r\nTransfer-Encoding: chunked\r\n".utf8), in: $0.bytes)
                return replacing("123456789", with: Array("0\r\n\r\n".utf8) + inner, in: head)
            },
            .raw("a good request behind a length of 0 and chunks", base, broken) {
                let head = replacing(length, with: Array("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n".utf8), in: $0.bytes)
                return replacing("123456789", with: Array("\(String(inner.count, radix: 16))\r\n".utf8) + inner, in: head)
            },
            .raw("a good request behind a broken one", base, broken) {
                replacing(length, with: Array("Content-Length: x\r\n".utf8), in: $0.bytes) + inner
            },
            .raw("a good request in a broken chunk", base, "411 MissingContentLength") {
                let head = replacing(length, with: Array("Transfer-Encoding: chunked\r\n".utf8), in: $0.bytes)
                return replacing("123456789", with: Array("zz\r\n".utf8) + inner, in: head)
            },
            .raw("a good request in the value of a header", base, "403 AccessDenied") {
                let text = String(decoding: inner, as: UTF8.self).replacing("\r\n", with: "\\r\\n")
                return replacing("\r\n\r\n", with: Array("\r\nx-amz-meta-b: \(text)\r\n\r\n".utf8), in: $0.bytes)
            },
        ]
    }
}
