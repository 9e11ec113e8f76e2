import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing
import Uploads

@testable import UploadService

/// Where a scoped token counts in a request, and that nobody reads of it anywhere.
@Suite struct ScopedPathTests {
    private let page: HTTPFields = [.origin: Fixture.stagingOrigin]

    @Test func onlyTheExactPlaceCounts() async throws {
        try await withService(try Scopes.configuration()) { service async throws in
            let token = try await service.mint(Scopes.request(more: #","bytes":1000000"#))
            // Empty segments do not count anywhere in this service.
            let taken = ["//u//\(token)//v1//uploads/", "/u/\(token)/v1/uploads?token=x"]
            let nowhere = [
                "/u", "/u/", "/u/\(token)", "/u/\(token)/", "/U/\(token)/v1/uploads", "/u/\(token)/u/\(token)/v1/uploads",
                "/x/u/\(token)/v1/uploads", "/\(token)/v1/uploads", "/u/\(token)/../v1/uploads", "/u/\(token)/v1/./uploads",
                "/u/\(token)%2Fv1/uploads", "/u/\(token)/v1%2Fuploads", "/%75/\(token)/v1/uploads", "/v1/uploads/\(token)",
                "/u\(token)/v1/uploads", "/u/x/\(token)/v1/uploads", "/u//v1/uploads", "/u/\(token)/v1/uploads#x",
            ]
            let unknown = [
                "/v1/uploads?token=\(token)", "/v1/uploads?access_token=\(token)", "/v1/uploads?u=/u/\(token)/v1/uploads",
                "/u/v1/v1/uploads?token=\(token)", "/u/\(token.uppercased())/v1/uploads", "/u/\(token)%00/v1/uploads",
                "/u/\(token);x/v1/uploads", "/u/\(token)%2F/v1/uploads", "/u/..\(token)/v1/uploads", "/u/\(token)\(token)/v1/uploads",
            ]
            for (paths, status) in [(taken, 201), (nowhere, 404), (unknown, 401)] {
                for path in paths {
                    let answer = try await service.post(to: path, key: nil, headers: page, Body.avatar)
                    #expect(answer.status == status, "\(path.replacing(token, with: "TOKEN"))")
                    #expect(!answer.text.contains(token.suffix(20)))
                }
            }
            #expect(try await service.send(.get, "/u/\(token)/v1/uploads", page).status == 405)
            #expect(try await service.send(.delete, "/u/\(token)/v1/rules", page).headers[.allow] == "GET, HEAD, OPTIONS")
        }
    }

    /// Browsers send no Origin with a GET to the page's own origin; the rules sign nothing.
    @Test func rulesAreReadFromTheServicesOwnOrigin() async throws {
        try await withService(try Scopes.configuration()) { service async throws in
            let token = try await service.mint()
            #expect(try await service.send(.get, "/u/\(token)/v1/rules").status == 200)
            #expect(try await service.send(.get, "/v1/rules", [.authorization: "Bearer \(token)"]).status == 200)
            for origin in [Fixture.productionOrigin, "https://evil.example", "null", ""] {
                #expect(try await service.send(.get, "/u/\(token)/v1/rules", [.origin: origin]).code == "origin_not_allowed")
            }
            #expect(try await service.page(token, origin: nil, Body.avatar).code == "origin_not_allowed")
        }
    }

    /// What signs needs to know the page's origin: where the browser states none, because it is the service's own, it says that it is.
    @Test func aGetFromTheServicesOwnOriginSigns() async throws {
        var configuration = try Dialectal.configuration()
        let own = configuration.offices[0].environment
        let environment = own.replacing(
            location: own.location, publicBaseURL: nil,
            allowedOrigins: [try OriginPattern("http://localhost"), try OriginPattern("http://localhost:9")])
        configuration.offices = [
            SigningOffice(environment: environment, sealingKeys: Fixture.sealingKeys, credentials: Fixture.credentials["staging"]!)
        ]
        let tokens = ScopedTokens(secrets: [Scopes.secret])
        @Sendable func path(_ origin: String) -> String {
            "/u/\(tokens.token(for: Scopes.scope(rule: "attachments", origin: origin, budget: 1 << 40)))/s3/params?filename=a.png&type=image/png"
        }
        try await withService(configuration) { service async throws in
            let site = HTTPField.Name("Sec-Fetch-Site")!
            #expect(try await service.send(.get, path("http://localhost"), [site: "same-origin"]).status == 200)
            for fields: HTTPFields in [[:], [site: "cross-site"], [site: "same-site"], [site: "none"]] {
                #expect(try await service.send(.get, path("http://localhost"), fields).code == "origin_not_allowed")
            }
            #expect(try await service.send(.get, path("http://localhost:9"), [site: "same-origin"]).code == "origin_not_allowed")
        }
    }

    @Test func oneCredentialIsEnough() async throws {
        try await withService(try Scopes.configuration()) { service async throws in
            let token = try await service.mint()
            for (name, value) in [
                (HTTPField.Name.authorization, "Bearer \(Fixture.productionKey)"), (.authorization, "Bearer \(token)"),
                (.authorization, ""),
                (.xAPIKey, Fixture.stagingKey), (.xAPIKey, ""),
            ] {
                var headers = page
                headers[name] = value
                let answer = try await service.post(to: "/u/\(token)/v1/uploads", key: nil, headers: headers, Body.avatar)
                #expect(answer.code == "conflicting_credentials", "\(name) \(value)")
            }
            var headers = page
            headers[.xAPIKey] = Fixture.stagingKey
            #expect(try await service.post(key: token, headers: headers, Body.avatar).code == "conflicting_credentials")
            let origins = HTTPFields(Array(repeating: HTTPField(name: .origin, value: Fixture.stagingOrigin), count: 2))
            #expect(try await service.post(key: token, headers: origins, Body.avatar).code == "origin_not_allowed")
        }
    }

    /// Up to the server's limit of a request line or field it is read and refused; beyond, the server closes with a bare 400.
    @Test(arguments: [3, 9, 64]) func anOversizedTokenIsNoTrouble(kibibytes: Int) async throws {
        let log = LogLines()
        try await withService(try Scopes.configuration(), .live, logger: log.logger()) { service async throws in
            let port = try #require(service.client.port)
            let token = try await service.mint()
            let long = String(repeating: "a", count: kibibytes * 1024)
            for head in [
                "GET /u/\(long)/v1/rules HTTP/1.1\r\n", "GET /u/\(token)\(long)/v1/rules HTTP/1.1\r\n",
                "GET /v1/rules HTTP/1.1\r\nAuthorization: Bearer \(token)\(long)\r\n",
            ] {
                try await RawConnection.open(port: port) { connection in
                    try? await connection.send("\(head)Host: localhost\r\nConnection: close\r\nOrigin: \(Fixture.stagingOrigin)\r\n\r\n")
                    let answer = await connection.readToEnd()
                    #expect(["HTTP/1.1 401", "HTTP/1.1 400"].contains(answer.prefix(12)), "\(answer.prefix(200))")
                    #expect(!answer.contains("aaaaaaaa") && !answer.contains(token.suffix(20)))
                }
            }
            #expect(try await service.send(.get, "/u/\(token)/v1/rules", page).status == 200)
        }
        #expect(!log.text.contains("aaaaaaaa"))
    }

    /// Every way to use tokens, good and bad, over a real connection and at the most talkative level.
    @Test func noTokenIsLoggedCountedOrAnswered() async throws {
        let log = LogLines()
        let bad = [Scopes.scope(expiresAt: Fixture.now), Scopes.scope(environment: "elsewhere"), Scopes.scope(keyName: "gone")]
        let tokens = try await withService(try Scopes.configuration(), .live, logger: log.logger()) { service async throws in
            let signer = ScopedTokens(secrets: [Scopes.secret])
            let foreign = ScopedTokens(secrets: [Scopes.otherSecret]).token(for: Scopes.scope())
            let tokens = [try await service.mint(Scopes.request(more: #","bytes":100"#)), foreign] + bad.map(signer.token)
            var said = ""
            func note(_ answer: Answer) {
                said += answer.text + answer.headers.map { "\($0.name): \($0.value)\n" }.joined()
                #expect(answer.headers[.referrerPolicy] == "no-referrer")
            }
            for token in tokens {
                let paths = ["/v1/uploads", "/v1/uploads/batch", "/v1/tokens", "/metrics", "", "/", "/v1/uploads?u=/u/\(token)"].map {
                    "/u/\(token)\($0)"
                }
                for path in paths + ["/U/\(token)/v1/uploads", "/\(token)", "/v1/uploads/\(token)", "/v1/rules?token=\(token)"] {
                    for method in [HTTPRequest.Method.get, .head, .options, .patch] {
                        note(try await service.send(method, path, page))
                    }
                    note(try await service.post(to: path, key: nil, headers: page, Body.avatar))
                    note(try await service.post(to: path, key: nil, headers: page, "{"))
                    note(try await service.post(to: path, key: nil, headers: [.origin: "https://evil.example"], Body.avatar))
                }
                note(try await service.post(key: token, headers: page, Body.avatar))
            }
            note(try await service.send(.get, "/metrics"))
            #expect(said.contains("byte_budget_exhausted") && said.contains(#"route="/v1/uploads""#))
            for part in tokens.flatMap(Self.pieces) { #expect(!said.contains(part)) }
            return tokens
        }
        #expect(try log.requests().count > 200)
        for part in tokens.flatMap(Self.pieces) { #expect(!log.text.contains(part)) }
        #expect(!log.text.contains("/u/"))
    }

    /// The claims and the signature, and how they begin and end. All claims begin alike, with what is no secret.
    private static func pieces(of token: String) -> [Substring] {
        let parts = token.split(separator: ".")
        return [parts[1], parts[1].suffix(24), parts[2], parts[2].prefix(24), parts[2].suffix(24)]
    }
}
