import HTTPTypes
import HummingbirdTesting
import LocalBucket
import S3Signing
import SigV4
import Testing

/// Checksums of parts and of what becomes of them. The values are those of zlib and coreutils.
@Suite(.serialized) struct MultipartChecksumTests {
    private static let text = "123456789"
    private static let crc32 = "y/Q5Jg=="
    private static let sha256 = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="

    @Test func aFullObjectChecksumIsThatOfTheWhole() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(
                bucket, headers: [("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "FULL_OBJECT")])
            // A part may leave its checksum out.
            let part = try await upload.part(1, Self.text)
            #expect(try await upload.parts().element("ChecksumCRC32") == Self.crc32)
            #expect(try await upload.complete([(1, part)], headers: [("x-amz-checksum-crc32", "AAAAAA==")]).refusal == "400 BadDigest")
            #expect(try await upload.complete([(1, part)], headers: [("x-amz-checksum-type", "COMPOSITE")]).refusal == "400 InvalidRequest")
            #expect(try await upload.complete([(1, part)], headers: [("x-amz-mp-object-size", "10")]).refusal == "400 InvalidRequest")
            #expect(try await bucket.send(.head, "k").status == .notFound)
            let good = [
                ("x-amz-checksum-crc32", Self.crc32), ("x-amz-checksum-type", "FULL_OBJECT"), ("x-amz-mp-object-size", "9"),
            ]
            let answer = try await upload.complete([(1, part)], headers: good)
            #expect(answer.element("ChecksumCRC32") == Self.crc32)
            #expect(answer.element("ChecksumType") == "FULL_OBJECT")
            let head = try await bucket.send(.head, "k", headers: [("x-amz-checksum-mode", "ENABLED")])
            #expect(head.headers[raw: "x-amz-checksum-crc32"] == Self.crc32)
        }
    }

    @Test func aCompositeChecksumIsThatOfTheChecksums() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket, headers: [("x-amz-checksum-algorithm", "SHA256")])
            let part = try await upload.part(1, Self.text, headers: [("x-amz-checksum-sha256", Self.sha256)])
            let missing = try await upload.complete([(1, part)])
            #expect(missing.refusal == "400 InvalidRequest")
            #expect(missing.element("Message")?.contains("must include the checksum for each part. It was missing for part 1") == true)
            let document = { (sum: String) in
                "<CompleteMultipartUpload><Part><ChecksumSHA256>\(sum)</ChecksumSHA256><ETag>\(part)</ETag><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>"
            }
            #expect(try await upload.complete(xml: document(Self.sha256.replacing("F", with: "G"))).refusal == "400 InvalidPart")
            let answer = try await upload.complete(xml: document(Self.sha256))
            // printf 123456789 | sha256sum | xxd -r -p | sha256sum | xxd -r -p | base64
            #expect(answer.element("ChecksumSHA256") == "KSsNAHVmgy25S/rmic1w0at3KBH9RLn0nYVQ7p6mpJQ=-1")
            #expect(answer.element("ChecksumType") == "COMPOSITE")
            let head = try await bucket.send(.head, "k", headers: [("x-amz-checksum-mode", "ENABLED")])
            #expect(head.headers[raw: "x-amz-checksum-type"] == "COMPOSITE")
            #expect(head.headers[raw: "x-amz-checksum-sha256"] == answer.element("ChecksumSHA256"))
        }
    }

    @Test func aPartMustHaveTheChecksumOfItsUpload() async throws {
        try await withBucket { bucket async throws in
            let none = try await TestUpload(bucket)
            let foreign = try await none.send(.put, [("partNumber", "1")], headers: [("x-amz-checksum-crc32", "AAAAAA==")], body: Self.text)
            #expect(foreign.refusal == "400 BadDigest")
            let composite = try await TestUpload(bucket, headers: [("x-amz-checksum-algorithm", "SHA256")])
            #expect(try await composite.send(.put, [("partNumber", "1")], body: Self.text).refusal == "400 InvalidRequest")
            for headers in [
                [("x-amz-checksum-sha256", Self.sha256.replacing("F", with: "G"))], [("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")],
            ] {
                let upload = headers[0].0 == "content-md5" ? none : composite
                #expect(try await upload.send(.put, [("partNumber", "1")], headers: headers, body: Self.text).refusal == "400 BadDigest")
            }
            let crc32 = [("x-amz-checksum-crc32", Self.crc32)]
            let foreignToComposite = try await composite.send(.put, [("partNumber", "1")], headers: crc32, body: Self.text)
            #expect(
                foreignToComposite.element("Message")
                    == "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32")
            #expect(try await none.parts().elements("PartNumber") == [])
            // An upload that names no algorithm takes any, and has its own of the whole.
            let parts = [(1, try await none.part(1, Self.text, headers: crc32))]
            #expect(try await none.complete(parts).element("ChecksumCRC64NVME") == "rosUhgp5mIg=")
            #expect(try await composite.parts().elements("PartNumber") == [])
        }
    }

    private static let refusals = [
        [("x-amz-checksum-algorithm", "MD4")], [("x-amz-checksum-type", "FULL_OBJECT")],
        [("x-amz-checksum-algorithm", "SHA256"), ("x-amz-checksum-type", "FULL_OBJECT")],
        [("x-amz-checksum-algorithm", "CRC64NVME"), ("x-amz-checksum-type", "COMPOSITE")],
        [("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "HALF")],
    ]

    @Test(arguments: refusals)
    func algorithmsThatAnUploadCannotHave(headers: [(String, String)]) async throws {
        try await withBucket { bucket async throws in
            #expect(try await bucket.send(.post, "k", query: [("uploads", "")], headers: headers).refusal == "400 InvalidRequest")
            try TestUpload.expectNothingLeft(bucket)
        }
    }
}
