import HTTPTypes
import HummingbirdTesting
import Libcrypto
import NIOCore
import S3Signing
import SigV4
import Testing

@testable import LocalBucket

/// What a client declares about its bytes, and what it then sends.
@Suite struct BodyTests {
    private static let text = "123456789"

    /// The values for "123456789" that the RevEng catalogue and the RFCs publish, and what the AWS SDK computes of xxHash, in base64.
    private static let checksums = [
        ("x-amz-checksum-crc32", "y/Q5Jg=="), ("x-amz-checksum-crc32c", "4waSgw=="), ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
        ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="), ("x-amz-checksum-md5", "JfnnlDI7RTiF9RgfG2JNCw=="),
        (
            "x-amz-checksum-sha512",
            "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ=="
        ), ("x-amz-checksum-xxhash64", "jLhB20DmroM="), ("x-amz-checksum-xxhash3", "ctyxi2ehff8="),
        ("x-amz-checksum-xxhash128", "MxGUd+3l3NXpcWQnaB1YYA=="),
    ]

    @Test(arguments: checksums)
    func aRightChecksumIsKept(header: String, value: String) async throws {
        try await withBucket { bucket async throws in
            let put = try await bucket.send(.put, "k", headers: [(header, value)], body: Self.text)
            #expect(put.status == .ok)
            #expect(put.headers[raw: header] == value)
            #expect(put.headers[raw: "x-amz-checksum-type"] == "FULL_OBJECT")
            let get = try await bucket.send(.get, "k", headers: [("x-amz-checksum-mode", "ENABLED")])
            #expect(get.headers[raw: header] == value)
            let part = try await bucket.send(.get, "k", headers: [("x-amz-checksum-mode", "ENABLED"), ("range", "bytes=0-1")])
            #expect(part.headers[raw: header] == nil)
        }
    }

    @Test(arguments: checksums)
    func aWrongChecksumStoresNothing(header: String, value: String) async throws {
        try await withBucket { bucket async throws in
            let put = try await bucket.send(.put, "k", headers: [(header, value)], body: Self.text + "0")
            #expect(put.refusal == "400 BadDigest")
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
            #expect(try bucket.folder.files("photos/incoming") == [])
        }
    }

    @Test func withoutAChecksumS3TakesItsOwn() async throws {
        try await withBucket { bucket async throws in
            let put = try await bucket.send(.put, "k", body: Self.text)
            #expect(put.headers[raw: "x-amz-checksum-crc64nvme"] == "rosUhgp5mIg=")
        }
    }

    @Test(arguments: [
        ([("x-amz-checksum-crc32", "y/Q5Jg")], "400 InvalidRequest"),
        ([("x-amz-checksum-crc32", "4waSgw==4waSgw==")], "400 InvalidRequest"),
        ([("x-amz-checksum-sha256", "y/Q5Jg==")], "400 InvalidRequest"),
        ([("x-amz-checksum-crc32", "y/Q5Jg=="), ("x-amz-checksum-crc32c", "4waSgw==")], "400 InvalidRequest"),
        ([("x-amz-sdk-checksum-algorithm", "CRC32")], "400 InvalidRequest"),
        ([("x-amz-sdk-checksum-algorithm", "CRC32C"), ("x-amz-checksum-crc32", "y/Q5Jg==")], "400 InvalidRequest"),
        ([("x-amz-sdk-checksum-algorithm", "CRC7"), ("x-amz-checksum-crc32", "y/Q5Jg==")], "400 InvalidRequest"),
        ([("content-md5", "JfnnlDI7RTiF9RgfG2JNCw=")], "400 InvalidDigest"),
        ([("content-md5", "y/Q5Jg==")], "400 InvalidDigest"),
        ([("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")], "400 BadDigest"),
        ([("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")], "200 -"),
        ([("x-amz-sdk-checksum-algorithm", "crc32"), ("x-amz-checksum-crc32", "y/Q5Jg==")], "200 -"),
    ])
    func declarations(headers: [(String, String)], answer: String) async throws {
        try await withBucket { bucket async throws in
            #expect(try await bucket.send(.put, "k", headers: headers, body: Self.text).refusal == answer)
            let stored = try await bucket.send(.head, "k").status == .ok
            #expect(stored == answer.hasPrefix("200"))
        }
    }

