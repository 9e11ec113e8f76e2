import HTTPTypes
import HummingbirdTesting
import Libcrypto
import NIOCore
import S3Signing
import SigV4
import Testing

/// An upload in chunks as a client would send it; tests change parts of it.
private struct ChunkedUpload {
    var payload: ChunkedPayload
    var chunks: [String]
    /// What the headers announce, and what the body then has.
    var announced: String?
    var trailer: [Header]
    var decodedLength: String?
    var encoding = "aws-chunked"
    var headers: [Header] = []

    init(_ payload: ChunkedPayload, _ chunks: [String], trailer: Header? = nil) {
        self.payload = payload
        self.chunks = chunks
        self.announced = trailer?.name
        self.trailer = trailer.map { [$0] } ?? []
        self.decodedLength = "\(chunks.reduce(0) { $0 + $1.utf8.count })"
    }

    /// 9 bytes with a signed checksum.
    static let signed = ChunkedUpload(.signedWithTrailer, ["123456789"], trailer: Header("x-amz-checksum-crc32c", "4waSgw=="))
    static let unsigned = ChunkedUpload(.unsignedWithTrailer, ["123456789"], trailer: Header("x-amz-checksum-crc32", "y/Q5Jg=="))

    func request(_ key: String = "k") throws -> (url: String, headers: [Header], body: [UInt8]) {
        let signer = try TestBucket.signer()
        var headers = self.headers + [Header("content-encoding", self.encoding)]
        if let decodedLength { headers.append(Header("x-amz-decoded-content-length", decodedLength)) }
        if let announced { headers.append(Header("x-amz-trailer", announced)) }
        let request = try signer.authorize(
            method: .put, key: ObjectKey(key), headers: headers, payload: self.payload.payloadHash, at: now)
        var encoder = signer.chunkedBody(self.payload, of: request, at: now)
        let body = self.chunks.flatMap { encoder.chunk(Array($0.utf8)) } + encoder.end(trailer: self.trailer)
        return (request.url, request.headers, body)
    }
}

extension TestBucket {
    @discardableResult fileprivate func send(
        _ upload: ChunkedUpload, _ key: String = "k", alter: ([UInt8]) -> [UInt8] = { $0 }
    ) async throws -> TestResponse {
        let request = try upload.request(key)
        return try await self.send("PUT", request.url, request.headers, body: ByteBuffer(bytes: alter(request.body)))
    }

    fileprivate func expectNothing() async throws {
        #expect(try await self.send(.get, "k").refusal == "404 NoSuchKey")
        #expect(try self.folder.files("photos/incoming") == [])
        #expect(try self.folder.files("photos/objects") == [])
    }
}

/// Bodies in `aws-chunked` framing: the object is stored without it, or nothing is.
@Suite struct ChunkedUploadTests {
    private static let large = String(repeating: "x", count: 65536)

    @Test(arguments: [
        ChunkedUpload(.signed, [large, "tail"]), ChunkedUpload(.signed, []), ChunkedUpload(.unsignedWithTrailer, [large, large, "y"]),
    ])
    fileprivate func theObjectHasNoFraming(upload: ChunkedUpload) async throws {
        try await withBucket { bucket async throws in
            #expect(try await bucket.send(upload).status == .ok)
            let object = try await bucket.send(.get, "k")
            #expect(object.text == upload.chunks.joined())
            #expect(object.headers[.contentEncoding] == nil)
            #expect(object.headers[.contentLength] == upload.decodedLength)
        }
    }

    @Test(arguments: [ChunkedUpload.signed, .unsigned])
    fileprivate func aTrailingChecksumIsKept(upload: ChunkedUpload) async throws {
        try await withBucket { bucket async throws in
            let put = try await bucket.send(upload)
            #expect(put.headers[raw: upload.trailer[0].name] == upload.trailer[0].value)
            let get = try await bucket.send(.get, "k", headers: [("x-amz-checksum-mode", "ENABLED")])
            #expect(get.headers[raw: upload.trailer[0].name] == upload.trailer[0].value)
            #expect(get.headers[.eTag] == "\"25f9e794323b453885f5181f1b624d0b\"")
        }
    }

