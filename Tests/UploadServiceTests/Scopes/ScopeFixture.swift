import Foundation
import HTTPTypes
import Libcrypto
import Settings
import SigV4
import Synchronization
import Testing

@testable import UploadService

/// Services that give scoped tokens.
enum Scopes {
    static let secret = Secret("a-secret-of-scoped-tokens-for-tests-1")
    static let otherSecret = Secret("a-secret-of-scoped-tokens-for-tests-2")

    /// - Parameter secrets: of scoped tokens; none where they are empty.
    static func configuration(clock: TestClock = TestClock(), secrets: [Secret] = [secret]) throws -> UploadServiceConfiguration {
        var configuration = try Fixture.configuration()
        configuration.clock = { clock.now }
        configuration.scopedTokens = secrets.isEmpty ? nil : ScopedTokens(secrets: secrets)
        // Each request another one, or all tokens of a test would be one.
        let seeds = Atomic<UInt64>(1)
        configuration.makeRandom = { SeededGenerator(seed: seeds.add(1, ordering: .relaxed).newValue) }
        return configuration
    }

    static func scope(
        id: String = "0123456789abcdef0123456789abcdef", environment: String = "staging", keyName: String = "web-backend",
        key: String = Fixture.stagingKey, subject: String? = "alice", rule: String = "avatars", origin: String = Fixture.stagingOrigin,
        budget: Int64 = 1_000_000,
        expiresAt: SigningTime = Fixture.now.adding(seconds: 900)
    ) -> TokenScope {
        TokenScope(
            id: id, environment: environment, keyName: keyName, keyMark: APIKey.mark(ofSHA256: SHA256.hash(key)), subject: subject,
            rule: rule, origin: origin, budgetBytes: budget, expiresAt: expiresAt)
    }

    static func request(rule: String = "avatars", origin: String = Fixture.stagingOrigin, more: String = "") -> String {
        #"{"rule":"\#(rule)","origin":"\#(origin)"\#(more)}"#
    }
}

extension ServiceClient {
    /// A scoped token, as the holder of an API key gets it.
    func mint(_ body: String = Scopes.request(more: #","subject":"alice""#), key: String = Fixture.stagingKey) async throws -> String {
        let answer = try await post(to: "/v1/tokens", key: key, body)
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(try answer.json()["token"] as? String)
    }

    /// What a page sends with a scoped token in the path.
    func page(_ token: String, origin: String? = Fixture.stagingOrigin, to path: String = "/v1/uploads", _ body: String) async throws
        -> Answer
    {
        var headers: HTTPFields = [:]
        headers[.origin] = origin
        return try await post(to: "/u/\(token)\(path)", key: nil, headers: headers, body)
    }
}
