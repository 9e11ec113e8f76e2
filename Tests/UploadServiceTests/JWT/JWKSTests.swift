import JWTKit
import Libcrypto
import ServiceLifecycle
import Settings
import SigV4
import Testing

@testable import UploadService

/// JWK Sets, good and bad, and when they are fetched.
@Suite struct JWKSTests {
    private static func rsa(bits: Int, exponent: String = "AQAB") -> String {
        var modulus = [UInt8](repeating: 0xFF, count: bits / 8)
        modulus[bits / 8 - 1] = 0xC5
        return #"{"kty":"RSA","n":"\#(Base64URL.encode(modulus))","e":"\#(exponent)"}"#
    }

    private func set(_ text: String, _ algorithms: [TokenIssuer.Algorithm] = [.rs256, .es256]) async -> Result<KeySet, KeySetFault> {
        do { return .success(try await KeySet(jwks: Array(text.utf8), algorithms: algorithms)) } catch {
            return .failure(error as? KeySetFault ?? KeySetFault("\(error)"))
        }
    }

    @Test func whatIsNoSetIsRefused() async throws {
        let many = JWKS.text((0..<101).map { ("k\($0)", RFCKeys.p256JWK) })
        let cases: [(String, String)] = [
            ("<!DOCTYPE html><html><body>Sign in</body></html>", "HTML"), ("\n  <html>", "HTML"), ("", "not JSON"), ("null", "no array"),
            ("[]", "no array"), ("{}", "no array"), (#"{"keys":{}}"#, "no array"), (#"{"keys":null}"#, "no array"),
            (#"{"keys":[]}"#, "empty"),
            (#"{"keys":[],"keys":[]}"#, "not JSON"), (#"{"keys":[{"kty":"EC""#, "not JSON"), (#"{"error":"rate limited"}"#, "no array"),
            (RFCKeys.rsaJWK, "no array"), (many, "more than 100"), (String(repeating: "[", count: 100_000), "not JSON"),
        ]
        for (text, says) in cases {
            guard case .failure(let fault) = await set(text) else {
                Issue.record("taken: \(text.prefix(60))")
                continue
            }
            #expect(fault.message.contains(says), "\(fault.message)")
            #expect(!fault.message.contains("Sign in") && !fault.message.contains("rate limited"))
        }
    }

    @Test func aBadKeyIsLeftOutAndTheGoodOnesStay() async throws {
        let point = String(repeating: "A", count: 43)
        let bad: [(String, String)] = [
            ("1", "no object"), ("{}", "no kty"), (#"{"kty":5}"#, "kty is no text"), (#"{"kty":"XX"}"#, "not known"),
            (#"{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}"#, "secret"),
            (#"{"kty":"EC","crv":"P-256","x":"\#(RFCKeys.p256.x)","y":"\#(RFCKeys.p256.y)","d":"\#(RFCKeys.p256.d)"}"#, "private key"),
            (Self.rsa(bits: 512), "512 bits"), (Self.rsa(bits: 1024), "1024 bits"), (Self.rsa(bits: 2040), "2040 bits"),
            (Self.rsa(bits: 16_384), "16384 bits"), (#"{"kty":"RSA","e":"AQAB"}"#, "n is not base64url"),
            (#"{"kty":"RSA","n":"\#(RFCKeys.modulus)"}"#, "e is not base64url"),
            (#"{"kty":"RSA","n":"\#(RFCKeys.modulus)==","e":"AQAB"}"#, "n is not"),
            (Self.rsa(bits: 2048, exponent: "AQ"), "exponent"), (Self.rsa(bits: 2048, exponent: "Ag"), "exponent"),
            (Self.rsa(bits: 2048, exponent: "AAAAAAAAAQ"), "exponent"), (Self.rsa(bits: 2048, exponent: "AQAAAAAB"), "exponent"),
            (#"{"kty":"EC","crv":"P-384","x":"\#(point)","y":"\#(point)"}"#, "curve is not P-256"),
            (#"{"kty":"EC","x":"a","y":"b"}"#, "curve"),
            (#"{"kty":"EC","crv":"P-256","x":"\#(point)","y":"\#(point)"}"#, "no valid EC key"),
            (#"{"kty":"EC","crv":"P-256","x":"\#(RFCKeys.p256.x)","y":"AAAA"}"#, "point is not of P-256"),
            (#"{"kty":"EC","crv":"P-256","x":"\#(RFCKeys.p256.x)","y":"\#(RFCKeys.p256.x)"}"#, "no valid EC key"),
            (#"{"kty":"RSA","use":"enc","n":"\#(RFCKeys.modulus)","e":"AQAB"}"#, "not for signatures"),
            (#"{"kty":"RSA","key_ops":["sign"],"n":"\#(RFCKeys.modulus)","e":"AQAB"}"#, "not for verifying"),
            (#"{"kty":"RSA","key_ops":"verify","n":"\#(RFCKeys.modulus)","e":"AQAB"}"#, "not for verifying"),
            (#"{"kty":"RSA","alg":"RS512","n":"\#(RFCKeys.modulus)","e":"AQAB"}"#, "not allowed"),
            (#"{"kty":"RSA","alg":"PS256","n":"\#(RFCKeys.modulus)","e":"AQAB"}"#, "not allowed"),
            (#"{"kty":"RSA","alg":"HS256","n":"\#(RFCKeys.modulus)","e":"AQAB"}"#, "not allowed"), (RFCKeys.ed25519JWK, "not allowed"),
            (#"{"kty":"RSA","kid":7,"n":"\#(RFCKeys.modulus)","e":"AQAB"}"#, "kid is no text"),
            (#"{"kty":"RSA","kid":"","n":"\#(RFCKeys.modulus)","e":"AQAB"}"#, "1 to 256"),
            (#"{"kty":"EC","kid":"good","crv":"P-256","x":"\#(RFCKeys.p256.x)","y":"\#(RFCKeys.p256.y)"}"#, "same kid"),
        ]
        for (jwk, says) in bad {
            let text = JWKS.text([("good", RFCKeys.p256JWK), (nil, jwk)])
            let keys = try await set(text).get()
            #expect(keys.keys.map(\.id) == ["good"], "\(jwk)")
            #expect(keys.notes.count == 1 && keys.notes[0].hasPrefix("key 2: ") && keys.notes[0].contains(says), "\(keys.notes) \(says)")
        }
        let all = try await set(JWKS.text([("good", RFCKeys.p256JWK)] + bad.map { (nil, $0.0) })).get()
        #expect(all.keys.count == 1 && all.notes.count == bad.count)
        print("\(bad.count) bad keys left out")
        let ed = try await set(JWKS.text([(nil, #"{"alg":"Ed25519",\#(RFCKeys.ed25519JWK.dropFirst())"#)]), [.edDSA]).get()
        #expect(ed.keys.count == 1)
        for jwk in [
            #"{"kty":"OKP","crv":"Ed448","x":"\#(point)"}"#, #"{"kty":"OKP","crv":"X25519","x":"\#(point)"}"#,
            #"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
        ] {
            let result = await set(JWKS.text([(nil, jwk)]), [.edDSA])
            #expect(throws: KeySetFault.self, "\(jwk)") { try result.get() }
        }
    }

    @Test func anRSAKeyWithoutAlgServesBothOfItsAlgorithms() async throws {
        let keys = try await set(JWKS.text([("a", RFCKeys.rsaJWK)]), [.rs256, .ps256]).get()
        #expect(keys.keys.map(\.algorithm) == [.rs256, .ps256])
        let one = try await set(JWKS.text([("a", #"{"alg":"PS256",\#(RFCKeys.rsaJWK.dropFirst())"#)]), [.rs256, .ps256]).get()
        #expect(one.keys.map(\.algorithm) == [.ps256])
    }
}

@Suite struct KeyRefreshTests {
    private let start = Fixture.now

    @Test(
        arguments: [(nil, 2880), (3600, 2880), (0, 240), (299, 240), (600, 480), (86_400, 69_120), (31_536_000, 69_120)] as [(Int?, Int64)])
    func aSetIsRefreshedAheadOfItsAge(age: Int?, seconds: Int64) {
        var plan = RefreshPlan()
        #expect(plan.isDue(at: start))
        plan.started(at: start)
        #expect(!plan.isDue(at: start))
        plan.succeeded(at: start, maximumAgeSeconds: age)
        #expect(!plan.isDue(at: start.adding(seconds: seconds - 1)) && plan.isDue(at: start.adding(seconds: seconds)))
        #expect(plan.isDue(at: start.adding(seconds: -1)), "a clock that was set back")
    }

    @Test func failuresPauseLongerAndLonger() {
        var plan = RefreshPlan()
        var pauses: Set<Int64> = []
        for (index, limit) in ([2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] as [Int64]).enumerated() {
            for seed in 0..<20 {
                var copy = plan
                var random = SeededGenerator(seed: UInt64(seed * 100 + index))
                copy.started(at: start)
                copy.failed(at: start, using: &random)
                let pause = (copy.nextAttempt?.secondsSinceEpoch ?? 0) - start.secondsSinceEpoch
                #expect((limit / 2...limit).contains(pause))
                #expect(copy.pauseSeconds(at: start) == min(Int(pause), 60))
                if limit == 300 { pauses.insert(pause) }
            }
            var random = SeededGenerator(seed: 1)
            plan.failed(at: start, using: &random)
        }
        #expect(pauses.count > 10)
        plan.succeeded(at: start, maximumAgeSeconds: nil)
        var random = SeededGenerator(seed: 1)
        plan.failed(at: start, using: &random)
        #expect(plan.pauseSeconds(at: start) <= 2)
    }

    // MARK: A set over time

    private let old = ES256PrivateKey()
    private let new = ES256PrivateKey()

    @Test func rotationIsSeenByTheNewKid() async throws {
        let (clock, log) = (TestClock(), LogLines())
        let fetcher = StubFetcher(.body(JWKS.text([("old", try JWKS.jwk(old))])))
        let authenticator = try await JWTAuthenticator.test(
            [.test(algorithms: [.es256])], fetcher: fetcher, clock: clock, logger: log.logger())
        let claims: [String: String?] = ["exp": "\(Claims.now + 86_400)"]
        let oldToken = try await TestSigner.es256(old).token(kid: "old", claims)
        let newToken = try await TestSigner.es256(new).token(kid: "new", claims)
        #expect(await authenticator.refusal(of: oldToken) == nil)

        // Both keys are published, and a token of the new one arrives before the set's age is over.
        fetcher.answer(.body(JWKS.text([("old", try JWKS.jwk(old)), ("new", try JWKS.jwk(new))])))
        #expect(await authenticator.refusal(of: newToken)?.message.contains("not one of its issuer's") == true)
        #expect(fetcher.count == 1, "the set is younger than a minute")
        clock.advance(60)
        #expect(await authenticator.refusal(of: newToken) == nil)
        #expect(await authenticator.refusal(of: oldToken) == nil)
        #expect(fetcher.count == 2)

        // The old key is withdrawn: what it signed is forgotten at once, though it was remembered.
        fetcher.answer(.body(JWKS.text([("new", try JWKS.jwk(new))])))
        clock.advance(3600)
        await authenticator.loadKeys()
        #expect(fetcher.count == 3)
        #expect(await authenticator.refusal(of: oldToken)?.reason == .invalid)
        #expect(await authenticator.refusal(of: newToken) == nil)
        #expect(log.all.count { $0.contains("keys are loaded") } == 3)
    }

    @Test func unknownKidsFetchAtMostOnceAMinute() async throws {
        let clock = TestClock()
        let fetcher = StubFetcher(.body(JWKS.text([("old", try JWKS.jwk(old))])))
        let authenticator = try await JWTAuthenticator.test([.test(algorithms: [.es256])], fetcher: fetcher, clock: clock)
        let signer = try await TestSigner.es256(new)
        for round in 1...3 {
            clock.advance(60)
            let tokens = try (0..<50).map { try signer.token(kid: "unknown-\(round)-\($0)") }
            await withTaskGroup(of: Void.self) { group in
                for token in tokens {
                    group.addTask { #expect(await authenticator.refusal(of: token)?.reason == .invalid) }
                }
            }
            #expect(fetcher.count == 1 + round)
        }
    }

    @Test func oldKeysServeThroughAnOutage() async throws {
        let (clock, log) = (TestClock(), LogLines())
        let fetcher = StubFetcher(.body(JWKS.text([("old", try JWKS.jwk(old))]), maximumAge: 300))
        let authenticator = try await JWTAuthenticator.test(
            [.test(algorithms: [.es256])], fetcher: fetcher, clock: clock, logger: log.logger())
        let token = try await TestSigner.es256(old).token(kid: "old", ["exp": "\(Claims.now + 86_400)"])
        let outages: [StubFetcher.Answer] = [
            .fault("the answer is 503"), .body("<html>"), .body(""), .body(#"{"keys":[]}"#), .body(#"{"keys":[{"kty":"EC"}]}"#),
        ]
        for second in 0..<7200 {
            fetcher.answer(outages[second % outages.count])
            clock.advance(1)
            await authenticator.loadKeys()
            if second % 60 == 0 { #expect(await authenticator.refusal(of: token) == nil) }
        }
        // About one attempt in four minutes.
        #expect((20...70).contains(fetcher.count), "\(fetcher.count)")
        #expect(authenticator.issuers[0].keys == 1 && authenticator.issuers[0].fault != nil)
        #expect(log.text.contains("the keys from before"))
        fetcher.answer(.body(JWKS.text([("old", try JWKS.jwk(old))])))
        clock.advance(300)
        await authenticator.loadKeys()
        #expect(authenticator.issuers[0].fault == nil)
    }

    @Test func aHalfRotatedSetKeepsItsGoodKeysAndTellsOfTheBadOnes() async throws {
        let log = LogLines()
        let bad = #"{"kty":"RSA","kid":"next","use":"sig","n":"AQAB","e":"AQAB"}"#
        let fetcher = StubFetcher(.body(JWKS.text([(nil, bad), ("old", try JWKS.jwk(old))])))
        let authenticator = try await JWTAuthenticator.test(fetcher: fetcher, logger: log.logger())
        #expect(await authenticator.refusal(of: try await TestSigner.es256(old).token(kid: "old")) == nil)
        #expect(log.text.contains("key 1: its modulus has 17 bits"))
    }

    /// Runs as the service runs it: nobody asks, and the keys come, and come again.
    @Test func theServiceRefreshesByItself() async throws {
        let clock = TestClock()
        let fetcher = StubFetcher(.body(JWKS.text([("old", try JWKS.jwk(old))])))
        let authenticator = try await JWTAuthenticator(
            issuers: [.test(algorithms: [.es256])], secrets: [:], fetcher: fetcher, clock: { clock.now }, logger: LogLines().logger())
        #expect(fetcher.count == 0)
        let group = serviceGroup([authenticator], logger: LogLines().logger())
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for _ in 0..<600 where authenticator.issuers[0].keys == 0 { try await Task.sleep(for: .milliseconds(100)) }
            #expect(fetcher.count == 1)
            clock.advance(3600)
            for _ in 0..<600 where fetcher.count < 2 { try await Task.sleep(for: .milliseconds(100)) }
            #expect(fetcher.count == 2)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(authenticator.issuers[0].keys == 1)
    }

    @Test func anUnchangedSetForgetsNothing() async throws {
        let clock = TestClock()
        let keys = IssuerKeys(
            name: "id", url: "https://id.example.com/", algorithms: [.es256],
            fetcher: StubFetcher(.body(JWKS.text([("old", try JWKS.jwk(old))]))), clock: { clock.now },
            makeRandom: { SeededGenerator(seed: 1) }, logger: LogLines().logger())
        #expect(keys.current == nil && keys.generation == 0)
        for _ in 0..<3 {
            clock.advance(100_000)
            await keys.refreshIfDue()?.value
            #expect(keys.generation == 1)
        }
    }

    @Test func aTokenWithoutKidIsTakenFromAnIssuerWithOneKeyOnly() async throws {
        let signer = try await TestSigner.es256(old)
        let one = try await JWTAuthenticator.test(
            fetcher: StubFetcher(.body(JWKS.text([("old", try JWKS.jwk(old)), ("rsa", RFCKeys.rsaJWK)]))))
        #expect(await one.refusal(of: try signer.token()) == nil)
        let two = try await JWTAuthenticator.test(
            fetcher: StubFetcher(.body(JWKS.text([("old", try JWKS.jwk(old)), ("new", try JWKS.jwk(new))]))))
        #expect(await two.refusal(of: try signer.token())?.message.contains("does not name its key") == true)
    }
}
