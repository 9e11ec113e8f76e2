import HTTPTypes
import HummingbirdTesting
import Libcrypto
import LocalBucket
import S3Signing
import SigV4
import Testing

/// Objects that come in parts.
@Suite(.serialized) struct MultipartTests {
    private static let large = String(repeating: "a", count: TestUpload.partBytes)

    @Test func partsBecomeOneObject() async throws {
        try await withBucket { bucket async throws in
            let headers = [
                ("content-type", "text/plain"), ("x-amz-meta-user", "zoe"), ("x-amz-tagging", "a=1"), ("cache-control", "no-store"),
                ("x-amz-server-side-encryption", "aws:kms"), ("x-amz-storage-class", "STANDARD_IA"),
            ]
            let upload = try await TestUpload(bucket, headers: headers)
            let second = try await upload.part(2, "tail")
            let first = try await upload.part(1, Self.large)
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
            let answer = try await upload.complete([(1, first), (2, second.replacing("\"", with: ""))])
            #expect(answer.status == .ok)
            // MD5 of the two MD5s, as `cat <(md5 -r a) <(md5 -r b) | md5` has it.
            let sums = [first, second].flatMap { Hex.decode($0.replacing("\"", with: "")) ?? [] }
            var digest = StreamingDigest(.md5)
            digest.update(sums.span)
            let etag = "\"\(Hex.encode(digest.finish()))-2\""
            #expect(answer.element("ETag") == etag.replacing("\"", with: "&quot;"))
            #expect(answer.element("Location") == "http://localhost/photos/k")
            #expect(answer.element("Key") == "k")
            #expect(answer.element("Bucket") == "photos")
            #expect(answer.headers[raw: "x-amz-server-side-encryption"] == "aws:kms")
            let get = try await bucket.send(.get, "k", headers: [("x-amz-checksum-mode", "ENABLED")])
            #expect(get.text == Self.large + "tail")
            #expect(get.headers[.eTag] == etag)
            #expect(get.headers[.contentType] == "text/plain")
            #expect(get.headers[raw: "x-amz-meta-user"] == "zoe")
            #expect(get.headers[raw: "x-amz-tagging-count"] == "1")
            #expect(get.headers[raw: "x-amz-storage-class"] == "STANDARD_IA")
            #expect(get.headers[raw: "x-amz-checksum-type"] == "FULL_OBJECT")
            // As if it had come as a whole.
            let whole = try await bucket.send(.put, "whole", body: Self.large + "tail")
            #expect(get.headers[raw: "x-amz-checksum-crc64nvme"] == whole.headers[raw: "x-amz-checksum-crc64nvme"])
            #expect(try await bucket.send(.get, nil, query: [("list-type", "2")]).elements("Key") == ["k", "whole"])
            try TestUpload.expectNothingLeft(bucket)
        }
    }