    @Test func otherBytesThanTheSignedOnesAreRefused() async throws {
        try await withBucket { bucket async throws in
            let answer = try await bucket.send(.put, "k", body: Self.text, payload: .sha256(.init(hex: String(repeating: "0", count: 64))!))
            #expect(answer.refusal == "400 XAmzContentSHA256Mismatch")
            #expect(answer.element("ClientComputedContentSHA256") == String(repeating: "0", count: 64))
            #expect(answer.element("S3ComputedContentSHA256") == "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225")
            #expect(try await bucket.send(.put, "k", body: Self.text, payload: .unsigned).status == .ok)
        }
    }

    @Test func aSignedLengthIsExact() async throws {
        try await withBucket { bucket async throws in
            let signer = try TestBucket.signer()
            let request = try signer.presign(
                PresignRequest(
                    method: .put, key: try ObjectKey("k"), expiresSeconds: 60, headers: [Header("content-length", "9")]), at: now)
            #expect(
                try await bucket.send("PUT", request.url, [], body: .init(string: Self.text + "0")).refusal == "403 SignatureDoesNotMatch")
            #expect(try await bucket.send("PUT", request.url, [], body: .init(string: "12345678")).refusal == "403 SignatureDoesNotMatch")
            #expect(try await bucket.send("PUT", request.url, [], body: .init(string: Self.text)).status == .ok)
        }
    }

    @Test func aLargeBodyComesBackAsItWas() async throws {
        let text = String((0..<700_000).map { Character(UnicodeScalar(UInt8(97 + $0 % 23))) })
        try await withBucket { bucket async throws in
            #expect(try await bucket.send(.put, "large", body: text).status == .ok)
            #expect(try await bucket.send(.get, "large").text == text)
            let part = try await bucket.send(.get, "large", headers: [("range", "bytes=262100-524400")])
            #expect(part.text == String(text.utf8.dropFirst(262_100).prefix(262_301)))
        }
    }
}

@Suite struct CRCTests {
    private func check(_ crc: CRC, _ pieces: [[UInt8]]) -> [UInt8] {
        var crc = crc
        for piece in pieces { crc.update(piece.span) }
        return crc.finish()
    }

    @Test func publishedCheckValues() {
        let text = Array("123456789".utf8)
        #expect(self.check(.crc32(), [text]) == [0xcb, 0xf4, 0x39, 0x26])
        #expect(self.check(.crc32c(), [text]) == [0xe3, 0x06, 0x92, 0x83])
        #expect(self.check(.crc64nvme(), [text]) == [0xae, 0x8b, 0x14, 0x86, 0x0a, 0x79, 0x98, 0x88])
    }

    /// RFC 3720, appendix B.4, and the empty message.
    @Test func furtherPublishedValues() {
        #expect(self.check(.crc32c(), [[UInt8](repeating: 0, count: 32)]) == [0x8a, 0x91, 0x36, 0xaa])
        #expect(self.check(.crc32c(), [[UInt8](repeating: 0xff, count: 32)]) == [0x62, 0xa8, 0xab, 0x43])
        #expect(self.check(.crc32c(), [(0..<32).map { UInt8($0) }]) == [0x46, 0xdd, 0x79, 0x4e])
        #expect(self.check(.crc32(), []) == [0, 0, 0, 0])
        #expect(self.check(.crc64nvme(), []) == [UInt8](repeating: 0, count: 8))
    }

    /// Bit by bit, as the definition says.
    private func slow(_ bytes: [UInt8], polynomial: UInt64, width: Int) -> [UInt8] {
        let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) - 1
        var value = mask
        for byte in bytes {
            value ^= UInt64(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ polynomial : value >> 1 }
        }
        value = ~value & mask
        return stride(from: width - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
    }

    @Test(arguments: 0..<40)
    func anyCutOfAnyMessage(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let message = (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let cut = Int.random(in: 0...message.count, using: &random)
        let pieces = [Array(message[..<cut]), Array(message[cut...])]
        #expect(self.check(.crc32(), pieces) == self.slow(message, polynomial: 0xedb8_8320, width: 32))
        #expect(self.check(.crc32c(), pieces) == self.slow(message, polynomial: 0x82f6_3b78, width: 32))
        #expect(self.check(.crc64nvme(), pieces) == self.slow(message, polynomial: 0x9a6c_9329_ac4b_c9b5, width: 64))
    }
}
