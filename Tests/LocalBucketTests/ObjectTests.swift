import Foundation
import HTTPTypes
import HummingbirdTesting
import Libcrypto
import NIOCore
import S3Signing
import SigV4
import Testing

/// PUT, GET, HEAD and DELETE of objects.
@Suite struct ObjectTests {
    @Test func whatIsPutIsGot() async throws {
        try await withBucket { bucket async throws in
            let put = try await bucket.send(.put, "a/b.txt", headers: [("content-type", "text/plain")], body: "hello")
            #expect(put.status == .ok)
            #expect(put.headers[.eTag] == "\"5d41402abc4b2a76b9719d911017c592\"")
            #expect(put.headers[raw: "x-amz-server-side-encryption"] == "AES256")
            #expect(put.text == "")
            let get = try await bucket.send(.get, "a/b.txt")
            #expect(get.status == .ok)
            #expect(get.text == "hello")
            #expect(get.headers[.contentType] == "text/plain")
            #expect(get.headers[.contentLength] == "5")
            #expect(get.headers[.eTag] == put.headers[.eTag])
            #expect(get.headers[.lastModified] == "Thu, 02 Jan 2025 03:04:05 GMT")
            #expect(get.headers[.acceptRanges] == "bytes")
            #expect(get.headers[raw: "x-amz-checksum-crc64nvme"] == nil)
        }
    }

    @Test func everyAnswerHasItsIdentifiers() async throws {
        try await withBucket { bucket async throws in
            let answers = [
                try await bucket.send(.put, "k", body: ""), try await bucket.send(.get, "absent"), try await bucket.send(.head, "absent"),
                try await bucket.send(.delete, "k"), try await bucket.send("GET", "/photos/k", [], body: nil),
            ]
            let identifiers = answers.compactMap { $0.headers[raw: "x-amz-request-id"] }
            #expect(Set(identifiers).count == answers.count)
            #expect(identifiers.allSatisfy { $0.count == 16 && $0.allSatisfy { $0.isHexDigit && !$0.isLowercase } })
            #expect(answers.allSatisfy { $0.headers[raw: "x-amz-id-2"] != nil && $0.headers[.date] != nil && $0.headers[.server] != nil })
            #expect(answers[1].element("RequestId") == identifiers[1])
            #expect(answers[1].element("HostId") == answers[1].headers[raw: "x-amz-id-2"])
            #expect(answers[1].element("Resource") == "/photos/absent")
            #expect(answers[1].headers[.contentType] == "application/xml")
            #expect(answers[1].text.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>"))
        }
    }

