import Foundation
import HTTPTypes
import Libcrypto
import S3Signing
import Settings
import SigV4
import Testing
import Uploads

@testable import UploadService

/// One process with three environments: what a caller of one gets has nothing of the others in it.
@Suite struct SeparationTests {
    /// What only one environment has, and no client can know; none of it is in a request.
    private struct Place {
        let name: String
        let origin: String
        let secret: String
        let marks: [String]
        let apiKey: String
    }

    private static let places = ["staging", "production", "preview"].enumerated().map { index, name in
        let mark = ["zq7kfa", "wv3mbx", "jt9hly"][index]
        return Place(
            name: name, origin: "https://\(name).example.com", secret: "the-jwt-secret-of-\(name)-for-the-tests",
            marks: ["bucket-\(mark)", "AKIA\(mark.uppercased())", "cdn-\(mark)", "image/x-\(mark)", "folder-\(mark)", "claim-\(mark)"],
            apiKey: "csk_the-api-key-of-\(name)")
    }

    private static func office(_ place: Place) throws -> SigningOffice {
        let type = try ContentTypePattern(place.marks[3])
        let folder = place.marks[4]
        let environment = try Uploads.Environment(
            name: place.name,
            location: S3Location(endpoint: .aws(region: "eu-central-1"), bucket: BucketName(place.marks[0])), provider: .aws,
            allowedOrigins: [OriginPattern(place.origin)], allowsDownloads: place.name != "production",
            publicBaseURL: "https://\(place.marks[2]).example.net",
            rules: [
                UploadRule(
                    name: "common", contentTypes: [type], maximumSizeBytes: 1000, keyTemplate: KeyTemplate("\(folder)/{caller}/{uuid}")),
                UploadRule(
                    name: "only-\(place.name)", contentTypes: [type], maximumSizeBytes: 1000,
                    keyTemplate: KeyTemplate("\(folder)-forms/{caller}/{uuid}"), lifetimeSeconds: 60, method: .post, once: false),
            ])
        return SigningOffice(
            environment: environment, sealingKeys: Fixture.sealingKeys,
            credentials: Credentials(accessKeyID: place.marks[1], secretAccessKey: Secret("secret-\(folder)")))
    }

    /// All environments have one issuer and one audience: only a claim tells their tokens apart.
    private static func configuration() async throws -> UploadServiceConfiguration {
        let issuers = try await JWTAuthenticator.test(
            self.places.map { place in
                .test(
                    "id-\(place.name)", environment: place.name, algorithms: [.hs256], keys: .variable(place.name),
                    require: ["stage": .text(place.marks[5])])
            }, secrets: Dictionary(uniqueKeysWithValues: self.places.map { ($0.name, Secret($0.secret)) }))
        var configuration = UploadServiceConfiguration(
            offices: try self.places.map(self.office),
            authenticator: CombinedAuthenticator(
                apiKeys: APIKeyAuthenticator(
                    records: self.places.map { APIKeyRecord(name: "web", environment: $0.name, sha256: SHA256.hash($0.apiKey)) }),
                tokens: issuers))
        configuration.clock = { Fixture.now }
        configuration.scopedTokens = ScopedTokens(secrets: [Scopes.secret])
        return configuration
    }

    private enum Kind: String, CaseIterable {
        case apiKey = "API key"
        case apiKeyHeader = "X-Api-Key"
        case jwt = "JWT"
        case scopedBearer = "scoped token"
        case scopedPath = "scoped path"
    }

