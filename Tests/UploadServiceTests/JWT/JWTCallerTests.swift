import HTTPTypes
import JWTKit
import Libcrypto
import Settings
import SigV4
import Testing
import Uploads

@testable import UploadService

/// What claims make of a caller: environment, rules, prefix.
@Suite struct JWTCallerTests {
    private func caller(_ issuer: TokenIssuer, _ claims: [String: String?]) async throws -> Uploads.Caller {
        let authenticator = try await JWTAuthenticator.test([issuer])
        return try await authenticator.verify(try await TestSigner.rs256().token(kid: "rsa-1", claims)).caller
    }

    @Test func rulesComeFromTheEntryOrAClaim() async throws {
        #expect(try await caller(.test(), [:]).rules == nil)
        #expect(try await caller(.test(rules: .these(["avatars"])), ["rules": #""documents""#]).rules == ["avatars"])
        let issuer = TokenIssuer.test(rules: .claim("https://example.com/rules", among: ["avatars", "documents"]))
        let cases: [(String?, Set<String>)] = [
            (nil, []), (#""avatars documents""#, ["avatars", "documents"]), (#"["documents","others"]"#, ["documents"]),
            (#""Avatars""#, []),
            (#""avatars,documents""#, []), (#""""#, []), ("[]", []),
        ]
        for (claim, rules) in cases {
            #expect(try await caller(issuer, ["https://example.com/rules": claim]).rules == rules, "\(claim ?? "none")")
        }
    }

    @Test func aGroupSharesAPrefix() async throws {
        let issuer = TokenIssuer.test("auth0", group: "org_id")
        let alice = try await caller(issuer, ["org_id": #""acme""#])
        let bob = try await caller(issuer, ["org_id": #""acme""#, "sub": #""bob""#])
        #expect(alice.keySegment == "auth0=acme" && bob.keySegment == "auth0=acme" && alice != bob)
        #expect(alice.name == "auth0:alice")
    }

    /// An issuer and subject together are a caller: whatever subjects and groups say, no two issuers share a prefix, in any environment.
    @Test func twoIssuersNeverShareAPrefix() async throws {
        let texts = ["alice", "a~alice", "a=alice", "b", "ä", "..", "/", "~", "=", "", String(repeating: "x", count: 250), "alice "].filter
        { !$0.isEmpty }
        let signer = try await TestSigner.rs256()
        var segments: [String: String] = [:]
        for (name, group) in [("a", nil), ("b", nil), ("a-b", nil), ("c", "org"), ("d", "org")] as [(String, String?)] {
            let issuer = "https://\(name).example.com/"
            let authenticator = try await JWTAuthenticator.test([.test(name, issuer: issuer, group: group)])
            for text in texts {
                let claims: [String: String?] = ["iss": "\"\(issuer)\"", "sub": "\"\(text)\"", "org": "\"\(text)\""]
                let segment = try await authenticator.verify(signer.token(kid: "rsa-1", claims)).caller.keySegment
                #expect(segments.updateValue("\(name) \(text)", forKey: segment) == nil, "\(segment)")
            }
        }
        #expect(segments.count == 5 * texts.count)
    }

    /// One issuer of two environments: a claim decides, and a token fits one at most.
    @Test func theClaimsFixTheEnvironment() async throws {
        let issuers = ["staging", "production"].map { TokenIssuer.test(environment: $0, require: ["stage": .text($0)]) }
        let fetcher = StubFetcher(.body(JWKS.text([("rsa-1", RFCKeys.rsaJWK)])))
        let authenticator = try await JWTAuthenticator.test(issuers, fetcher: fetcher)
        #expect(fetcher.count == 1)
        let signer = try await TestSigner.rs256()
        for stage in ["staging", "production"] {
            let verified = try await authenticator.verify(signer.token(["stage": "\"\(stage)\""]))
            #expect(verified.caller.environment == stage)
            #expect(try await authenticator.verify(signer.token(["stage": "[\"\(stage)\",\"x\"]"])).caller.environment == stage)
        }
        for claim in [nil, #""preview""#, "1"] as [String?] {
            let refusal = await authenticator.refusal(of: try signer.token(["stage": claim]))
            #expect(refusal?.reason == .invalid)
            #expect(refusal?.message.contains("stag") == false && refusal?.message.contains("production") == false)
        }
        let both = await authenticator.refusal(of: try signer.token(["stage": #"["staging","production"]"#]))
        #expect(both?.message.contains("more than one environment") == true)
    }

    @Test func theSameSubjectOfTwoEnvironmentsGetsItsOwnBucketAndKey() async throws {
        let issuers = ["staging", "production"].map { TokenIssuer.test(environment: $0, require: ["stage": .text($0)]) }
        var configuration = try Fixture.configuration()
        let tokens = try await JWTAuthenticator.test(issuers)
        configuration.authenticator = CombinedAuthenticator(apiKeys: APIKeyAuthenticator(records: []), tokens: tokens)
        let signer = try await TestSigner.rs256()
        try await withService(configuration) { service in
            for (stage, other) in [("staging", "production"), ("production", "staging")] {
                let answer = try await service.post(key: signer.token(["stage": "\"\(stage)\""]), Body.avatar)
                #expect(answer.status == 201)
                #expect(answer.text.contains("example-\(stage)-uploads") && answer.text.contains("id~alice/2025/"))
                #expect(!answer.text.contains(other) && !answer.text.contains("AKIA\(other.uppercased())"))
            }
        }
    }

    /// Environments that share a JWKS share what is fetched; when that fails, the log says for whom.
    @Test func theLogNamesAllWhoShareKeys() async throws {
        let log = LogLines()
        func issuers() -> [TokenIssuer] {
            [
                .test("own", environment: "staging", audiences: ["s"]), .test("auth", environment: "production", audiences: ["p"]),
                .test("alone", environment: "preview", audiences: ["v"], keys: .url("https://other.example.com/jwks.json")),
            ]
        }
        _ = try await JWTAuthenticator.test(issuers(), fetcher: StubFetcher(.fault("the answer is 503")), logger: log.logger())
        let failures = log.all.filter { $0.contains("could not be fetched") }
        #expect(failures.count == 2)
        #expect(failures.contains { $0.contains(#""issuer":"staging/own, production/auth""#) })
        #expect(failures.contains { $0.contains(#""issuer":"preview/alone""#) })
        _ = try await JWTAuthenticator.test(issuers(), logger: log.logger())
        #expect(log.all.contains { $0.contains("are loaded") && $0.contains(#""issuer":"staging/own, production/auth""#) })
    }

    // MARK: Remembering

    @Test func verifiedTokensAreRememberedForFiveMinutesAtMost() async throws {
        let clock = TestClock()
        let table = VerifiedTokens(capacity: 100)
        let keys = IssuerKeys(
            name: "id", fixed: try await KeySet(file: JWKS.text([(nil, RFCKeys.rsaJWK)]), algorithms: [.rs256]), logger: LogLines().logger()
        )
        func entry(_ seconds: Int64) -> VerifiedTokens.Entry {
            .init(
                caller: Uploads.Caller(name: "a", environment: "staging"), expiresAt: clock.now.adding(seconds: seconds), keys: keys,
                generation: 0,
                verifiedAt: clock.now)
        }
        let (long, short) = (SHA256.hash("long"), SHA256.hash("short"))
        table.remember(entry(3600), for: long)
        table.remember(entry(60), for: short)
        #expect(
            table.entry(for: long, at: clock.now.adding(seconds: 299)) != nil
                && table.entry(for: short, at: clock.now.adding(seconds: 59)) != nil)
        #expect(table.entry(for: long, at: clock.now.adding(seconds: -1)) == nil)
        #expect(table.entry(for: short, at: clock.now.adding(seconds: 60)) == nil)
        #expect(table.count == 0)
        table.remember(entry(3600), for: long)
        #expect(table.entry(for: long, at: clock.now.adding(seconds: 300)) == nil)
        for index in 0..<10_000 {
            table.remember(entry(3600), for: SHA256.hash("\(index)"))
            #expect(table.count <= 100)
        }
        #expect(table.entry(for: SHA256.hash("9999"), at: clock.now) != nil && table.entry(for: SHA256.hash("0"), at: clock.now) == nil)
    }

    @Test func aRememberedTokenEndsWithItsTime() async throws {
        let clock = TestClock()
        let authenticator = try await JWTAuthenticator.test(clock: clock)
        let token = try await TestSigner.rs256().token(["exp": "\(Claims.now + 100)"])
        for _ in 0..<3 { #expect(await authenticator.refusal(of: token) == nil) }
        clock.advance(129)
        #expect(await authenticator.refusal(of: token) == nil)
        clock.advance(1)
        #expect(await authenticator.refusal(of: token)?.message.contains("expired") == true)
    }
}