    @Test func headSaysWhatGetSaysWithoutTheBody() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", headers: [("cache-control", "no-cache")], body: "0123456789")
            let head = try await bucket.send(.head, "k")
            let get = try await bucket.send(.get, "k")
            #expect(head.status == .ok)
            #expect(head.text == "")
            for name in ["content-length", "content-type", "etag", "last-modified", "cache-control", "accept-ranges"] {
                #expect(head.headers[raw: name] == get.headers[raw: name], "\(name)")
                #expect(head.headers[raw: name] != nil, "\(name)")
            }
            let ranged = try await bucket.send(.head, "k", headers: [("range", "bytes=2-3")])
            #expect(ranged.status == .partialContent)
            #expect(ranged.headers[.contentLength] == "2")
            let absent = try await bucket.send(.head, "absent")
            #expect(absent.status == .notFound)
            #expect(absent.text == "")
        }
    }

    @Test func deleteIsFineWithAndWithoutAnObject() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "x")
            #expect(try await bucket.send(.delete, "k").status == .noContent)
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
            #expect(try await bucket.send(.delete, "k").status == .noContent)
            #expect(try await bucket.send(.delete, "k", headers: [("if-match", "*")]).refusal == "404 NoSuchKey")
            #expect(try bucket.folder.files("photos/objects") == [])
        }
    }

    @Test func whatIsSaidAboutAnObjectIsKept() async throws {
        try await withBucket { bucket async throws in
            let said = [
                ("content-type", "image/png"), ("cache-control", "max-age=60"), ("content-disposition", "attachment; filename=\"a.png\""),
                ("content-encoding", "br"), ("content-language", "de"), ("expires", "Thu, 01 Jan 2026 00:00:00 GMT"),
                ("x-amz-meta-user", "Ada"), ("X-Amz-Meta-Two", "b,c"), ("x-amz-storage-class", "STANDARD_IA"),
                ("x-amz-server-side-encryption", "aws:kms"), ("x-amz-server-side-encryption-aws-kms-key-id", "key-1"),
                ("x-amz-tagging", "a=1&b=zwei%20drei&c="),
            ]
            #expect(try await bucket.send(.put, "k", headers: said, body: "x").status == .ok)
            let get = try await bucket.send(.get, "k")
            for (name, value) in said where name != "x-amz-tagging" {
                #expect(get.headers[raw: name] == value, "\(name)")
            }
            #expect(get.headers[raw: "x-amz-tagging-count"] == "3")
            let tags = try await bucket.send(.get, "k", query: [("tagging", "")])
            let expected = [("a", "1"), ("b", "zwei drei"), ("c", "")].map { "<Tag><Key>\($0)</Key><Value>\($1)</Value></Tag>" }.joined()
            #expect(tags.text.hasSuffix("<TagSet>\(expected)</TagSet></Tagging>"))
            // A second PUT says everything anew.
            try await bucket.send(.put, "k", body: "y")
            let again = try await bucket.send(.get, "k")
            #expect(again.headers[raw: "x-amz-meta-user"] == nil)
            #expect(again.headers[.contentType] == "binary/octet-stream")
            #expect(again.headers[raw: "x-amz-storage-class"] == nil)
            #expect(again.headers[raw: "x-amz-tagging-count"] == nil)
            #expect(try await bucket.send(.get, "k", query: [("tagging", "")]).text.hasSuffix("<TagSet></TagSet></Tagging>"))
            #expect(try await bucket.send(.get, "none", query: [("tagging", "")]).refusal == "404 NoSuchKey")
        }
    }

    @Test func theSignedQueryReplacesHeaders() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", headers: [("content-type", "text/html"), ("cache-control", "no-store")], body: "x")
            let query = [
                ("response-content-type", "text/plain"), ("response-content-disposition", "attachment; filename=\"ü.txt\""),
                ("response-content-language", "fr"), ("response-content-encoding", "identity"), ("response-expires", "0"),
                ("response-cache-control", "max-age=1"),
            ]
            let get = try await bucket.presigned(.get, "k", query: query)
            for (name, value) in query { #expect(get.headers[raw: String(name.dropFirst("response-".count))] == value, "\(name)") }
            let plain = try await bucket.presigned(.get, "k")
            #expect(plain.headers[.contentType] == "text/html")
            let split = try await bucket.presigned(.get, "k", query: [("response-content-type", "text/plain\r\nset-cookie: a=b")])
            #expect(split.refusal == "400 InvalidArgument")
            #expect(split.headers[.setCookie] == nil)
        }
    }

    @Test func metadataBeyondASCIIComesBackEncoded() async throws {
        try await withBucket { bucket async throws in
            let name = "Zoë 😀"
            let form = try bucket.form(fields: [("key", "k"), ("x-amz-meta-name", name)])
            #expect(try await bucket.post(form, file: "x").status == .noContent)
            let value = try #require(try await bucket.send(.head, "k").headers[raw: "x-amz-meta-name"])
            #expect(value == "=?UTF-8?B?\(Data(name.utf8).base64EncodedString())?=")
        }
    }

    @Test func anArchivedObjectMustBeRestoredFirst() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", headers: [("x-amz-storage-class", "GLACIER")], body: "x")
            #expect(try await bucket.send(.get, "k").refusal == "403 InvalidObjectState")
            #expect(try await bucket.send(.head, "k").headers[raw: "x-amz-storage-class"] == "GLACIER")
        }
    }

    private static func long(_ count: Int) -> String { String(repeating: "v", count: count) }
    private static func tags(_ count: Int) -> String { (0..<count).map { "k\($0)=v" }.joined(separator: "&") }

    private static let refusals: [([(String, String)], String)] = [
        ([("x-amz-storage-class", "COLD")], "400 InvalidStorageClass"),
        ([("x-amz-server-side-encryption", "rot13")], "400 InvalidArgument"),
        ([("x-amz-server-side-encryption-aws-kms-key-id", "key")], "400 InvalidArgument"),
        ([("x-amz-server-side-encryption", "aws:kms"), ("x-amz-server-side-encryption-context", "{}")], "400 InvalidArgument"),
        ([("x-amz-server-side-encryption", "aws:kms"), ("x-amz-server-side-encryption-bucket-key-enabled", "1")], "400 InvalidArgument"),
        ([("x-amz-server-side-encryption-customer-algorithm", "AES256")], "501 NotImplemented"),
        ([("x-amz-tagging", "a=1&a=2")], "400 InvalidArgument"),
        ([("x-amz-tagging", "a=%zz")], "400 InvalidArgument"),
        ([("x-amz-tagging", "=1")], "400 InvalidTag"),
        ([("x-amz-tagging", "a=%00")], "400 InvalidTag"),
        ([("x-amz-tagging", "aws:a=1")], "400 InvalidTag"),
        ([("x-amz-tagging", "a=" + long(257))], "400 InvalidTag"),
        ([("x-amz-tagging", long(129) + "=")], "400 InvalidTag"),
        ([("x-amz-tagging", tags(11))], "400 BadRequest"),
        ([("x-amz-acl", "public-read")], "400 AccessControlListNotSupported"),
        ([("x-amz-grant-read", "id=1")], "400 AccessControlListNotSupported"),
        ([("x-amz-object-lock-mode", "GOVERNANCE")], "400 InvalidRequest"),
        ([("x-amz-copy-source", "/photos/k")], "501 NotImplemented"),
        ([("x-amz-meta-a", long(2048))], "400 MetadataTooLarge"),
        ([("cache-control", long(8000))], "400 RequestHeaderSectionTooLarge"),
    ]

    @Test(arguments: refusals)
    func headersThatS3Refuses(headers: [(String, String)], refusal: String) async throws {
        try await withBucket { bucket async throws in
            #expect(try await bucket.send(.put, "k", headers: headers, body: "x").refusal == refusal)
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
        }
    }

    @Test func limitsAreInclusive() async throws {
        try await withBucket { bucket async throws in
            let headers = [
                ("x-amz-meta-a", String(repeating: "v", count: 2047)),
                ("x-amz-tagging", (0..<10).map { "k\($0)=v" }.joined(separator: "&")),
            ]
            #expect(try await bucket.send(.put, "k", headers: headers, body: "x").status == .ok)
            let tag = String(repeating: "k", count: 128) + "=" + String(repeating: "v", count: 256)
            #expect(try await bucket.send(.put, "k", headers: [("x-amz-tagging", tag)], body: "x").status == .ok)
            #expect(try await bucket.send(.put, "k", headers: [("x-amz-acl", "bucket-owner-full-control")], body: "x").status == .ok)
        }
    }

    @Test(arguments: ["acl", "attributes", "torrent", "retention"])
    func operationsThatAreNotThereAreNotMistakenForOthers(name: String) async throws {
        try await withBucket { bucket async throws in
            let answer = try await bucket.send(.put, "k", query: [(name, "")], body: "<xml/>")
            #expect(answer.refusal == "501 NotImplemented")
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
        }
    }

    /// S3 takes encryption from headers only.
    @Test func encryptionInTheQueryIsRefused() async throws {
        try await withBucket { bucket async throws in
            let signer = RequestSigner(credentials: writer, region: "eu-west-1", service: "s3", rules: .s3)
            let request = SignableRequest(
                method: "PUT", path: "/photos/k", query: [QueryItem("x-amz-server-side-encryption", "AES256")],
                headers: [Header("host", "localhost")])
            let signature = try signer.authorize(request, payload: .unsigned, declaresPayload: true, at: now)
            let target = "/photos/k?x-amz-server-side-encryption=AES256"
            let answer = try await bucket.send("PUT", target, signature.headers, body: .init(string: "x"))
            #expect(answer.refusal == "400 InvalidArgument")
            #expect(answer.element("ArgumentName") == "x-amz-server-side-encryption")
        }
    }

    @Test func methodsThatAreNotThere() async throws {
        try await withBucket { bucket async throws in
            #expect(try await bucket.send(.post, "k", body: "x").refusal == "405 MethodNotAllowed")
            #expect(try await bucket.send(.delete, "k", query: [("delete", "")]).refusal == "405 MethodNotAllowed")
            #expect(try await bucket.send(.put, "k", query: [("location", "")], body: "").refusal == "405 MethodNotAllowed")
            #expect(try await bucket.send(.get, "k", query: [("versionId", "1")]).refusal == "400 InvalidArgument")
        }
    }
}
