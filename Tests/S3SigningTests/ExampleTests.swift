import Foundation
import Libcrypto
import S3Signing
import SigV4
import Testing

/// The worked examples of the S3 API Reference: header, query and POST.
@Suite struct ExampleTests {
    struct Example: Decodable {
        struct Request: Decodable {
            let method: String
            let url: String
            let decodedPath: String?
            let query: [[String]]?
            let headers: [[String]]
        }

        let name: String
        let kind: String
        let accessKeyId: String
        let secretAccessKey: String
        let region: String
        let amzDate: String
        let expires: Int?
        let request: Request?
        let payloadLine: String?
        let canonicalRequest: String?
        let stringToSign: String?
        let signature: String
        let authorization: String?
        let url: String?
        let bucket: String?
        let policyBase64: String?
        let policyJsonCrlf: String?
        let fields: [[String]]?

        var credentials: Credentials { Credentials(accessKeyID: accessKeyId, secretAccessKey: Secret(secretAccessKey)) }
        var time: SigningTime { get throws { try #require(SigningTime(iso8601Basic: amzDate)) } }

        /// The examples use the global host, which a base URL can name.
        func signer(bucket: String) throws -> S3Signer {
            let endpoint = try Endpoint(baseURL: "https://s3.amazonaws.com", region: region)
            return S3Signer(
                credentials: credentials,
                location: try S3Location(endpoint: endpoint, bucket: BucketName(bucket), style: .virtualHost))
        }

        func verifier() -> S3Verifier {
            let known = credentials
            return S3Verifier(region: region) { $0 == known.accessKeyID ? known : nil }
        }
    }

    private struct File: Decodable { let examples: [Example] }

    static func examples(_ kind: String) throws -> [Example] {
        let file = try #require(Bundle.module.url(forResource: "s3-examples", withExtension: "json", subdirectory: "Fixtures"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(File.self, from: Data(contentsOf: file)).examples.filter { $0.kind == kind }
    }

    @Test func headerExamplesAreSignedAndVerified() throws {
        let examples = try Self.examples("header")
        #expect(examples.count == 4)
        for example in examples {
            let request = try #require(example.request)
            let path = try #require(request.decodedPath)
            let line = try #require(example.payloadLine)
            let own = request.headers.map { Header($0[0], $0[1]) }
            let signed = try example.signer(bucket: "examplebucket").authorize(
                method: try #require(S3Method(rawValue: request.method)), key: path == "/" ? nil : try ObjectKey(String(path.dropFirst())),
                query: (request.query ?? []).map { QueryItem($0[0], $0[1]) },
                headers: own.filter { !HeaderRules.isReserved($0.name) && !HeaderRules.isSame($0.name, "host") },
                payload: .sha256(try #require(SHA256Digest(hex: line))), at: example.time)
            #expect(signed.stages.canonicalRequest == example.canonicalRequest, "\(example.name)")
            #expect(signed.stages.stringToSign == example.stringToSign, "\(example.name)")
            #expect(signed.stages.signature == example.signature, "\(example.name)")

            // AWS's own Authorization header, received as AWS would receive it.
            let target = String(request.url.dropFirst("https://examplebucket.s3.amazonaws.com".count))
            let received = ReceivedRequest(
                method: request.method, target: target, headers: own + [Header("Authorization", try #require(example.authorization))])
            let verified = try example.verifier().verify(received, at: example.time.adding(seconds: 60))
            #expect(verified.accessKeyID == example.accessKeyId)
            #expect(!verified.isPresigned)
        }
    }

    @Test func presignedExampleIsSignedAndVerified() throws {
        let examples = try Self.examples("presign")
        #expect(examples.count == 1)
        for example in examples {
            let signer = try example.signer(bucket: "examplebucket")
            let request = PresignRequest(method: .get, key: try ObjectKey("test.txt"), expiresSeconds: try #require(example.expires))
            let stages = try signer.stages(of: request, at: example.time)
            #expect(stages.canonicalRequest == example.canonicalRequest)
            #expect(stages.stringToSign == example.stringToSign)
            #expect(stages.signature == example.signature)
            let signed = try signer.presign(request, at: example.time)
            #expect(signed.signature == example.signature)
            #expect(signed.signedHeaders == ["host"])

            for url in [signed.url, try #require(example.url)] {
                let target = String(url.dropFirst("https://examplebucket.s3.amazonaws.com".count))
                let received = ReceivedRequest(
                    method: "GET", target: target, headers: [Header("Host", "examplebucket.s3.amazonaws.com")])
                let verified = try example.verifier().verify(received, at: example.time.adding(seconds: 60))
                #expect(verified.expiresAt == signed.expiresAt)
            }
        }
    }

    @Test func postExamplesAreSignedAndVerified() throws {
        let examples = try Self.examples("post")
        #expect(examples.count == 3)
        for example in examples {
            let bucket = try #require(example.bucket)
            let policy = try #require(example.policyBase64)
            if let text = example.policyJsonCrlf { #expect(Base64.encode(Array(text.utf8)) == policy) }
            if let text = example.stringToSign { #expect(text == policy) }
            let signed = try example.signer(bucket: bucket).sign(policyBase64: policy, at: example.time)
            #expect(signed.signature == example.signature, "\(example.name)")
            #expect(signed.date == example.amzDate)

            guard let fields = example.fields else { continue }
            let form = ReceivedForm(
                bucket: bucket,
                fields: fields.filter { $0[0] != "file" }.map { field in
                    Header(field[0], ["<policy_base64>": policy, "<signature>": example.signature][field[1]] ?? field[1])
                }, filename: "photo.jpg")
            let verified = try example.verifier().verify(form, at: example.time.adding(seconds: 60))
            #expect(verified.key.name == "user/user1/photo.jpg")
        }
    }
}
