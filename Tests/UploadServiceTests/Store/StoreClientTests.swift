import Libcrypto
import S3Signing
import SigV4
import Testing
import Uploads

@testable import UploadService

/// What the store client asks, and how it reads a good store's answers.
@Suite struct StoreClientTests {
    static let created = """
        <?xml version="1.0" encoding="UTF-8"?>
        <InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>examplebucket</Bucket>\
        <Key>k</Key><UploadId>2~VXBsb2FkSWQ.a_b-c</UploadId></InitiateMultipartUploadResult>
        """

    static let completed = """
        <CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Location>x</Location>\
        <ETag>&quot;3858f62230ac3c915f300c664312c11f-9&quot;</ETag></CompleteMultipartUploadResult>
        """

    static func page(_ numbers: ClosedRange<Int>, isTruncated: Bool) -> String {
        let parts = numbers.map {
            """
            <Part><PartNumber>\($0)</PartNumber><LastModified>2010-11-10T20:48:34.000Z</LastModified>\
            <ETag>&quot;\($0)&#34;</ETag><Size>\($0)00</Size></Part>
            """
        }
        return """
            <?xml version="1.0"?><!-- > --><s3:ListPartsResult xmlns:s3='http://s3.amazonaws.com/doc/2006-03-01/'>\
            <Owner><ID>x</ID><DisplayName/></Owner>\(parts.joined())<IsTruncated>\(isTruncated)</IsTruncated></s3:ListPartsResult>
            """
    }

    @Test func createsAnUpload() async throws {
        try await HostileStore.run({ _, _ in .body(Self.created) }) { asker, store in
            let id = try await asker.create()
            #expect(id == "2~VXBsb2FkSWQ.a_b-c")
            let request = try #require(store.requests.first)
            #expect(request.method == "POST")
            #expect(request.path == "/examplebucket/folder/a%20file%2B%C3%BC.bin")
            #expect(request.query == [QueryItem("uploads", "")])
            #expect(request.header("content-type") == "text/plain")
            #expect(request.header("content-length") == "0")
            #expect(request.header("x-amz-security-token") == "hiddenToken")
        }
    }

    @Test func listsAllPages() async throws {
        let respond: HostileStore.Respond = { request, _ in
            switch request.parameter("part-number-marker") {
            case nil: .body(Self.page(1...1000, isTruncated: true))
            case "1000": .body(Self.page(1001...1500, isTruncated: false))
            default: .error(400, "InvalidArgument")
            }
        }
        try await HostileStore.run(respond) { asker, store in
            let parts = try await asker.parts()
            #expect(parts.map(\.number) == Array(1...1500))
            #expect(parts[41] == StoredPart(number: 42, sizeBytes: 4200, etag: "\"42\""))
            #expect(store.requests.map { $0.parameter("uploadId") } == ["id/+= 1", "id/+= 1"])
        }
    }

