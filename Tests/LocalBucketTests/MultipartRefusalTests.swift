import Foundation
import HTTPTypes
import HummingbirdTesting
import LocalBucket
import S3Signing
import SigV4
import Testing

/// What a multipart upload must not take, with S3's codes; and what must not be left of it.
@Suite(.serialized) struct MultipartRefusalTests {
    @Test(arguments: ["0", "10001", "-1", "+1", "1.0", "01x", "", "x", "99999999999999999999", "１"])
    func partNumbersThatAreNone(number: String) async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let answer = try await upload.send(.put, [("partNumber", number)], body: "x")
            #expect(answer.refusal == "400 InvalidArgument")
            #expect(answer.element("ArgumentName") == "partNumber")
            #expect(answer.element("Message")?.contains("between 1 and 10000") == true)
            #expect(try await upload.parts().elements("PartNumber") == [])
        }
    }

    @Test func uploadsOfOtherKeysAndIDsThatAreNone() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket, "k")
            let part = try await upload.part(1, "x")
            let digits = String(repeating: "0", count: 48)
            let others = [
                TestUpload(bucket: bucket, key: "other", id: upload.id), TestUpload(bucket: bucket, key: "k/", id: upload.id),
            ]
            let ids = [
                "", ".", "..", "../uploads/\(upload.id)", "\(upload.id)/../\(upload.id)", "\(upload.id)/", upload.id.uppercased() + "A",
                digits,
                "../../../etc/passwd", "\(upload.id)\u{0}", "%2e%2e", String(upload.id.dropLast()), String(repeating: "a", count: 5000),
            ]
            for foreign in others + ids.map({ TestUpload(bucket: bucket, key: "k", id: $0) }) {
                #expect(try await foreign.send(.put, [("partNumber", "1")], body: "y").refusal == "404 NoSuchUpload", "\(foreign.id)")
                #expect(try await foreign.parts().refusal == "404 NoSuchUpload", "\(foreign.id)")
                #expect(try await foreign.complete([(1, part)]).refusal == "404 NoSuchUpload", "\(foreign.id)")
                #expect(try await foreign.abort().refusal == "404 NoSuchUpload", "\(foreign.id)")
            }
            let elsewhere = try await bucket.send(
                .delete, "k", query: [("uploadId", upload.id)], as: stranger, bucket: "photos.archive")
            #expect(elsewhere.refusal == "404 NoSuchUpload")
            #expect(try await upload.complete([(1, part)]).status == .ok)
            #expect(try await bucket.send(.get, "k").text == "x")
        }
    }

    @Test func completionsWhoseListIsWrong() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let (one, two) = (try await upload.part(1, "one"), try await upload.part(2, "two"))
            let cases: [([(Int, String)], String)] = [
                ([], "400 MalformedXML"), ([(2, two), (1, one)], "400 InvalidPartOrder"), ([(1, one), (1, one)], "400 InvalidPartOrder"),
                ([(1, one), (3, two)], "400 InvalidPart"), ([(1, two)], "400 InvalidPart"), ([(1, "\"\"")], "400 InvalidPart"),
                ([(0, one)], "400 InvalidArgument"), ([(10_001, one)], "400 InvalidArgument"), ([(-1, one)], "400 InvalidArgument"),
                ([(1, one), (2, two)], "400 EntityTooSmall"), ((1...10_001).map { ($0, one) }, "400 InvalidArgument"),
            ]
            for (parts, refusal) in cases {
                #expect(try await upload.complete(parts).refusal == refusal, "\(parts.prefix(3))")
            }
            let small = try await upload.complete([(1, one), (2, two)])
            #expect(
                [small.element("ProposedSize"), small.element("MinSizeAllowed"), small.element("PartNumber")] == ["3", "5242880", "1"])
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
            // None of it has spoilt the upload.
            #expect(try await upload.complete([(2, two)]).status == .ok)
            #expect(try await bucket.send(.get, "k").text == "two")
            try TestUpload.expectNothingLeft(bucket)
        }
    }

    @Test func documentsThatAreNone() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let part = try await upload.part(1, "x")
            let whole = TestUpload.document([(1, part)])
            for length in stride(from: 0, to: whole.utf8.count - 1, by: 7) {
                #expect(try await upload.complete(xml: String(whole.prefix(length))).refusal == "400 MalformedXML", "\(length)")
            }
            let number = "<PartNumber>1</PartNumber>"
            let wrong = [
                whole + "x", whole.replacing("Part>", with: "part>"), whole.replacing(number, with: ""),
                whole.replacing(number, with: number + number),
                whole.replacing(">1<", with: ">one<"), whole.replacing(">1<", with: "><"), whole.replacing(">1<", with: ">&#x31<"),
                whole.replacing("<ETag>\(part)</ETag>", with: ""), whole.replacing("</Part>", with: "<Size>1</Size></Part>"),
                whole.replacing("<Part>", with: "<Part xmlns=\"><PartNumber>1</PartNumber><ETag>a</ETag></Part>"),
                "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>" + whole, "{\"parts\":[]}", "\u{feff}",
            ]
            for xml in wrong { #expect(try await upload.complete(xml: xml).refusal == "400 MalformedXML", "\(xml)") }
            let ten =
                "<CompleteMultipartUpload>" + String(repeating: "<Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>", count: 220_000)
            #expect(ten.utf8.count > 10_000_000)
            #expect(try await upload.complete(xml: ten).refusal == "400 MaxMessageLengthExceeded")
            #expect(try await upload.complete(xml: " <?xml?>" + whole.replacing("\"", with: "&#34;")).status == .ok)
        }
    }

    /// Neither a part nor an upload is ever mistaken for an object, or for a listing.
    @Test func requestsThatAreHalfAMultipartUpload() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let id = ("uploadId", upload.id)
            let refusals: [(S3Method, String?, [(String, String)], String)] = [
                (.put, "k", [("partNumber", "1")], "400 InvalidArgument"), (.put, "k", [id], "400 InvalidArgument"),
                (.put, "k", [("uploads", "")], "405 MethodNotAllowed"), (.get, "k", [("uploads", "")], "405 MethodNotAllowed"),
                (.delete, "k", [("uploads", "")], "405 MethodNotAllowed"), (.post, "k", [("uploads", ""), id], "405 MethodNotAllowed"),
                (.post, nil, [("uploads", "")], "405 MethodNotAllowed"), (.get, nil, [id], "405 MethodNotAllowed"),
                (.delete, nil, [("uploads", "")], "405 MethodNotAllowed"), (.post, "k", [], "405 MethodNotAllowed"),
                (.put, "k", [("partNumber", "1"), id, ("tagging", "")], "405 MethodNotAllowed"),
                (.get, "k", [id, ("tagging", "")], "405 MethodNotAllowed"),
            ]
            for (method, key, query, refusal) in refusals {
                #expect(try await bucket.send(method, key, query: query, body: method == .get ? nil : "x").refusal == refusal, "\(query)")
            }
            #expect(try await upload.send(.head).status == .methodNotAllowed)
            #expect(try await bucket.send(.get, nil, query: [("list-type", "2")]).elements("Key") == [])
            #expect(try await upload.parts().elements("PartNumber") == [])
        }
    }

    @Test func whatAPartCannotSay() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let refusals: [([(String, String)], String)] = [
                ([("x-amz-copy-source", "/photos/k")], "501 NotImplemented"), ([("if-none-match", "*")], "501 NotImplemented"),
                ([("x-amz-server-side-encryption", "AES256")], "400 InvalidArgument"),
                ([("x-amz-server-side-encryption-customer-algorithm", "AES256")], "501 NotImplemented"),
                ([("content-md5", "x")], "400 InvalidDigest"),
            ]
            for (headers, refusal) in refusals {
                let answer = try await upload.send(.put, [("partNumber", "1")], headers: headers, body: "x")
                #expect(answer.refusal == refusal, "\(headers)")
            }
            let copy = try await upload.send(.put, [("partNumber", "1")], headers: [("x-amz-copy-source", "/photos/k")], body: "x")
            #expect(copy.element("Message")?.contains("UploadPartCopy") == true)
            #expect(try await upload.parts().elements("PartNumber") == [])
        }
    }

    @Test func whatAnUploadCannotBeCreatedWith() async throws {
        try await withBucket { bucket async throws in
            for (headers, refusal) in [
                ([("x-amz-acl", "public-read")], "400 AccessControlListNotSupported"),
                ([("x-amz-tagging", "a=1&a=2")], "400 InvalidArgument"),
                ([("x-amz-meta-a", String(repeating: "v", count: 2048))], "400 MetadataTooLarge"),
                ([("x-amz-storage-class", "COLD")], "400 InvalidStorageClass"),
            ] {
                #expect(try await bucket.send(.post, "k", query: [("uploads", "")], headers: headers).refusal == refusal)
            }
            try TestUpload.expectNothingLeft(bucket)
        }
    }

    @Test func aPartThatIsCutLeavesNothing() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let request = try TestBucket.signer().authorize(
                method: .put, key: try ObjectKey("k"), query: [QueryItem("partNumber", "1"), QueryItem("uploadId", upload.id)],
                payload: .unsigned, at: now)
            let wire = try Wire(port: bucket.port)
            let target = "/photos/k?partNumber=1&uploadId=\(upload.id)"
            try await wire.send(head("PUT", target, request.headers + [Header("content-length", "10")]) + "01234")
            while try bucket.folder.files("photos/incoming").isEmpty { await Task.yield() }
            wire.finish()
            while try !bucket.folder.files("photos/incoming").isEmpty { await Task.yield() }
            #expect(try await upload.parts().elements("PartNumber") == [])
            let files = try bucket.folder.files("photos/parts")
            #expect(files == [])
        }
    }
}