    @Test(arguments: [("gzip,aws-chunked", "gzip"), ("aws-chunked, gzip", "gzip"), ("br, AWS-chunked , gzip", "br,gzip"), ("gzip", "gzip")])
    func theObjectKeepsItsOwnEncoding(header: String, kept: String) async throws {
        try await withBucket { bucket async throws in
            var upload = ChunkedUpload.unsigned
            upload.encoding = header
            #expect(try await bucket.send(upload).status == .ok)
            #expect(try await bucket.send(.get, "k").headers[.contentEncoding] == kept)
        }
    }

    @Test func aBodyMayComeInPiecesOfHTTPToo() async throws {
        try await withBucket { bucket async throws in
            let request = try ChunkedUpload.unsigned.request()
            let wire = try Wire(port: bucket.port)
            let target = String(request.url.dropFirst("http://localhost".count))
            try await wire.send(head("PUT", target, request.headers + [Header("Transfer-Encoding", "chunked")]))
            for piece in request.body { try await wire.send("1\r\n\(String(decoding: [piece], as: UTF8.self))\r\n") }
            try await wire.send("0\r\n\r\n")
            #expect(try await wire.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(try await bucket.send(.get, "k").text == "123456789")
        }
    }

    /// What S3 answers where headers and body do not go together.
    @Test(arguments: [
        (change({ $0.decodedLength = nil }), "411 MissingContentLength"), (change({ $0.decodedLength = "9x" }), "411 MissingContentLength"),
        (change({ $0.decodedLength = "-9" }), "411 MissingContentLength"), (change({ $0.decodedLength = "8" }), "400 IncompleteBody"),
        (change({ $0.decodedLength = "10" }), "400 IncompleteBody"), (change({ $0.decodedLength = "5368709121" }), "400 EntityTooLarge"),
        (change({ $0.announced = nil }), "400 MalformedTrailerError"), (change({ $0.announced = "x-amz-meta-a" }), "400 InvalidRequest"),
        (change({ $0.announced = "x-amz-checksum-crc32" }), "400 MalformedTrailerError"),
        (change({ $0.trailer = [] }), "400 MalformedTrailerError"),
        (change({ $0.trailer += $0.trailer }), "400 MalformedTrailerError"),
        (change({ $0.trailer[0].value = "4waSgw" }), "400 InvalidRequest"), (change({ $0.trailer[0].value = "5waSgw==" }), "400 BadDigest"),
        (change({ $0.headers = [Header("x-amz-checksum-crc32c", "4waSgw==")] }), "400 InvalidRequest"),
        (change({ $0.headers = [Header("x-amz-sdk-checksum-algorithm", "SHA1")] }), "400 InvalidRequest"),
        (change({ $0.headers = [Header("x-amz-sdk-checksum-algorithm", "CRC32C")] }), "200 -"),
        (change({ $0.headers = [Header("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")] }), "400 BadDigest"),
        (change({ $0.chunks = ["1234", "56789"] }), "400 InvalidChunkSizeError"),
    ])
    fileprivate func contradictions(uploads: [ChunkedUpload], answer: String) async throws {
        try await withBucket { bucket async throws in
            for upload in uploads {
                // An unsigned body may have no trailer at all, when none is announced.
                #expect(try await bucket.send(upload).refusal == answer, "\(upload)")
                if answer.hasPrefix("4") { try await bucket.expectNothing() }
            }
        }
    }

    private static func change(_ change: (inout ChunkedUpload) -> Void) -> [ChunkedUpload] {
        [.signed, ChunkedUpload(.unsignedWithTrailer, ["123456789"], trailer: Header("x-amz-checksum-crc32c", "4waSgw=="))].map {
            var upload = $0
            change(&upload)
            return upload
        }
    }

