import Foundation
import Libcrypto
import S3Signing
import SigV4
import Testing

/// The worked examples of uploads in chunks, signed as a client does and verified as S3 does.
@Suite struct ChunkedTests {
    struct Example: Decodable {
        struct Request: Decodable {
            let url: String
            let headers: [[String]]
        }

        struct Chunk: Decodable {
            let size: Int
            let byte: String
            let sha256: String
            let stringToSign: String
            let signature: String

            var bytes: [UInt8] { [UInt8](repeating: byte.utf8.first ?? 0, count: size) }
        }

        struct Trailer: Decodable {
            let headers: [[String]]
            let stringToSign: String
            let signature: String

            var list: [Header] { headers.map { Header($0[0], $0[1]) } }
        }

        let name: String
        let kind: String
        let accessKeyId: String
        let secretAccessKey: String
        let region: String
        let amzDate: String
        let request: Request
        let payloadLine: String
        let canonicalRequest: String
        let signature: String
        let authorization: String
        let chunks: [Chunk]
        let trailer: Trailer?
        let encodedBodyLength: Int?

        var credentials: Credentials { Credentials(accessKeyID: accessKeyId, secretAccessKey: Secret(secretAccessKey)) }
        var headers: [Header] { request.headers.map { Header($0[0], $0[1]) } }
        var trailerList: [Header] { trailer?.list ?? [] }
        var time: SigningTime { get throws { try #require(SigningTime(iso8601Basic: amzDate)) } }
        var payload: ChunkedPayload { get throws { try #require(ChunkedPayload(rawValue: payloadLine)) } }

        func chain() throws -> ChunkSignatureChain {
            let scope = CredentialScope(date: try time.dateStamp, region: region, service: "s3")
            return ChunkSignatureChain(
                seed: signature, key: SigningKey(secretAccessKey: credentials.secretAccessKey, scope: scope), at: try time)
        }

        /// AWS's own Authorization header, received as AWS would receive it.
        func verified() throws -> VerifiedRequest {
            let received = ReceivedRequest(
                method: "PUT", target: String(request.url.dropFirst("https://s3.amazonaws.com".count)),
                headers: headers + [Header("Authorization", authorization)])
            let known = credentials
            return try S3Verifier(region: region) { $0 == known.accessKeyID ? known : nil }.verify(received, at: try time)
        }
    }

    static let examples = (try? load()) ?? []

    private static func load() throws -> [Example] {
        struct Kind: Decodable { let kind: String }
        struct Entry: Decodable {
            let example: Example?
            init(from decoder: any Decoder) throws {
                example = try Kind(from: decoder).kind == "chunked" ? Example(from: decoder) : nil
            }
        }
        struct File: Decodable { let examples: [Entry] }
        let file = try #require(Bundle.module.url(forResource: "s3-examples", withExtension: "json", subdirectory: "Fixtures"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(File.self, from: Data(contentsOf: file)).examples.compactMap(\.example)
    }

    @Test func thereAreTwoExamples() {
        #expect(Self.examples.map(\.name) == ["chunked-upload", "chunked-upload-trailer"])
    }

    @Test func everyStageOfEveryChunkIsAWSs() throws {
        for example in Self.examples {
            var chain = try example.chain()
            for chunk in example.chunks {
                let link = chain.sign(chunk: SHA256.hash(chunk.bytes))
                #expect(SHA256.hash(chunk.bytes).hex == chunk.sha256)
                #expect(link.stringToSign == chunk.stringToSign, "\(example.name)")
                #expect(link.signature == chunk.signature, "\(example.name)")
            }
            guard let trailer = example.trailer else { continue }
            let link = chain.sign(trailer: trailer.list)
            #expect(link.stringToSign == trailer.stringToSign)
            #expect(link.signature == trailer.signature)
        }
    }

    @Test func theSignerMakesAWSsRequestAndBody() throws {
        for example in Self.examples {
            let endpoint = try Endpoint(baseURL: "https://s3.amazonaws.com", region: example.region)
            let signer = S3Signer(
                credentials: example.credentials,
                location: try S3Location(endpoint: endpoint, bucket: BucketName("examplebucket"), style: .path))
            let own = example.headers.filter { !HeaderRules.isReserved($0.name) && !HeaderRules.isSame($0.name, "host") }
            let request = try signer.authorize(
                method: .put, key: ObjectKey("chunkObject.txt"), headers: own, payload: try example.payload.payloadHash, at: example.time)
            #expect(request.stages.canonicalRequest == example.canonicalRequest)
            #expect(request.stages.signature == example.signature)

            var encoder = signer.chunkedBody(try example.payload, of: request, at: try example.time)
            var body: [UInt8] = []
            for chunk in example.chunks where chunk.size > 0 { body += encoder.chunk(chunk.bytes) }
            body += encoder.end(trailer: example.trailerList)
            var expected: [UInt8] = []
            for chunk in example.chunks {
                expected += Array("\(String(chunk.size, radix: 16));chunk-signature=\(chunk.signature)\r\n".utf8)
                if chunk.size > 0 { expected += chunk.bytes + Array("\r\n".utf8) }
            }
            for header in example.trailerList { expected += Array("\(header.name):\(header.value)\r\n".utf8) }
            if let trailer = example.trailer { expected += Array("x-amz-trailer-signature:\(trailer.signature)\r\n".utf8) }
            #expect(body == expected + Array("\r\n".utf8))
            #expect(
                try example.payload.encodedByteCount(decodedByteCount: 66560, chunkByteCount: 65536, trailer: example.trailerList)
                    == body.count)
            if let length = example.encodedBodyLength { #expect(body.count == length) }
        }
    }

    @Test func theVerifierTakesAWSsRequestAndChunks() throws {
        for example in Self.examples {
            let verified = try example.verified()
            #expect(verified.payload == .streaming(example.payloadLine))
            var chunks = try #require(verified.chunks)
            for chunk in example.chunks { try chunks.verify(chunk: SHA256.hash(chunk.bytes), signature: chunk.signature) }
            if let trailer = example.trailer { try chunks.verify(trailer: trailer.list, signature: trailer.signature) }
        }
    }

    @Test func aChunkOfOtherBytesOrAnotherOrderIsRefused() throws {
        for example in Self.examples {
            let fresh = try #require(try example.verified().chunks)
            let (first, second) = (example.chunks[0], example.chunks[1])
            var other = fresh
            #expect(throws: S3Error.self) {
                try other.verify(chunk: SHA256.hash(first.bytes.dropLast() + [0x62]), signature: first.signature)
            }
            other = fresh
            #expect(throws: S3Error.self) { try other.verify(chunk: SHA256.hash(second.bytes), signature: second.signature) }
            other = fresh
            #expect(throws: S3Error.self) { try other.verify(chunk: SHA256.hash(first.bytes), signature: first.signature.uppercased()) }
            other = fresh
            try other.verify(chunk: SHA256.hash(first.bytes), signature: first.signature)
            do {
                try other.verify(chunk: SHA256.hash(first.bytes), signature: first.signature)
                Issue.record("the same chunk a second time")
            } catch {
                #expect(error.code == "SignatureDoesNotMatch")
                #expect(error.details.map(\.name) == ["AWSAccessKeyId", "StringToSign", "SignatureProvided"])
            }
        }
    }

    @Test func aTrailerOfAnotherNameOrValueIsRefused() throws {
        let example = try #require(Self.examples.last)
        let trailer = try #require(example.trailer)
        var chunks = try #require(try example.verified().chunks)
        for chunk in example.chunks { try chunks.verify(chunk: SHA256.hash(chunk.bytes), signature: chunk.signature) }
        for headers in [
            [], [Header("x-amz-checksum-crc32c", "sOO8/A==")], [Header("x-amz-checksum-crc32", "sOO8/Q==")], trailer.list + trailer.list,
        ] {
            var other = chunks
            #expect(throws: S3Error.self) { try other.verify(trailer: headers, signature: trailer.signature) }
        }
    }

    @Test func unsignedBodiesAreFramedWithoutSignatures() throws {
        let signer = try PresigningTests.signer()
        let request = try signer.authorize(
            method: .put, key: ObjectKey("k"), payload: ChunkedPayload.unsignedWithTrailer.payloadHash, at: PresigningTests.time)
        var encoder = signer.chunkedBody(.unsignedWithTrailer, of: request, at: PresigningTests.time)
        let trailer = [Header("x-amz-checksum-crc32", "NhCmhg==")]
        let body = encoder.chunk(Array("hello".utf8)) + encoder.end(trailer: trailer)
        #expect(String(decoding: body, as: UTF8.self) == "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n")
        #expect(
            ChunkedPayload.unsignedWithTrailer.encodedByteCount(decodedByteCount: 5, chunkByteCount: 8192, trailer: trailer) == body.count)
        #expect(ChunkedPayload.unsignedWithTrailer.encodedByteCount(decodedByteCount: 0, chunkByteCount: 8192) == 5)
    }
}