    @Test func completesAnUpload() async throws {
        try await HostileStore.run({ _, _ in .body(Self.completed, headers: ["x-amz-version-id": "v1"]) }) { asker, store in
            let stored = try await asker.complete()
            #expect(stored == StoredUpload(etag: "\"3858f62230ac3c915f300c664312c11f-9\"", versionID: "v1", afterRetry: false))
            _ = try await asker.complete(createOnly: false)
            #expect(store.requests.map { $0.header("if-none-match") } == ["*", nil])
            #expect(
                store.requests[0].body == """
                    <CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\
                    <Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;</ETag></Part>\
                    <Part><PartNumber>2</PartNumber><ETag>b&lt;&amp;&#1;</ETag></Part></CompleteMultipartUpload>
                    """)
        }
    }

    @Test func waitsThroughTheBlanksOfACompletion() async throws {
        let answer = "<?xml version=\"1.0\"?>\n" + String(repeating: " ", count: 3000) + Self.completed
        try await HostileStore.run({ _, _ in .body(answer) }) { asker, _ in
            let stored = try await asker.complete()
            #expect(stored.etag?.contains("3858") == true)
        }
    }

    @Test func abortsAnUpload() async throws {
        try await HostileStore.run({ _, _ in .body("", status: 204) }) { asker, store in
            try await asker.abort()
            #expect(store.requests.map(\.method) == ["DELETE"])
            #expect(store.requests.first?.parameter("uploadId") == "id")
        }
    }

    @Test func looksAtAnObject() async throws {
        let digest = SHA256.hash("x")
        let headers = [
            "content-type": "image/png", "etag": "\"e\"", "x-amz-version-id": "v", "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": "arn:key", "x-amz-checksum-sha256": Base64.encode(digest.bytes),
            "last-modified": "Wed, 12 Oct 2009 17:50:00 GMT", "x-amz-meta-Caption": "c", "content-length": "1234",
        ]
        try await HostileStore.run({ _, _ in .body("", headers: headers) }) { asker, store in
            let object = try await asker.head()
            #expect(object.sizeBytes == 1234)
            #expect(object.contentType == "image/png" && object.etag == "\"e\"" && object.versionID == "v")
            #expect(object.encryption == "aws:kms" && object.kmsKeyID == "arn:key" && object.sha256 == digest)
            #expect(object.lastModified?.iso8601 == "2009-10-12T17:50:00Z")
            #expect(object.metadata == ["caption": "c"])
            #expect(store.requests.first?.header("x-amz-checksum-mode") == "ENABLED")
        }
    }

    @Test(arguments: [
        ["x-amz-checksum-sha256": "MV9b23bQeMQ7isAGTkoBZGErH853yGk0W/yUx1iU7dM=", "x-amz-checksum-type": "COMPOSITE"],
        ["x-amz-checksum-sha256": "MV9b23bQeMQ7isAGTkoBZGErH853yGk0W/yUx1iU7dM=-3"], ["x-amz-checksum-sha256": "AAAA"],
    ])
    func takesNoChecksumForTheObjectsThatIsNot(_ headers: [String: String]) async throws {
        try await HostileStore.run({ _, _ in .body("", headers: headers.merging(["content-length": "1"]) { one, _ in one }) }) { asker, _ in
            let object = try await asker.head()
            #expect(object.sha256 == nil && object.lastModified == nil && object.etag == nil)
        }
    }

    @Test(arguments: [
        (
            "<Tagging><TagSet><Tag><Key>a</Key><Value> b &amp; c </Value></Tag><Tag><Key>d</Key><Value/></Tag></TagSet></Tagging>",
            ["a": " b & c ", "d": ""]
        ),
        ("<Tagging><TagSet/></Tagging>", [:]), ("<Tagging/>", [:]), ("", [:]),
    ])
    func readsTags(answer: String, tags: [String: String]) async throws {
        try await HostileStore.run({ _, _ in .body(answer) }) { asker, _ in
            let found = try await asker.client.tags(of: asker.key, at: asker.location, with: HostileStore.credentials)
            #expect(Dictionary(found.map { ($0.key, $0.value) }) { $1 } == tags && found.count == tags.count)
        }
    }

    @Test func setsTags() async throws {
        try await HostileStore.run({ _, _ in .body("") }) { asker, store in
            try await asker.client.setTags(
                [StoredTag(key: "countersign", value: "confirmed")], of: asker.key, at: asker.location, with: HostileStore.credentials)
            let request = try #require(store.requests.first)
            #expect(request.method == "PUT" && request.parameter("tagging") == "")
            #expect(
                request.body == """
                    <Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\
                    <TagSet><Tag><Key>countersign</Key><Value>confirmed</Value></Tag></TagSet></Tagging>
                    """)
            #expect(request.header("content-md5") == Self.md5(request.body))
        }
    }

    private static func md5(_ text: String) -> String {
        var digest = StreamingDigest(.md5)
        digest.update(Array(text.utf8))
        return Base64.encode(digest.finish())
    }

    @Test func saysWhatCannotBeSigned() async throws {
        try await HostileStore.run({ _, _ in .body(Self.created) }) { asker, store in
            let fault = await asker.fault { () throws(StoreFault) in
                try await asker.client.createMultipartUpload(
                    asker.key, headers: [Header("x", "a\r\nb")], at: asker.location, with: HostileStore.credentials)
            }
            guard case .unsignable(let error) = fault else { return #expect(fault == nil) }
            #expect(error.code == .invalidHeader)
            #expect(store.requests.isEmpty)
        }
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"), ("Sun, 06 Nov 1994 08:49:37 UTC", nil),
        ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun, 32 Nov 1994 08:49:37 GMT", nil), ("", nil), ("Sun, 6 Nov 1994 08:49:37 GMT", nil),
    ])
    func readsHTTPDates(_ text: String, _ expected: String?) {
        #expect(HTTPDate.time(text)?.iso8601 == expected)
    }
}
