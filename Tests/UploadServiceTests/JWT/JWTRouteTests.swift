import HTTPTypes
import HummingbirdTesting
import Libcrypto
import Settings
import Testing
import Uploads

@testable import UploadService

/// JWTs as clients of the service see them.
@Suite struct JWTRouteTests {
    private func configuration(_ tokens: JWTAuthenticator) throws -> UploadServiceConfiguration {
        var configuration = try Fixture.configuration()
        let keys = APIKeyAuthenticator(records: [
            APIKeyRecord(name: "web-backend", environment: "staging", sha256: SHA256.hash(Fixture.stagingKey))
        ])
        configuration.authenticator = CombinedAuthenticator(apiKeys: keys, tokens: tokens)
        configuration.backgroundServices = [tokens]
        return configuration
    }

    @Test func aTokenGetsATicket() async throws {
        let log = LogLines()
        let token = try await TestSigner.rs256().token()
        let configuration = try configuration(try await .test([.test(rules: .these(["avatars"]))]))
        try await withService(configuration, logger: log.logger()) { service in
            #expect(try await service.post(key: token, Body.avatar).status == 201)
            #expect(try await service.post(key: token, Body.attachment).code == "rule_not_allowed")
            #expect(try await service.post(key: Fixture.stagingKey, Body.attachment).status == 201)
            let rules = try await service.send(.get, "/v1/rules", [.authorization: "Bearer \(token)"]).json()["rules"] as? [[String: Any]]
            #expect(rules?.compactMap { $0["name"] as? String } == ["avatars"])
        }
        #expect(try log.requests().first?["caller"] as? String == "id:alice")
        for part in token.split(separator: ".") { #expect(!log.text.contains(part)) }
    }

    @Test func aRefusalSaysWhatIsWrong() async throws {
        let log = LogLines()
        let signer = try await TestSigner.rs256()
        let expired = try signer.token(["exp": "\(Claims.now - 3600)"])
        let configuration = try configuration(try await .test())
        try await withService(configuration, logger: log.logger()) { service in
            let answer = try await service.post(key: expired, Body.avatar)
            #expect(answer.status == 401 && answer.code == "invalid_credentials")
            #expect(answer.headers[.wwwAuthenticate] == #"Bearer error="invalid_token""#)
            #expect(try answer.json()["detail"] as? String == "This token has expired: get a new one from its issuer.")
            #expect(try await service.post(key: String(expired.dropLast(400)), Body.avatar).text.contains("no whole JWT"))
            #expect(try await service.post(key: "eyJhbGciOiJSUzI1NiJ9", Body.avatar).text.contains("no whole JWT"))
            #expect(try await service.post(key: "csk_a.b.c", Body.avatar).text.contains("API key"))
            let token = try signer.token()
            #expect(try await service.send(.get, "/v1/rules", [.xAPIKey: token]).text.contains("API key"))
            let both: HTTPFields = [.authorization: "Bearer \(token)", .xAPIKey: Fixture.stagingKey]
            #expect(try await service.send(.get, "/v1/rules", both).code == "conflicting_credentials")
        }
        for part in expired.split(separator: ".") { #expect(!log.text.contains(part)) }
    }

    /// Up to the server's limit of a header field the token is read and refused; beyond, the server closes with a bare 400.
    @Test(arguments: [(9, "401 "), (15, "401 "), (17, "400 "), (64, "400 ")])
    func anOversizedTokenIsNoTrouble(kibibytes: Int, status: String) async throws {
        let configuration = try configuration(try await .test())
        try await withService(configuration, .live) { service in
            let port = try #require(service.client.port)
            try await RawConnection.open(port: port) { connection in
                let token = "eyJ" + String(repeating: "a", count: kibibytes * 1024)
                try? await connection.send(
                    "GET /v1/rules HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer \(token)\r\n\r\n")
                let answer = await connection.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(answer.prefix(200))")
            }
            let token = try await TestSigner.rs256().token()
            #expect(try await service.send(.get, "/v1/rules", [.authorization: "Bearer \(token)"]).status == 200)
        }
    }

    @Test func withoutKeysTheServiceStartsAndSaysSo() async throws {
        let clock = TestClock()
        let fetcher = StubFetcher(.fault("the answer is 502"))
        let tokens = try await JWTAuthenticator.test(fetcher: fetcher, clock: clock)
        let token = try await TestSigner.rs256().token()
        try await withService(try configuration(tokens)) { service in
            let answer = try await service.post(key: token, Body.avatar)
            #expect(answer.status == 503 && answer.code == "issuer_unavailable")
            #expect(Int(answer.headers[.retryAfter] ?? "").map { (1...60).contains($0) } == true)
            #expect(try await service.post(Body.avatar).status == 201)
            #expect(try await service.post(key: "a.b.c", Body.avatar).status == 401)
            let unready = try await service.send(.get, "/health/ready")
            #expect(unready.status == 503)
            #expect(unready.text.hasSuffix(#""issuers":[{"name":"id","environment":"staging","keys":0,"failing":true}]}"#))

            fetcher.answer(.body(JWKS.text([("rsa-1", RFCKeys.rsaJWK)])))
            clock.advance(300)
            await tokens.loadKeys()
            #expect(try await service.post(key: token, Body.avatar).status == 201)
            let ready = try await service.send(.get, "/health/ready")
            #expect(ready.status == 200)
            #expect(ready.text.hasSuffix(#""issuers":[{"name":"id","environment":"staging","keys":1,"failing":false}]}"#))
        }
    }
}