    @Test func framingWithoutSayingSoIsRefused() async throws {
        try await withBucket { bucket async throws in
            for header in [
                ("content-encoding", "gzip, aws-chunked"), ("x-amz-decoded-content-length", "5"), ("x-amz-trailer", "x-amz-checksum-crc32"),
            ] {
                #expect(
                    try await bucket.send(.put, "k", headers: [header], body: "5\r\nhello\r\n0\r\n\r\n").refusal == "400 InvalidArgument")
            }
            try await bucket.expectNothing()
        }
    }

    @Test(arguments: ["STREAMING-AWS4-HMAC-SHA512-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-"])
    func unknownFramingIsRefused(word: String) async throws {
        try await withBucket { bucket async throws in
            let answer = try await bucket.send(
                .put, "k", headers: [("x-amz-decoded-content-length", "5")], body: "5\r\nhello\r\n0\r\n\r\n", payload: .streaming(word))
            #expect(answer.refusal == "400 InvalidArgument")
        }
    }

    @Test func onlyObjectsComeInChunks() async throws {
        try await withBucket { bucket async throws in
            let payload = ChunkedPayload.unsignedWithTrailer.payloadHash
            #expect(try await bucket.send(.get, "k", payload: payload).refusal == "400 InvalidRequest")
            #expect(try await bucket.send(.delete, "k", payload: payload).refusal == "400 InvalidRequest")
        }
    }

    @Test func conditionsAndMetadataHoldAsForAnyUpload() async throws {
        try await withBucket { bucket async throws in
            var upload = ChunkedUpload.signed
            upload.headers = [Header("if-none-match", "*"), Header("x-amz-meta-colour", "red"), Header("content-type", "text/plain")]
            #expect(try await bucket.send(upload).status == .ok)
            #expect(try await bucket.send(upload).refusal == "412 PreconditionFailed")
            let object = try await bucket.send(.head, "k")
            #expect(object.headers[raw: "x-amz-meta-colour"] == "red")
            #expect(object.headers[.contentType] == "text/plain")
        }
    }

    /// Every single bit of a signed upload is covered: by a signature, by the framing, or by a length.
    @Test func anyChangedBitIsRefused() async throws {
        try await withBucket { bucket async throws in
            let length = try ChunkedUpload.signed.request().body.count
            for index in 0..<length {
                for bit in 0..<8 {
                    let answer = try await bucket.send(.signed) { body in
                        var body = body
                        body[index] ^= 1 << bit
                        return body
                    }
                    #expect((400..<500).contains(answer.status.code), "bit \(bit) of byte \(index)")
                }
            }
            try await bucket.expectNothing()
        }
    }

    @Test(arguments: [ChunkedUpload.signed, ChunkedUpload(.signed, ["123456789"]), .unsigned])
    fileprivate func anyTruncationAndAnythingAddedIsRefused(upload: ChunkedUpload) async throws {
        try await withBucket { bucket async throws in
            let length = try upload.request().body.count
            for count in 0..<length {
                #expect(try await bucket.send(upload) { Array($0[..<count]) }.status.code >= 400, "the first \(count) bytes")
                #expect(
                    try await bucket.send(upload) { Array($0[..<count] + $0[(count + 1)...]) }.status.code >= 400, "without byte \(count)")
            }
            for tail in ["\r", "\r\n", "0", "0\r\n\r\n"] {
                #expect(try await bucket.send(upload) { $0 + Array(tail.utf8) }.refusal == "400 IncompleteBody")
            }
            try await bucket.expectNothing()
        }
    }

    @Test func chunksThatAreSwappedRepeatedOrLeftOutAreRefused() async throws {
        let chunk = { (letter: String) in String(repeating: letter, count: 8192) }
        let upload = ChunkedUpload(.signed, [chunk("a"), chunk("b"), chunk("c")])
        try await withBucket { bucket async throws in
            let size = Array("2000;chunk-signature=\r\n\r\n".utf8).count + 64 + 8192
            for order in [[1, 0, 2], [0, 0, 2], [0, 2, 1], [2, 1, 0], [0, 1, 1]] {
                let answer = try await bucket.send(upload) { body in
                    order.flatMap { Array(body[($0 * size)..<(($0 + 1) * size)]) } + body[(3 * size)...]
                }
                #expect(answer.refusal == "403 SignatureDoesNotMatch")
            }
            let short = try await bucket.send(upload) { Array($0[..<(2 * size)] + $0[(3 * size)...]) }
            #expect(short.refusal == "400 IncompleteBody")
            try await bucket.expectNothing()
            #expect(try await bucket.send(upload).status == .ok)
        }
    }

    @Test func aConnectionThatEndsInTheMiddleStoresNothing() async throws {
        try await withBucket { bucket async throws in
            let request = try ChunkedUpload.signed.request()
            let wire = try Wire(port: bucket.port)
            let target = String(request.url.dropFirst("http://localhost".count))
            try await wire.send(head("PUT", target, request.headers + [Header("Content-Length", "\(request.body.count)")]))
            try await wire.send(String(decoding: request.body.dropLast(2), as: UTF8.self))
            wire.finish()
            _ = try await wire.receiveToEnd()
            try await bucket.expectNothing()
        }
    }
}
