import Foundation
import JWTKit
import Libcrypto
import Logging
import Settings
import SigV4
import Synchronization
import Testing

@testable import UploadService

/// The keys that the RFCs print.
enum RFCKeys {
    /// RFC 7515 section A.2.1.
    static let modulus = """
        ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRP\
        EwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qC\
        o5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ
        """
    private static let privateExponent = """
        Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn\
        2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juU\
        O1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ
        """
    private static let prime1 = """
        4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc\
        1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc
        """
    private static let prime2 = """
        uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfI\
        sRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc
        """
    /// RFC 7515 section A.3.1.
    static let p256 = (
        x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
    )
    /// RFC 8037 section A.1.
    static let ed25519 = (x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    /// RFC 7515 section A.1.1.
    static let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

    static func rsa() throws -> Insecure.RSA.PrivateKey {
        try .init(modulus: modulus, exponent: "AQAB", privateExponent: privateExponent, prime1: prime1, prime2: prime2)
    }

    static let rsaJWK = #"{"kty":"RSA","n":"\#(modulus)","e":"AQAB"}"#
    static let p256JWK = #"{"kty":"EC","crv":"P-256","x":"\#(p256.x)","y":"\#(p256.y)"}"#
    static let ed25519JWK = #"{"kty":"OKP","crv":"Ed25519","x":"\#(ed25519.x)"}"#
}

/// Signs whatever it is given, also what no honest issuer would.
struct TestSigner: Sendable {
    let name: String
    private let algorithm: any JWTAlgorithm

    init(_ name: String, _ add: (isolated JWTKeyCollection) throws -> Void) async throws {
        let keys = JWTKeyCollection()
        try await add(keys)
        self.name = name
        self.algorithm = try await keys.getKey()
    }

    static func rs256() async throws -> TestSigner {
        let key = try RFCKeys.rsa()
        return try await TestSigner("RS256") { $0.add(rsa: key, digestAlgorithm: .sha256) }
    }
    static func ps256() async throws -> TestSigner {
        let key = try RFCKeys.rsa()
        return try await TestSigner("PS256") { $0.add(pss: key, digestAlgorithm: .sha256) }
    }
    static func es256(_ key: ES256PrivateKey? = nil) async throws -> TestSigner {
        let key = try key ?? ES256PrivateKey(key: RFCKeys.p256.d)
        return try await TestSigner("ES256") { $0.add(ecdsa: key) }
    }
    static func edDSA() async throws -> TestSigner {
        let key = try EdDSA.PrivateKey(d: RFCKeys.ed25519.d, curve: .ed25519)
        return try await TestSigner("EdDSA") { $0.add(eddsa: key) }
    }
    static func hs256(_ secret: [UInt8]) async throws -> TestSigner {
        try await TestSigner("HS256") { $0.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256) }
    }

    func signature(of text: String) throws -> [UInt8] { try algorithm.sign(Array(text.utf8)) }

    /// A token of this header and these claims, both as JSON.
    func token(header: String, claims: String) throws -> String {
        let input = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array(claims.utf8)))"
        return "\(input).\(Base64URL.encode(try signature(of: input)))"
    }

    func token(kid: String? = nil, _ claims: [String: String?] = [:]) throws -> String {
        let kid = kid.map { #","kid":"\#($0)""# } ?? ""
        return try token(header: #"{"alg":"\#(name)","typ":"JWT"\#(kid)}"#, claims: Claims.json(claims))
    }
}

/// Claims as JSON texts, so that tests can write what no encoder would.
enum Claims {
    static let now = Fixture.now.secondsSinceEpoch
    static let valid = [
        "iss": #""https://id.example.com/""#, "sub": #""alice""#, "aud": #""https://api.example.com""#, "iat": "\(now - 60)",
        "exp": "\(now + 600)",
    ]

    /// The valid claims with these changed; nil takes one away.
    static func json(_ changes: [String: String?]) -> String {
        var claims = valid
        for (name, value) in changes { claims[name] = value }
        return "{\(claims.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ","))}"
    }
}

enum JWKS {
    /// A set of these keys, JSON objects without `kid`, each under its id.
    static func text(_ keys: [(kid: String?, jwk: String)]) -> String {
        let members = keys.map { key in key.kid.map { #"{"kid":"\#($0)",\#(key.jwk.dropFirst())"# } ?? key.jwk }
        return #"{"keys":[\#(members.joined(separator: ","))]}"#
    }

    static func jwk(_ key: ES256PrivateKey) throws -> String {
        let (x, y) = try #require(key.publicKey.parameters)
        func url(_ text: String) -> String { String(text.filter { $0 != "=" }.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }) }
        return #"{"kty":"EC","crv":"P-256","x":"\#(url(x))","y":"\#(url(y))"}"#
    }
}

final class TestClock: Sendable {
    private let time: Mutex<SigningTime>

    init(_ time: SigningTime = Fixture.now) { self.time = Mutex(time) }

    var now: SigningTime { time.withLock { $0 } }
    func advance(_ seconds: Int64) { time.withLock { $0 = $0.adding(seconds: seconds) } }
}

/// Answers with what a test puts there, and counts.
final class StubFetcher: KeySetFetcher {
    enum Answer { case body(String, maximumAge: Int? = nil), fault(String) }

    private let state: Mutex<(answer: Answer, count: Int)>

    init(_ answer: Answer) { state = Mutex((answer, 0)) }

    var count: Int { state.withLock { $0.count } }
    func answer(_ answer: Answer) { state.withLock { $0.answer = answer } }

    func fetch(_ url: String) async throws(KeySetFetchFault) -> FetchedKeySet {
        let answer = state.withLock { state in
            state.count += 1
            return state.answer
        }
        await Task.yield()
        switch answer {
        case .body(let text, let age): return FetchedKeySet(body: Array(text.utf8), maximumAgeSeconds: age)
        case .fault(let message): throw KeySetFetchFault(message)
        }
    }
}

extension TokenIssuer {
    static func test(
        _ name: String = "id", environment: String = "staging", issuer: String = "https://id.example.com/",
        audiences: [String] = ["https://api.example.com"], algorithms: [Algorithm] = [.rs256, .es256],
        keys: Keys = .url("https://id.example.com/jwks.json"), leeway: Int = 30, require: [String: ClaimValue] = [:], rules: Rules = .all,
        group: String? = nil
    ) -> TokenIssuer {
        TokenIssuer(
            name: name, environment: environment, issuer: issuer, audiences: audiences, algorithms: algorithms, keys: keys,
            leewaySeconds: leeway, requiredClaims: require, rules: rules, groupClaim: group)
    }
}

extension JWTAuthenticator {
    /// With keys fetched, where there are some to fetch.
    static func test(
        _ issuers: [TokenIssuer] = [.test()], secrets: [String: Secret] = [:],
        fetcher: StubFetcher = StubFetcher(.body(JWKS.text([("rsa-1", RFCKeys.rsaJWK), ("ec-1", RFCKeys.p256JWK)]))),
        clock: TestClock = TestClock(), logger: Logger = LogLines().logger()
    ) async throws -> JWTAuthenticator {
        let authenticator = try await JWTAuthenticator(
            issuers: issuers, secrets: secrets, fetcher: fetcher, clock: { clock.now }, makeRandom: { SeededGenerator(seed: 3) },
            logger: logger)
        await authenticator.loadKeys()
        return authenticator
    }

    /// What it says against a token; nil when it takes it.
    func refusal(of token: String) async -> AuthenticationFailure? {
        do throws(AuthenticationFailure) {
            _ = try await verify(token)
            return nil
        } catch {
            return error
        }
    }
}
