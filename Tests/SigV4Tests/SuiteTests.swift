import Libcrypto
import SigV4
import Testing

/// The published test suite, all of it, header and query, each stage.
@Suite struct SuiteTests {
    @Test func isWhole() throws {
        let suite = try Suite.all
        #expect(suite.cases.count == 38)
        #expect(suite.legacy.count == 34)
        #expect(suite.doubleEncoding.count == 2)
        #expect(suite.skippedHeaders.count == 3)
        #expect(suite.mustFail.count == 8)
    }

    @Test(arguments: try Suite.all.cases + Suite.all.doubleEncoding)
    func header(_ example: Suite.Case) throws {
        let signsBody = example.context.signBody == true
        let signature = try example.context.signer.authorize(
            example.request.signable(), payload: signsBody ? .sha256(SHA256.hash(example.request.body)) : .empty,
            declaresPayload: signsBody,
            token: example.context.token, at: example.context.time)
        expect(signature.stages, equal: example.header)
        let authorization = try #require(signature.headers.last)
        #expect(authorization.name == "Authorization")
        #expect(authorization.value.hasSuffix("Signature=\(example.header.signature)"))
    }

    @Test(arguments: try Suite.all.cases)
    func query(_ example: Suite.Case) throws {
        let payload: PayloadHash = example.context.signBody == true ? .sha256(SHA256.hash(example.request.body)) : .empty
        let signature = try example.context.signer.presign(
            example.request.signable(), expiresSeconds: example.context.expirationInSeconds ?? 0, payload: payload,
            token: example.context.token, at: example.context.time)
        expect(signature.stages, equal: try #require(example.query))
        #expect(signature.query.contains("&X-Amz-Signature=\(signature.stages.signature)"))
        if example.context.token == .added { #expect(signature.query.contains("&X-Amz-Security-Token=")) }
    }

    @Test(arguments: try Suite.all.legacy)
    func legacy(_ example: Suite.LegacyCase) throws {
        let source = try Suite.all.legacySource
        let signer = RequestSigner(
            credentials: Credentials(
                accessKeyID: source.accessKeyId, secretAccessKey: Secret(source.secretAccessKey),
                sessionToken: example.sessionToken),
            region: source.region, service: source.service)
        let signature = try signer.authorize(
            example.request.signable(), payload: .sha256(SHA256.hash(example.request.body)), declaresPayload: false,
            at: try #require(SigningTime(iso8601Basic: source.amzDate)))
        expect(signature.stages, equal: example.header)
    }

    @Test func headersThatProxiesChangeAreNotSigned() throws {
        let example = try #require(try Suite.all.cases.first { $0.name == "get-vanilla" })
        for skipped in try Suite.all.skippedHeaders {
            let request = try example.request.signable(addsHeaders: skipped.addsHeaders.map { Header($0[0], $0[1]) })
            let signature = try example.context.signer.authorize(
                request, payload: .empty, declaresPayload: false, at: example.context.time)
            #expect(signature.headers.last?.value.contains("SignedHeaders=\(skipped.expectSignedHeaders),") == true, "\(skipped.name)")
        }
    }

    @Test func whatTheSignatureSetsIsRefusedInTheRequest() throws {
        let example = try #require(try Suite.all.cases.first { $0.name == "get-vanilla" })
        for forbidden in try Suite.all.mustFail {
            var request = try example.request.signable(addsHeaders: forbidden.header.map { [Header($0[0], $0[1])] } ?? [])
            request.query += try #require(QueryItem.parse(forbidden.query ?? ""))
            let error = #expect(throws: SigningError.self, "\(forbidden.name)") {
                try example.context.signer.presign(request, expiresSeconds: 60, at: example.context.time)
            }
            #expect(error?.code == .reserved, "\(forbidden.name)")
        }
    }
}
