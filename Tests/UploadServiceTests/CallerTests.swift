import HTTPTypes
import Settings
import Testing
import Uploads

@testable import UploadService

@Suite struct CallerTests {
    private func ask(_ headers: HTTPFields, _ configuration: UploadServiceConfiguration? = nil) async throws -> Answer {
        try await withService(configuration) { try await $0.send(.get, "/v1/rules", headers) }
    }

    private func fields(_ pairs: [(HTTPField.Name, String)]) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in pairs { fields.append(HTTPField(name: name, value: value)) }
        return fields
    }

    @Test func aKeyComesInEitherHeader() async throws {
        let key = Fixture.stagingKey
        #expect(try await ask([.authorization: "Bearer \(key)"]).status == 200)
        #expect(try await ask([.authorization: "bearer \(key)"]).status == 200)
        #expect(try await ask([.xAPIKey: key]).status == 200)
        #expect(try await ask([.authorization: "Bearer \(key)", .xAPIKey: key]).status == 200)
        #expect(try await ask([.xAPIKey: Fixture.productionKey]).json()["environment"] as? String == "production")
    }

    @Test func noKeyGetsAChallenge() async throws {
        let answer = try await ask([:])
        #expect(answer.status == 401)
        #expect(answer.code == "missing_credentials")
        #expect(answer.headers[.wwwAuthenticate] == "Bearer")
    }

    @Test(arguments: [
        "Bearer csk_wrong", "Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "Bearer  csk_staging-key-for-tests", "csk_staging-key-for-tests",
        "Bearer csk_staging-key-for-tests extra", "",
    ])
    func otherAuthorizationsAreInvalid(value: String) async throws {
        let answer = try await ask([.authorization: value])
        #expect(answer.status == 401)
        #expect(answer.code == "invalid_credentials")
        #expect(answer.headers[.wwwAuthenticate] == #"Bearer error="invalid_token""#)
        #expect(!answer.text.contains("csk_staging"))
    }

    @Test func aMistypedKeyIsToldFromAnUnknownOne() async throws {
        var random = SeededGenerator(seed: 11)
        let key = APIKey.mint(using: &random).text
        #expect(try await ask([.xAPIKey: key]).text.contains("is not known here"))
        for wrong in [String(key.dropLast()), key + "0", key.replacing("csk_", with: "csk_A"), "csk_", String(key.dropLast(7))] {
            let answer = try await ask([.authorization: "Bearer \(wrong)"])
            #expect(
                answer.status == 401 && answer.text.contains("mistyped or cut off")
                    && (wrong.utf8.count < 13 || !answer.text.contains(wrong.dropFirst(4).prefix(9))))
        }
        #expect(try await ask([.xAPIKey: String(key.dropFirst())]).text.contains("is not known here"))
    }

    @Test func contradictionsAreRefused() async throws {
        let both: HTTPFields = [.authorization: "Bearer \(Fixture.stagingKey)", .xAPIKey: Fixture.productionKey]
        #expect(try await ask(both).code == "conflicting_credentials")
        for name in [HTTPField.Name.authorization, .xAPIKey] {
            let twice = fields([(name, "Bearer \(Fixture.stagingKey)"), (name, "Bearer \(Fixture.stagingKey)")])
            let answer = try await ask(twice)
            #expect(answer.status == 400)
            #expect(answer.code == "conflicting_credentials")
        }
    }

    @Test func aCallerOfAnEnvironmentThatIsNotServedGetsNothing() async throws {
        let answer = try await ask([.xAPIKey: "csk_elsewhere"])
        #expect(answer.status == 503)
        #expect(answer.code == "environment_unavailable")
    }

    @Test func theOpenCallerStandsInOnlyForNoCredentials() async throws {
        var configuration = try Fixture.configuration()
        let open = Caller(name: "anyone", environment: "staging")
        configuration.authenticator = OpenCaller(caller: open, else: configuration.authenticator)
        #expect(try await ask([:], configuration).json()["environment"] as? String == "staging")
        #expect(try await ask([.xAPIKey: Fixture.productionKey], configuration).json()["environment"] as? String == "production")
        #expect(try await ask([.xAPIKey: "csk_wrong"], configuration).status == 401)
        #expect(try await ask([.authorization: ""], configuration).status == 401)
    }
}

@Suite struct OriginTests {
    private let exposed = "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate"

    @Test func aPageOfTheEnvironmentMayCall() async throws {
        let answer = try await withService { try await $0.post(headers: [.origin: Fixture.stagingOrigin], Body.avatar) }
        #expect(answer.status == 201)
        #expect(answer.headers[.accessControlAllowOrigin] == Fixture.stagingOrigin)
        #expect(answer.headers[.accessControlExposeHeaders] == exposed)
        #expect(answer.headers[.accessControlAllowCredentials] == nil)
    }

    @Test(arguments: [
        Fixture.productionOrigin, "https://evil.example", "null", "", "https://staging.example.com.evil.example",
        "https://staging.example.com:444", "http://staging.example.com", "https://staging.example.com/", "HTTPS://STAGING.EXAMPLE.COM/x",
    ])
    func aForeignPageGetsNoTicket(origin: String) async throws {
        let log = LogLines()
        let answer = try await withService(logger: log.logger()) { try await $0.post(headers: [.origin: origin], Body.avatar) }
        #expect(answer.status == 403)
        #expect(answer.code == "origin_not_allowed")
        #expect(answer.headers[.accessControlAllowOrigin] == nil)
        #expect(!answer.text.contains("Signature"))
        #expect(try log.requests().first?["key"] == nil)
    }

