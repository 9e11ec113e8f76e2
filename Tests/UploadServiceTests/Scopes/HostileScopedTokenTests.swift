import Foundation
import HTTPTypes
import HummingbirdTesting
import Libcrypto
import Settings
import SigV4
import Testing

@testable import UploadService

/// Scoped tokens that nobody minted.
@Suite struct HostileScopedTokenTests {
    private let tokens = ScopedTokens(secrets: [Scopes.secret])
    private let good = ScopedTokens(secrets: [Scopes.secret]).token(for: Scopes.scope())

    private func isTaken(_ token: String) -> Bool {
        (try? tokens.scope(of: token, at: Fixture.now)) != nil
    }

    @Test func aTokenComesBackAsItWasGiven() throws {
        for subject in ["alice", nil, "äöü/../web-backend", "\u{202E}", "a.b", String(repeating: "x", count: 128)] {
            let scope = Scopes.scope(subject: subject, budget: 1 << 40)
            #expect(try tokens.scope(of: tokens.token(for: scope), at: Fixture.now) == scope)
        }
    }

    @Test func noTruncationAndNoChangedCharacterIsTaken() throws {
        #expect(isTaken(good))
        let bytes = Array(good.utf8)
        for length in 0..<bytes.count { #expect(!isTaken(String(decoding: bytes[..<length], as: UTF8.self))) }
        for index in bytes.indices {
            for flip in [1, 2, 4, 8, 16, 32] as [UInt8] {
                var changed = bytes
                changed[index] ^= flip
                #expect(!isTaken(String(decoding: changed, as: UTF8.self)), "byte \(index)")
            }
        }
        for more in ["=", "A", ".", " ", "\n", "%00"] { #expect(!isTaken(good + more)) }
    }

    /// Whoever has another key, or another idea of how to sign, makes no scoped token.
    @Test func foreignSignaturesAreRefused() async throws {
        let parts = good.split(separator: ".").map(String.init)
        func signed(_ header: String, _ secret: String) -> String {
            let input = "\(Base64URL.encode(Array(header.utf8))).\(parts[1])"
            let key = HMACSHA256Key(secret.utf8.span)
            return "\(input).\(Base64URL.encode(key.authenticate(input).bytes))"
        }
        let secret = "a-secret-of-scoped-tokens-for-tests-1"
        let own = #"{"alg":"HS256","typ":"countersign-scoped+jwt"}"#
        #expect(isTaken(signed(own, secret)))
        for header in [
            #"{"alg":"HS256"}"#, #"{"alg":"HS256","typ":"JWT"}"#, #"{"typ":"countersign-scoped+jwt","alg":"HS256"}"#,
            #"{"alg":"none","typ":"countersign-scoped+jwt"}"#, #"{"alg":"HS256","typ":"countersign-scoped+jwt","kid":"x"}"#,
            #"{"alg":"none"}"#, #"{"alg":"HS512"}"#, #"{"alg":"RS256"}"#, #"{"alg":"HS256","crit":["b64"],"b64":false}"#,
            #"{"alg":"HS256","typ":"JWE"}"#, #"{"alg":"HS256","alg":"none"}"#, #"{}"#, #"[]"#,
        ] { #expect(!isTaken(signed(header, secret)), "\(header)") }
        #expect(!isTaken(signed(own, "")))
        #expect(!isTaken(signed(own, secret + "x")))
        #expect(!isTaken("\(parts[0]).\(parts[1])."))
        let issuer = try await TestSigner.rs256()
        let claims = String(decoding: try #require(Base64URL.decode(parts[1].utf8)), as: UTF8.self)
        #expect(!isTaken(try issuer.token(header: #"{"alg":"RS256"}"#, claims: claims)))
        #expect(!isTaken(try issuer.token(header: own, claims: claims)))
    }

    @Test func claimsOfOtherTypesAreRefused() async throws {
        let signer = try await TestSigner.hs256(Scopes.secret.withBytes { bytes in bytes.indices.map { bytes[$0] } })
        let claims: [String: String] = [
            "iss": #""countersign""#, "aud": #""/u""#, "sub": #""x""#, "exp": "\(Claims.now + 900)", "jti": #""1""#,
            "env": #""staging""#, "key": #""web-backend""#, "rule": #""avatars""#, "origin": #""https://a.example""#, "bytes": "5",
        ]
        func token(_ name: String, _ value: String?) throws -> String {
            var claims = claims
            claims[name] = value
            let json = "{\(claims.map { "\"\($0)\":\($1)" }.joined(separator: ","))}"
            return try signer.token(header: #"{"alg":"HS256","typ":"countersign-scoped+jwt"}"#, claims: json)
        }
        #expect(isTaken(try token("extra", "1")))
        for name in claims.keys {
            for value in [nil, "null", "[]", "{}", "true", "1.5", #""""#] {
                guard name != "jti" && name != "env" && name != "key" && name != "rule" && name != "origin" || value != #""""# else {
                    continue
                }
                #expect(!isTaken(try token(name, value)), "\(name): \(value ?? "missing")")
            }
        }
        #expect(!isTaken(try token("aud", #"["/u","other"]"#)))
        #expect(!isTaken(try token("exp", "1e400")))
    }

    /// An issuer that has the name, the audience and the very secret of scoped tokens, against what the configuration allows.
    @Test func issuersAndScopedTokensDoNotMix() async throws {
        let issuers = try await JWTAuthenticator.test(
            [.test(issuer: ScopedTokens.issuer, audiences: [ScopedTokens.audience], algorithms: [.hs256], keys: .variable("S"))],
            secrets: ["S": Scopes.secret])
        let theirs = try await TestSigner.hs256(Scopes.secret.withBytes { bytes in bytes.indices.map { bytes[$0] } }).token(
            header: #"{"alg":"HS256","typ":"JWT"}"#,
            claims: String(decoding: try #require(Base64URL.decode(good.split(separator: ".")[1].utf8)), as: UTF8.self))
        #expect(!isTaken(theirs) && isTaken(good))
        #expect(await issuers.refusal(of: theirs) == nil)
        #expect(await issuers.refusal(of: good)?.message.contains("(typ)") == true)
        var configuration = try Scopes.configuration()
        configuration.authenticator = CombinedAuthenticator(
            apiKeys: APIKeyAuthenticator(records: [
                APIKeyRecord(name: "web-backend", environment: "staging", sha256: SHA256.hash(Fixture.stagingKey))
            ]), tokens: issuers)
        try await withService(configuration) { service async throws in
            let page: HTTPFields = [.origin: Fixture.stagingOrigin]
            let issued = try await service.post(key: theirs, headers: page, Body.avatar)
            #expect((try issued.json()["key"] as? String)?.hasPrefix("id~web-backend_2falice/") == true, "\(issued.text)")
            let refused = try await service.page(theirs, Body.avatar)
            let taken = try await service.post(key: good, headers: page, Body.avatar)
            let asKey = try await service.send(.get, "/v1/rules", [.xAPIKey: good, .origin: Fixture.stagingOrigin])
            #expect((refused.status, taken.status, asKey.status) == (401, 201, 401))
        }
    }

    @Test(arguments: ["", "%2e%2e", "..", ".", "a.b.c", "csk_staging-key-for-tests", "%00", String(repeating: "a", count: 12_000)])
    func whatIsNoTokenInThePathIsRefused(segment: String) async throws {
        try await withService(try Scopes.configuration()) { service async throws in
            let answer = try await service.page(segment, Body.avatar)
            #expect([401, 404].contains(answer.status), "\(answer.text)")
        }
    }

    /// The server closes on a request line that is longer than its headers may be.
    @Test func anOversizedPathIsNoTrouble() async throws {
        try await withService(try Scopes.configuration(), .live) { service async throws in
            let port = try #require(service.client.port)
            try await RawConnection.open(port: port) { connection in
                let path = "/u/\(String(repeating: "a", count: 64 * 1024))/v1/uploads"
                try? await connection.send("POST \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                let answer = await connection.readToEnd()
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(200))")
            }
            let token = try await service.mint()
            #expect(try await service.page(token, Body.avatar).status == 201)
        }
    }

    @Test func countingIsBoundedAndForgetsWhatHasEnded() {
        let budgets = ByteBudgets(capacity: 3)
        for id in 0..<3 {
            let scope = Scopes.scope(id: "\(id)", budget: 10, expiresAt: Fixture.now.adding(seconds: Int64(id + 1)))
            #expect(budgets.charge(10, to: scope, at: Fixture.now) == .charged)
            #expect(budgets.charge(1, to: scope, at: Fixture.now) == .exhausted(leftBytes: 0))
        }
        let fourth = Scopes.scope(id: "3", budget: 10)
        #expect(budgets.charge(1, to: fourth, at: Fixture.now) == .full)
        #expect(budgets.charge(11, to: fourth, at: Fixture.now.adding(seconds: 1)) == .exhausted(leftBytes: 10))
        #expect(budgets.charge(1, to: fourth, at: Fixture.now.adding(seconds: 1)) == .charged)
        #expect(budgets.count == 3)
        #expect(budgets.charge(.max, to: Scopes.scope(id: "3", budget: .max), at: Fixture.now) == .exhausted(leftBytes: .max - 1))
        // One that still lives is never forgotten: that would give it its budget again.
        #expect(budgets.charge(1, to: Scopes.scope(id: "4"), at: Fixture.now.adding(seconds: 1)) == .full)
        let third = Scopes.scope(id: "2", budget: 10, expiresAt: Fixture.now.adding(seconds: 3))
        #expect(budgets.charge(1, to: Scopes.scope(id: "4"), at: Fixture.now.adding(seconds: 2)) == .charged)
        #expect(budgets.charge(1, to: third, at: Fixture.now.adding(seconds: 2)) == .exhausted(leftBytes: 0))
    }

    /// A rule that takes empty files would give a public token tickets without end.
    @Test func ticketsForEmptyFilesEndToo() {
        let budgets = ByteBudgets()
        let scope = Scopes.scope(budget: 1)
        for _ in 0..<ByteBudgets.maximumTickets { #expect(budgets.charge(0, to: scope, at: Fixture.now) == .charged) }
        #expect(budgets.charge(0, to: scope, at: Fixture.now) == .worn)
        #expect(budgets.charge(0, to: Scopes.scope(id: "other", budget: 1), at: Fixture.now) == .charged)
    }
}
