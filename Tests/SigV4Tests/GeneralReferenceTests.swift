import Libcrypto
import Testing

@testable import SigV4

/// The worked examples of AWS's General Reference: two requests, five key derivations.
@Suite struct GeneralReferenceTests {
    struct Reference: Decodable {
        struct Example: Decodable {
            struct Request: Decodable {
                let method: String
                let url: String
                let headers: [[String]]
                let body: String
            }

            let name: String
            let accessKeyId: String
            let secretAccessKey: String
            let region: String
            let service: String
            let amzDate: String
            let request: Request
            let canonicalRequest: String
            let stringToSign: String
            let signature: String
        }

        struct Derivation: Decodable {
            let secretAccessKey: String
            let date: String
            let region: String
            let service: String
            let kDate: String
            let kRegion: String
            let kService: String
            let kSigning: String
        }

        let requests: [Example]
        let signingKeys: [Derivation]
    }

    let reference: Reference

    init() throws {
        reference = try Fixture.load("aws-general-reference")
    }

    @Test func requests() throws {
        #expect(reference.requests.count == 2)
        for example in reference.requests {
            let url = example.request.url.dropFirst("https://".count)
            let target = String(url[(url.firstIndex(of: "/") ?? url.endIndex)...])
            let request = SuiteRequest(
                method: example.request.method, target: target, headers: example.request.headers, body: example.request.body)
            let signer = RequestSigner(
                credentials: Credentials(accessKeyID: example.accessKeyId, secretAccessKey: Secret(example.secretAccessKey)),
                region: example.region, service: example.service)
            let signature = try signer.authorize(
                request.signable(), payload: .sha256(SHA256.hash(example.request.body)), declaresPayload: false,
                at: try #require(SigningTime(iso8601Basic: example.amzDate)))
            expect(
                signature.stages,
                equal: Stages(
                    canonicalRequest: example.canonicalRequest, stringToSign: example.stringToSign, signature: example.signature))
        }
    }

    @Test func keyDerivations() {
        #expect(reference.signingKeys.count == 5)
        for expected in reference.signingKeys {
            let scope = CredentialScope(date: expected.date, region: expected.region, service: expected.service)
            let steps = SigningKey.derivation(secretAccessKey: Secret(expected.secretAccessKey), scope: scope)
            #expect(steps.map(\.hex) == [expected.kDate, expected.kRegion, expected.kService, expected.kSigning])
        }
    }
}