    @Test func severalOriginsAreNone() async throws {
        var headers: HTTPFields = [.origin: Fixture.stagingOrigin]
        headers.append(HTTPField(name: .origin, value: Fixture.stagingOrigin))
        let answer = try await withService { [headers] in try await $0.post(headers: headers, Body.avatar) }
        #expect(answer.status == 403)
    }

    @Test(arguments: [Fixture.stagingOrigin, Fixture.productionOrigin])
    func withoutACallerEveryServedOriginMayRead(origin: String) async throws {
        try await withService { service in
            let refused = try await service.post(key: nil, headers: [.origin: origin], Body.avatar)
            #expect(refused.status == 401)
            #expect(refused.headers[.accessControlAllowOrigin] == origin)
            let preflight = try await service.send(
                .options, "/v1/uploads",
                [.origin: origin, .accessControlRequestMethod: "POST", .accessControlRequestHeaders: "authorization,content-type"])
            #expect(preflight.status == 204)
            #expect(preflight.headers[.accessControlAllowOrigin] == origin)
            #expect(preflight.headers[.accessControlAllowMethods] == "POST, OPTIONS")
            #expect(preflight.headers[.accessControlAllowHeaders] == "Authorization, Content-Type, X-Api-Key, X-Request-Id")
            #expect(preflight.headers[.accessControlMaxAge] == "600")
            #expect(preflight.headers[.accessControlAllowCredentials] == nil)
            #expect(preflight.headers[.contentLength] == nil)
        }
    }

    @Test func aForeignPreflightGetsNoPermission() async throws {
        try await withService { service in
            for origin in ["https://evil.example", "null", "*"] {
                let preflight = try await service.send(.options, "/v1/uploads", [.origin: origin, .accessControlRequestMethod: "POST"])
                #expect(preflight.status == 204)
                for name in [HTTPField.Name.accessControlAllowOrigin, .accessControlAllowMethods, .accessControlAllowHeaders] {
                    #expect(preflight.headers[name] == nil)
                }
            }
            let foreign = try await service.post(key: nil, headers: [.origin: "https://evil.example"], Body.avatar)
            #expect(foreign.status == 401)
            #expect(foreign.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test func everyKindOfErrorIsReadableByThePage() async throws {
        try await withService { service in
            let origin: HTTPFields = [.origin: Fixture.stagingOrigin]
            for answer in [
                try await service.send(.get, "/nowhere", origin), try await service.send(.get, "/v1/uploads", origin),
                try await service.post(headers: origin, "{"),
            ] {
                #expect(answer.code != nil)
                #expect(answer.headers[.accessControlAllowOrigin] == Fixture.stagingOrigin)
            }
        }
    }

    // MARK: Loopback only

    @Test(arguments: [
        ("localhost", true), ("localhost:8080", true), ("LOCALHOST:1", true), ("127.0.0.1:8080", true), ("127.9.9.9", true),
        ("[::1]:8080", true), ("[::1]", true), ("app.localhost:8080", true),
        ("example.com", false), ("localhost.example.com", false), ("127.0.0.1.nip.io", false), ("notlocalhost", false), ("0.0.0.0", false),
        ("127.0.0.1:99999", false), ("127.0.0.1:", false), ("127.0.0.256", false), ("127.0.0.01", false), ("127.1", false),
        ("[::2]", false), ("", false),
        ("localhost@example.com", false), ("[::1]example.com", false), ("192.168.0.1", false),
    ])
    func knowsThisMachine(authority: String, isLoopback: Bool) {
        #expect(LoopbackHost.isLoopback(authority: authority) == isLoopback)
        #expect(LoopbackHost.isLoopback(origin: "http://\(authority)") == isLoopback)
        #expect(!LoopbackHost.isLoopback(origin: authority))
        #expect(!LoopbackHost.isLoopback(origin: "ftp://\(authority)"))
    }

    @Test func onlyPagesOfThisMachineReachALoopbackService() async throws {
        var configuration = try Fixture.configuration()
        configuration.isLoopbackOnly = true
        configuration.authenticator = OpenCaller(caller: Caller(name: "anyone", environment: "staging"), else: configuration.authenticator)
        try await withService(configuration) { service in
            let mine = try await service.post(key: nil, headers: [.origin: "http://localhost:5173"], Body.avatar)
            #expect(mine.status == 201)
            #expect(mine.headers[.accessControlAllowOrigin] == "http://localhost:5173")
            for origin in [Fixture.stagingOrigin, "https://evil.example", "null"] {
                let foreign = try await service.post(key: nil, headers: [.origin: origin], Body.avatar)
                #expect(foreign.code == "origin_not_allowed")
                #expect(foreign.headers[.accessControlAllowOrigin] == nil)
                let preflight = try await service.send(.options, "/v1/uploads", [.origin: origin])
                #expect(preflight.status == 403)
            }
        }
    }
}