    /// What a caller of a kind sends of itself: a prefix of the path, and fields.
    private static func credential(_ kind: Kind, _ place: Place) async throws -> (mount: String, fields: HTTPFields) {
        func scoped() -> String {
            ScopedTokens(secrets: [Scopes.secret]).token(
                for: Scopes.scope(
                    id: "\(place.name)", environment: place.name, keyName: "web", rule: "common", origin: place.origin, budget: 1 << 40))
        }
        switch kind {
        case .apiKey: return ("", [.authorization: "Bearer \(place.apiKey)"])
        case .apiKeyHeader: return ("", [.xAPIKey: place.apiKey])
        case .jwt:
            let signer = try await TestSigner.hs256(Array(place.secret.utf8))
            return ("", [.authorization: "Bearer \(try signer.token(["stage": "\"\(place.marks[5])\""]))"])
        case .scopedBearer: return ("", [.authorization: "Bearer \(scoped())", .origin: place.origin])
        case .scopedPath: return ("/u/\(scoped())", [.origin: place.origin])
        }
    }

    @Test func eachCallerUploadsToItsOwnEnvironmentAndNoOther() async throws {
        try await withService(try await Self.configuration()) { service async throws in
            var lines = ["callers and environments, tickets for three requests that name each environment in turn:"]
            for kind in Kind.allCases {
                for place in Self.places {
                    let (mount, fields) = try await Self.credential(kind, place)
                    var counts: [String: Int] = [:]
                    for target in Self.places {
                        let body = #"{"rule":"common","filename":"\#(target.name)","size":5,"type":"\#(place.marks[3])"}"#
                        let answer = try await service.post(
                            to: "\(mount)/v1/uploads?environment=\(target.name)", key: nil, headers: fields, body)
                        #expect(answer.status == 201, "\(kind) \(place.name): \(answer.text)")
                        counts[try #require(try answer.json()["environment"] as? String), default: 0] += 1
                    }
                    #expect(counts == [place.name: 3])
                    lines.append(
                        "\(kind.rawValue) of \(place.name): \(Self.places.map { "\($0.name) \(counts[$0.name] ?? 0)" }.joined(separator: ", "))"
                    )
                }
            }
            print(lines.joined(separator: "\n"))
        }
    }

    @Test(arguments: 0..<4)
    func noAnswerHoldsAnythingOfAnotherEnvironment(seed: UInt64) async throws {
        let log = LogLines()
        try await withService(try await Self.configuration(), logger: log.logger()) { service async throws in
            var random = SeededGenerator(seed: 4711 + seed)
            var statuses: [Int: Int] = [:]
            for _ in 0..<500 {
                let place = Self.places.randomElement(using: &random)!
                let kind = Kind.allCases.randomElement(using: &random)!
                let other = Self.places.filter { $0.name != place.name }.randomElement(using: &random)!
                let answer = try await Self.ask(service, kind, place, other, using: &random)
                statuses[answer.status, default: 0] += 1
                let said = answer.text + answer.headers.map { "\($0.name): \($0.value)\n" }.joined()
                for foreign in Self.places where foreign.name != place.name {
                    for mark in foreign.marks { #expect(!said.contains(mark), "\(kind) of \(place.name): \(said)") }
                    // Nor is another environment ever the one that is talked about; readiness tells everybody of all.
                    guard !said.contains(#""status":"ready""#) else { continue }
                    #expect(
                        !said.contains("nvironment '\(foreign.name)'") && !said.contains(#""environment":"\#(foreign.name)""#), "\(said)")
                }
            }
            #expect(statuses[201, default: 0] > 20 && statuses[403, default: 0] > 30 && statuses[401, default: 0] > 2, "\(statuses)")
        }
        for place in Self.places {
            #expect(!log.text.contains(place.secret) && !log.text.contains(place.apiKey))
        }
    }

    /// One request of a caller of one environment, who has another one in mind.
    private static func ask(
        _ service: ServiceClient, _ kind: Kind, _ place: Place, _ other: Place, using random: inout SeededGenerator
    ) async throws -> Answer {
        var (mount, fields) = try await Self.credential(kind, place)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: fields[.origin] = other.origin
        case 1: fields[.origin] = place.origin
        case 2: fields[.xRequestID] = "\(other.name)-\(other.name)-\(other.name)"
        case 3: if fields[.authorization] != nil { fields[.xAPIKey] = other.apiKey }
        case 4: if kind == .jwt { fields[.authorization]?.append("x") }
        case 5: if kind == .scopedPath { fields[.authorization] = "Bearer \(other.apiKey)" }
        case 6: mount = mount.replacing("/u/", with: "//u//")
        default: break
        }
        let rule = ["common", "common", "common", "only-\(place.name)", "only-\(other.name)"].randomElement(using: &random)!
        let type = [place.marks[3], place.marks[3], place.marks[3], "text/html"].randomElement(using: &random)!
        let size = [5, 5, 5, 5, 5000].randomElement(using: &random)!
        let additions = ["", "", "", #","environment":"\#(other.name)""#, #","sha256":"x""#, #","metadata":{"a":"b"}"#]
        let more = additions.randomElement(using: &random)!
        let upload = #"{"rule":"\#(rule)","filename":"\#(other.name).png","size":\#(size),"type":"\#(type)"\#(more)}"#
        let key = ["common/web/x", "\(place.marks[4])/web/x", "\(place.marks[4])/id-\(other.name)/x", "../\(other.name)/x"].randomElement(
            using: &random)!
        let query = ["", "?environment=\(other.name)", "?bucket=\(other.name)"].randomElement(using: &random)!
        let (path, body): (String, String?) =
            [
                ("/v1/uploads", upload), ("/v1/uploads", upload), ("/v1/uploads/batch", #"{"uploads":[\#(upload),\#(upload)]}"#),
                ("/v1/rules", nil), ("/v1/downloads", #"{"key":"\#(key)"}"#),
                ("/v1/tokens", Scopes.request(rule: rule, origin: Bool.random(using: &random) ? place.origin : other.origin)),
                ("/\(other.name)/v1/uploads", upload), ("/health/ready", nil),
            ].randomElement(using: &random)!
        // Readiness is public, and names environments; the marks must not be there either.
        guard let body else { return try await service.send(.get, mount + path + query, fields) }
        return try await service.post(to: mount + path + query, key: nil, headers: fields, body)
    }
}