    @Test func aPartThatIsSentAgainReplacesTheEarlierOneAndPartsNotNamedAreDropped() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let old = try await upload.part(7, "old")
            let new = try await upload.part(7, "new")
            _ = try await upload.part(8, "dropped")
            #expect(try await upload.parts().elements("Size") == ["3", "7"])
            #expect(try await upload.complete([(7, old)]).refusal == "400 InvalidPart")
            #expect(try await upload.complete([(7, new)]).status == .ok)
            #expect(try await bucket.send(.get, "k").text == "new")
            try TestUpload.expectNothingLeft(bucket)
        }
    }

    @Test func aCompletionThatIsSentAgainAnswersAsItDid() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let part = try await upload.part(1, "x")
            let condition = [("if-none-match", "*")]
            let first = try await upload.complete([(1, part)], headers: condition)
            let again = try await upload.complete([(1, part)], headers: condition)
            #expect(again.status == .ok)
            #expect(again.text == first.text)
            #expect(try await upload.abort().refusal == "404 NoSuchUpload")
            // The object is another one now, and what made the old one is not known any more.
            try await bucket.send(.put, "k", body: "y")
            #expect(try await upload.complete([(1, part)]).refusal == "404 NoSuchUpload")
            #expect(try await bucket.send(.get, "k").text == "y")
        }
    }

    @Test func conditionsHoldWhenItIsCompleted() async throws {
        try await withBucket { bucket async throws in
            let (first, second) = (try await TestUpload(bucket), try await TestUpload(bucket))
            let (one, two) = (try await first.part(1, "one"), try await second.part(1, "two"))
            #expect(try await first.complete([(1, one)], headers: [("if-match", "*")]).refusal == "404 NoSuchKey")
            #expect(try await first.complete([(1, one)], headers: [("if-none-match", "*")]).status == .ok)
            let late = try await second.complete([(1, two)], headers: [("if-none-match", "*")])
            #expect(late.refusal == "412 PreconditionFailed")
            #expect(late.element("Condition") == "If-None-Match")
            #expect(try await bucket.send(.get, "k").text == "one")
            // The upload is still there, for another condition or for abort.
            let etag = try #require(try await bucket.send(.head, "k").headers[.eTag])
            #expect(try await second.complete([(1, two)], headers: [("if-match", "\"0\"")]).refusal == "412 PreconditionFailed")
            #expect(try await second.complete([(1, two)], headers: [("if-match", etag)]).status == .ok)
            #expect(try await bucket.send(.get, "k").text == "two")
        }
    }

    @Test func anAbortedUploadIsGoneWithItsParts() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let part = try await upload.part(1, "x")
            #expect(try await upload.abort().status == .noContent)
            try TestUpload.expectNothingLeft(bucket)
            #expect(try await upload.complete([(1, part)]).refusal == "404 NoSuchUpload")
            #expect(try await upload.parts().refusal == "404 NoSuchUpload")
            #expect(try await upload.send(.put, [("partNumber", "1")], body: "x").refusal == "404 NoSuchUpload")
            #expect(try await upload.abort().refusal == "404 NoSuchUpload")
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
        }
    }

    @Test func partsAreListedInPages() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket, headers: [("x-amz-checksum-algorithm", "crc32")])
            #expect(try await upload.parts().element("IsTruncated") == "false")
            // CRC-32 of "x".
            for number in [10_000, 3, 1, 20] { _ = try await upload.part(number, "x", headers: [("x-amz-checksum-crc32", "jNwWgw==")]) }
            let all = try await upload.parts()
            #expect(all.elements("PartNumber") == ["1", "3", "20", "10000"])
            #expect(all.elements("ETag") == Array(repeating: "&quot;9dd4e461268c8034f5c8564e155c67a6&quot;", count: 4))
            #expect(all.elements("ChecksumCRC32") == Array(repeating: "jNwWgw==", count: 4))
            #expect(all.element("ChecksumType") == "COMPOSITE")
            #expect(all.element("LastModified") == "2025-01-02T03:04:05.000Z")
            #expect(all.element("MaxParts") == "1000")
            let first = try await upload.parts([("max-parts", "3")])
            #expect(first.elements("PartNumber") == ["1", "3", "20"])
            #expect([first.element("IsTruncated"), first.element("NextPartNumberMarker")] == ["true", "20"])
            let rest = try await upload.parts([("max-parts", "3"), ("part-number-marker", "20")])
            #expect(rest.elements("PartNumber") == ["10000"])
            #expect([rest.element("IsTruncated"), rest.element("PartNumberMarker")] == ["false", "20"])
            for wrong in [("max-parts", "x"), ("max-parts", "-1"), ("part-number-marker", "99999999999")] {
                #expect(try await upload.parts([wrong]).refusal == "400 InvalidArgument")
            }
        }
    }

    @Test func openUploadsAreListedInPages() async throws {
        try await withBucket { bucket async throws in
            func list(_ query: (String, String)...) async throws -> TestResponse {
                try await bucket.send(.get, nil, query: [("uploads", "")] + query)
            }
            #expect(try await list().element("IsTruncated") == "false")
            var ids: [String: [String]] = [:]
            for key in ["b/2", "a", "b/1", "a", "c/ü&", "b/1"] { ids[key, default: []].append(try await TestUpload(bucket, key).id) }
            let all = try await list()
            #expect(all.elements("Key") == ["a", "a", "b/1", "b/1", "b/2", "c/ü&amp;"])
            #expect(Set(all.elements("UploadId")) == Set(ids.values.joined()))
            #expect(all.element("Initiated") == "2025-01-02T03:04:05.000Z")
            #expect(try await list(("prefix", "b/")).elements("Key") == ["b/1", "b/1", "b/2"])
            let grouped = try await list(("delimiter", "/"))
            #expect(grouped.elements("Key") == ["a", "a"])
            #expect(grouped.elements("CommonPrefixes") == ["<Prefix>b/</Prefix>", "<Prefix>c/</Prefix>"])
            #expect(try await list(("encoding-type", "url")).elements("Key").last == "c/%C3%BC%26")
            #expect(try await list(("encoding-type", "rot13")).refusal == "400 InvalidArgument")
            #expect(try await list(("max-uploads", "0")).element("IsTruncated") == "false")

            // Pages of any size, with and without groups, have everything once.
            for size in 1...6 {
                for delimiter in ["", "/"] {
                    var (found, key, id) = ([String](), "", "")
                    for _ in 0..<10 {
                        let page = try await list(
                            ("max-uploads", "\(size)"), ("delimiter", delimiter), ("key-marker", key), ("upload-id-marker", id))
                        found += page.elements("UploadId") + page.elements("CommonPrefixes")
                        if page.element("IsTruncated") == "false" { break }
                        (key, id) = (try #require(page.element("NextKeyMarker")), try #require(page.element("NextUploadIdMarker")))
                    }
                    let expected =
                        delimiter.isEmpty ? all.elements("UploadId") : grouped.elements("UploadId") + grouped.elements("CommonPrefixes")
                    #expect(found == expected, "\(size) \(delimiter)")
                }
            }
        }
    }

    @Test func aPartIsReadByItsNumber() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let parts = [(2, try await upload.part(2, Self.large)), (5, try await upload.part(5, "tail"))]
            try await upload.complete(parts)
            let last = try await bucket.send(.get, "k", query: [("partNumber", "2")])
            #expect(last.status == .partialContent)
            #expect(last.text == "tail")
            #expect(
                last.headers[.contentRange] == "bytes \(Self.large.utf8.count)-\(Self.large.utf8.count + 3)/\(Self.large.utf8.count + 4)")
            #expect(last.headers[raw: "x-amz-mp-parts-count"] == "2")
            let head = try await bucket.send(.head, "k", query: [("partNumber", "1")])
            #expect(head.headers[.contentLength] == "\(Self.large.utf8.count)")
            #expect(head.headers[raw: "x-amz-mp-parts-count"] == "2")
            #expect(try await bucket.send(.head, "k").headers[raw: "x-amz-mp-parts-count"] == nil)
            #expect(try await bucket.send(.get, "k", query: [("partNumber", "3")]).refusal == "416 InvalidPartNumber")
            #expect(try await bucket.send(.get, "k", query: [("partNumber", "0")]).refusal == "400 InvalidArgument")
            let both = try await bucket.send(.get, "k", query: [("partNumber", "1")], headers: [("range", "bytes=0-1")])
            #expect(both.refusal == "400 InvalidRequest")
            try await bucket.send(.put, "whole", body: "abc")
            #expect(try await bucket.send(.get, "whole", query: [("partNumber", "1")]).text == "abc")
            #expect(try await bucket.send(.get, "whole", query: [("partNumber", "2")]).refusal == "416 InvalidPartNumber")
        }
    }

    @Test func objectsWithPartsOutliveTheServer() async throws {
        let folder = TemporaryFolder()
        try await withBucket(folder: folder) { bucket async throws in
            let upload = try await TestUpload(bucket)
            try await upload.complete([(1, try await upload.part(1, "x"))])
            _ = try await TestUpload(bucket, "open").part(4, "still here")
        }
        try await withBucket(folder: folder) { bucket async throws in
            #expect(try await bucket.send(.get, "k", query: [("partNumber", "1")]).headers[raw: "x-amz-mp-parts-count"] == "1")
            let open = try await bucket.send(.get, nil, query: [("uploads", "")])
            let id = try #require(open.element("UploadId"))
            let parts = try await bucket.send(.get, "open", query: [("uploadId", id)])
            #expect(parts.elements("PartNumber") == ["4"])
            let answer = try await bucket.send(
                .post, "open", query: [("uploadId", id)], body: TestUpload.document([(4, try #require(parts.element("ETag")))]))
            #expect(answer.status == .ok)
            #expect(try await bucket.send(.get, "open").text == "still here")
        }
    }
}
