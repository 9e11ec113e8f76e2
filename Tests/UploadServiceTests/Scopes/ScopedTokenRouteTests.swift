import Foundation
import HTTPTypes
import Libcrypto
import Settings
import SigV4
import Testing
import Uploads

@testable import UploadService

/// Scoped tokens as back ends and pages see them.
@Suite struct ScopedTokenRouteTests {
    private func tokens(
        _ configuration: UploadServiceConfiguration? = nil, logger: LogLines = LogLines(),
        _ test: @Sendable (ServiceClient) async throws -> Void
    ) async throws {
        let configuration = try configuration ?? Scopes.configuration()
        try await withService(configuration, logger: logger.logger(), test)
    }

    @Test func aPageUploadsUnderThePrefixOfWhomTheTokenIsFor() async throws {
        try await tokens { service async throws in
            let answer = try await service.post(to: "/v1/tokens", Scopes.request(more: #","subject":"alice","bytes":200"#))
            let json = try answer.json()
            #expect(answer.status == 201)
            #expect(json["expiresAt"] as? String == "2025-06-01T12:15:00Z" && json["bytes"] as? Int == 200)
            #expect(json["environment"] as? String == "staging" && json["subject"] as? String == "alice")
            let token = try #require(json["token"] as? String)
            let inPath = try await service.page(token, Body.avatar)
            #expect(inPath.status == 201)
            #expect((try inPath.json()["key"] as? String)?.hasPrefix("web-backend.alice/2025/") == true)
            #expect(inPath.headers[.accessControlAllowOrigin] == Fixture.stagingOrigin)
            let asBearer = try await service.post(key: token, headers: [.origin: Fixture.stagingOrigin], Body.avatar)
            #expect((try asBearer.json()["key"] as? String)?.hasPrefix("web-backend.alice/2025/") == true)
            let rules = try await service.send(.get, "/u/\(token)/v1/rules", [.origin: Fixture.stagingOrigin]).json()["rules"]
            #expect((rules as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["avatars"])
        }
    }

    @Test func withoutASubjectTheUploadsAreStillNotTheKeysOwn() async throws {
        try await tokens { service async throws in
            let token = try await service.mint(Scopes.request())
            let key = try await service.page(token, Body.avatar).json()["key"] as? String
            #expect(key?.hasPrefix("web-backend._/2025/") == true)
        }
    }

    @Test func aTokenIsGoodForOneRuleOneOriginAndUploadsOnly() async throws {
        try await tokens { service async throws in
            let token = try await service.mint()
            #expect(try await service.page(token, Body.attachment).code == "rule_not_allowed")
            for origin in [
                nil, Fixture.productionOrigin, "https://staging.example.com.evil.example", "null", "https://STAGING.example.com",
            ] {
                let answer = try await service.page(token, origin: origin, Body.avatar)
                #expect(answer.status == 403 && answer.code == "origin_not_allowed", "\(origin ?? "none")")
            }
            let page: HTTPFields = [.origin: Fixture.stagingOrigin]
            #expect(try await service.post(to: "/v1/tokens", key: token, headers: page, Scopes.request()).code == "api_key_required")
            #expect(try await service.post(to: "/v1/downloads", key: token, headers: page, #"{"key":"a"}"#).code == "scope_too_narrow")
            for path in ["/v1/tokens", "/v1/downloads", "/version", "/metrics", "/health/live"] {
                let answer = try await service.send(.post, "/u/\(token)\(path)", page, body: "{}")
                #expect(answer.code == "not_found", "\(path)")
            }
            let both = try await service.post(to: "/u/\(token)/v1/uploads", headers: page, Body.avatar)
            #expect(both.code == "conflicting_credentials")
        }
    }

    @Test func aTokenEndsAfterAQuarterOfAnHourAndWithItsKey() async throws {
        let clock = TestClock()
        try await tokens(try Scopes.configuration(clock: clock)) { service async throws in
            let token = try await service.mint()
            clock.advance(899)
            #expect(try await service.page(token, Body.avatar).status == 201)
            clock.advance(1)
            let answer = try await service.page(token, Body.avatar)
            #expect(answer.status == 401 && answer.text.contains("expired"))
            let signer = ScopedTokens(secrets: [Scopes.secret])
            let later = clock.now.adding(seconds: 60)
            #expect(try await service.page(signer.token(for: Scopes.scope(expiresAt: later)), Body.avatar).status == 201)
            let orphan = signer.token(for: Scopes.scope(keyName: "retired", expiresAt: later))
            #expect(try await service.page(orphan, Body.avatar).text.contains("is gone"))
            // The name is known, but in another environment.
            let moved = signer.token(for: Scopes.scope(environment: "production", origin: Fixture.productionOrigin, expiresAt: later))
            #expect(try await service.page(moved, origin: Fixture.productionOrigin, Body.avatar).status == 401)
        }
    }

    /// A key that leaked is taken away while another one of its name stays: the tokens of the leaked one end.
    @Test func aTokenEndsWithItsKeyThoughTheNameStays() async throws {
        let (leaked, replacement) = ("csk_leaked", "csk_replacement")
        func configuration(_ keys: String...) throws -> UploadServiceConfiguration {
            var configuration = try Scopes.configuration()
            configuration.authenticator = APIKeyAuthenticator(
                records: keys.map { APIKeyRecord(name: "web-backend", environment: "staging", sha256: SHA256.hash($0)) })
            return configuration
        }
        let tokens = try await withService(try configuration(leaked, replacement)) { service async throws in
            let tokens = [try await service.mint(key: leaked), try await service.mint(key: replacement)]
            for token in tokens { #expect(try await service.page(token, Body.avatar).status == 201) }
            let answer = try await service.post(to: "/v1/tokens", key: nil, headers: [.xAPIKey: leaked], Scopes.request())
            return tokens + [try #require(try answer.json()["token"] as? String)]
        }
        try await withService(try configuration(replacement)) { service async throws in
            let answer = try await service.page(tokens[0], Body.avatar)
            #expect(answer.status == 401 && answer.text.contains("is gone"))
            #expect(try await service.page(tokens[1], Body.avatar).status == 201)
            #expect(try await service.page(tokens[2], Body.avatar).status == 401)
        }
    }

    @Test func theBudgetIsForAllTicketsTogether() async throws {
        try await tokens { service async throws in
            let token = try await service.mint(Scopes.request(more: #","bytes":150"#))
            #expect(try await service.page(token, Body.avatar).status == 201)
            #expect(try await service.page(token, Body.avatar).status == 201)
            let answer = try await service.page(token, Body.avatar)
            #expect(answer.status == 403 && answer.code == "byte_budget_exhausted")
            #expect(try answer.json()["field"] as? String == "size" && answer.text.contains("14 bytes left"))
            // What fits is still granted, and what was refused by its rule cost nothing.
            #expect(try await service.page(token, #"{"rule":"avatars","filename":"a.exe","size":14,"type":"a/b"}"#).status == 415)
            #expect(try await service.page(token, #"{"rule":"avatars","filename":"a.png","size":14,"type":"image/png"}"#).status == 201)
            // Another token has a budget of its own.
            let other = try await service.mint()
            #expect(try await service.page(other, Body.avatar).status == 201)
        }
    }

    @Test func aFormWithoutASizeCostsTheRulesLargest() async throws {
        try await tokens { service async throws in
            let token = try await service.mint(Scopes.request(rule: "attachments", more: #","bytes":2000000"#))
            let body = #"{"rule":"attachments","filename":"a.gif","type":"image/gif"}"#
            #expect(try await service.page(token, body).status == 201)
            #expect(try await service.page(token, body).code == "byte_budget_exhausted")
        }
    }

    @Test func manyAtOnceDoNotGetMoreThanTheBudget() async throws {
        try await tokens { service async throws in
            let token = try await service.mint(Scopes.request(more: #","bytes":\#(68 * 7)"#))
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await service.page(token, Body.avatar).status } }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 7, 403: 33])
            let batch = #"{"uploads":[\#(Array(repeating: Body.avatar, count: 5).joined(separator: ","))]}"#
            let other = try await service.mint(Scopes.request(more: #","bytes":\#(68 * 3)"#))
            let tickets = try await service.page(other, to: "/v1/uploads/batch", batch).json()["tickets"] as? [[String: Any]]
            #expect(tickets?.map { $0["code"] as? String } == [nil, nil, nil, "byte_budget_exhausted", "byte_budget_exhausted"])
            #expect(tickets?.map { $0["field"] as? String } == [nil, nil, nil, "uploads[3].size", "uploads[4].size"])
        }
    }

    @Test(arguments: [
        (#"{"origin":"https://staging.example.com"}"#, "missing_field", "rule"),
        (#"{"rule":"avatars"}"#, "missing_field", "origin"),
        (#"{"rule":"nosuch","origin":"https://staging.example.com"}"#, "unknown_rule", "rule"),
        (Scopes.request(origin: "https://www.example.com"), "origin_not_allowed", "origin"),
        (Scopes.request(origin: "https://staging.example.com/"), "origin_not_allowed", "origin"),
        (Scopes.request(origin: "*"), "origin_not_allowed", "origin"),
        (Scopes.request(more: #","bytes":0"#), "invalid_budget", "bytes"),
        (Scopes.request(more: #","bytes":-5"#), "invalid_budget", "bytes"),
        (Scopes.request(more: #","bytes":1099511627777"#), "invalid_budget", "bytes"),
        (Scopes.request(rule: "attachments", more: #","bytes":9"#), "invalid_budget", "bytes"),
        (Scopes.request(more: #","bytes":"5""#), "wrong_type", "bytes"),
        (Scopes.request(more: #","subject":"""#), "invalid_subject", "subject"),
        (Scopes.request(more: #","subject":"a\u0000b""#), "invalid_subject", "subject"),
        (Scopes.request(more: #","subject":"\#(String(repeating: "x", count: 129))""#), "invalid_subject", "subject"),
        (Scopes.request(more: #","ttl":86400"#), "unknown_field", "ttl"),
    ])
    func whatIsWrongIsNamed(body: String, code: String, field: String) async throws {
        try await tokens { service async throws in
            let answer = try await service.post(to: "/v1/tokens", body)
            #expect(answer.code == code)
            #expect(try answer.json()["field"] as? String == field)
        }
    }

    @Test func withoutASecretThereAreNone() async throws {
        let token = ScopedTokens(secrets: [Scopes.secret]).token(for: Scopes.scope())
        try await tokens(try Scopes.configuration(secrets: [])) { service async throws in
            let answer = try await service.post(to: "/v1/tokens", Scopes.request())
            #expect(answer.status == 404 && answer.code == "tokens_not_configured")
            #expect(try await service.page(token, Body.avatar).status == 401)
        }
    }

    @Test func aReplacedSecretStillVerifies() async throws {
        let old = ScopedTokens(secrets: [Scopes.otherSecret]).token(for: Scopes.scope())
        try await tokens(try Scopes.configuration(secrets: [Scopes.secret, Scopes.otherSecret])) { service async throws in
            #expect(try await service.page(old, Body.avatar).status == 201)
            let new = try await service.mint()
            // Signed by the first.
            #expect((try? ScopedTokens(secrets: [Scopes.secret]).scope(of: new, at: Fixture.now)) != nil)
        }
        try await tokens { service async throws in
            let answer = try await service.page(old, Body.avatar)
            #expect(answer.status == 401)
        }
    }

    @Test func theTokenIsInNoLogNoMetricAndNoReferer() async throws {
        let log = LogLines()
        try await tokens(logger: log) { service async throws in
            let token = try await service.mint()
            let paths = [
                "/v1/uploads", "/v1/uploads/batch", "/v1/nothing", "//v1/uploads", "/v1/uploads/", "", "/", "/v1/uploads?x=\(token)",
            ]
            for path in paths {
                let answer = try await service.page(token, to: path, Body.avatar)
                #expect(answer.headers[.referrerPolicy] == "no-referrer")
                #expect(!answer.text.contains(token), "\(path)")
                _ = try await service.send(.options, "/u/\(token)\(path)", [.origin: Fixture.stagingOrigin])
                _ = try await service.page("\(token)x", to: path, Body.avatar)
            }
            let metrics = try await service.send(.get, "/metrics").text
            for part in token.split(separator: ".").dropFirst() {
                #expect(!metrics.contains(part))
                #expect(!log.text.contains(part))
            }
        }
        #expect(try log.requests().contains { $0["route"] as? String == "/v1/uploads" && $0["caller"] as? String == "web-backend/alice" })
    }

    @Test func aPreflightUnderATokenIsAnswered() async throws {
        try await tokens { service async throws in
            let answer = try await service.send(
                .options, "/u/whatever/v1/uploads",
                [.origin: Fixture.stagingOrigin, .accessControlRequestMethod: "POST", .accessControlRequestHeaders: "content-type"])
            #expect(answer.status == 204 && answer.headers[.accessControlAllowMethods] == "POST, OPTIONS")
            #expect(answer.headers[.accessControlMaxAge] == "600")
        }
    }

    /// A budget is a tebibyte at most, whatever the rule.
    @Test(arguments: [(1 << 40, 201), ((1 << 40) + 1, 400)] as [(Int64, Int)])
    func filesLargerThanAnyBudgetHaveNoToken(smallest: Int64, status: Int) async throws {
        var configuration = try Scopes.configuration()
        let rule = try UploadRule(
            name: "disks", contentTypes: [ContentTypePattern("image/png")], minimumSizeBytes: smallest, maximumSizeBytes: 1 << 41,
            keyTemplate: KeyTemplate("disks/{uuid}"), method: .multipart)
        let environment = try Uploads.Environment(
            name: "staging", location: configuration.offices[0].environment.location, provider: .aws,
            allowedOrigins: [OriginPattern(Fixture.stagingOrigin)], rules: [rule])
        configuration.offices = [
            SigningOffice(environment: environment, sealingKeys: Fixture.sealingKeys, credentials: Fixture.credentials["staging"]!)
        ]
        try await tokens(configuration) { service async throws in
            for bytes in ["", #","bytes":1099511627776"#] {
                let answer = try await service.post(to: "/v1/tokens", Scopes.request(rule: "disks", more: bytes))
                #expect(answer.status == status && answer.code == (status == 201 ? nil : "invalid_budget"), "\(answer.text)")
            }
        }
    }

    @Test func theLastUseOfAKeyShowsInTheMetrics() async throws {
        let clock = TestClock()
        try await tokens(try Scopes.configuration(clock: clock)) { service async throws in
            let token = try await service.mint()
            let mark = APIKey.mark(ofSHA256: SHA256.hash(Fixture.stagingKey))
            let line = #"countersign_api_key_last_used_timestamp_seconds{environment="staging",key="web-backend",mark="\#(mark)"} "#
            #expect(try await service.send(.get, "/metrics").text.contains("\(line)\(Fixture.now.secondsSinceEpoch)"))
            clock.advance(100)
            #expect(try await service.page(token, Body.avatar).status == 201)
            #expect(try await service.send(.get, "/metrics").text.contains("\(line)\(Fixture.now.secondsSinceEpoch)"))
            #expect(try await service.post(Body.avatar).status == 201)
            #expect(try await service.send(.get, "/metrics").text.contains("\(line)\(Fixture.now.secondsSinceEpoch + 100)"))
            #expect(try await service.post(key: "csk_nobody", Body.avatar).status == 401)
            #expect(try await !service.send(.get, "/metrics").text.contains("nobody"))
        }
    }
}
