import Foundation
import HTTPTypes
import Libcrypto
import S3Signing
import Settings
import SigV4
import Testing
import Uploads

@testable import UploadService

/// One process with four environments: what a caller of one gets has nothing of the others in it.
@Suite struct SeparationTests {
    private struct Place {
        /// What requests of other environments' callers say for it; nothing of it is called so.
        let alias: String
        /// In the names of all that only this environment has, its own too: no client can know it, and no request of another's caller has it.
        let mark: String
        let origin: String
        let secret: String
        let apiKey: String

        var name: String { "env-\(mark)" }
        var type: String { "image/x-\(mark)" }
        var folder: String { "folder-\(mark)" }
        var claim: String { "claim-\(mark)" }
    }

    private static let places = zip(["staging", "production", "preview", "lost"], ["zq7kfa", "wv3mbx", "jt9hly", "ux5wqd"]).map {
        name, mark in
        Place(
            alias: name, mark: mark, origin: "https://\(name).example.com", secret: "the-jwt-secret-of-\(name)-for-the-tests",
            apiKey: "csk_the-api-key-of-\(name)")
    }

    /// All environments' keys are in one JWKS, but those of the last one, which never come.
    private struct Fetcher: KeySetFetcher {
        static let shared = "https://id.example.com/jwks.json"

        func fetch(_ url: String) async throws(KeySetFetchFault) -> FetchedKeySet {
            guard url == Self.shared else { throw KeySetFetchFault("the answer is 503") }
            return FetchedKeySet(body: Array(JWKS.text([(nil, RFCKeys.p256JWK)]).utf8))
        }
    }

    private static func office(_ place: Place) throws -> SigningOffice {
        let type = try ContentTypePattern(place.type)
        let folder = place.folder
        let environment = try Uploads.Environment(
            name: place.name,
            location: S3Location(endpoint: .aws(region: "eu-central-1"), bucket: BucketName("bucket-\(place.mark)")), provider: .aws,
            allowedOrigins: [OriginPattern(place.origin)], allowsDownloads: place.alias != "production",
            publicBaseURL: "https://cdn-\(place.mark).example.net",
            rules: [
                UploadRule(
                    name: "common", contentTypes: [type], maximumSizeBytes: 1000, keyTemplate: KeyTemplate("\(folder)/{caller}/{uuid}")),
                UploadRule(
                    name: "only-\(place.alias)", contentTypes: [type], maximumSizeBytes: 1000,
                    keyTemplate: KeyTemplate("\(folder)-forms/{caller}/{uuid}"), lifetimeSeconds: 60, method: .post, once: false),
            ],
            dialects: Dialects(
                rules: [.uppy: "only-\(place.alias)", .shrine: "only-\(place.alias)", .activeStorage: "common"], betterUpload: true))
        return SigningOffice(
            environment: environment, sealingKeys: Fixture.sealingKeys,
            credentials: Credentials(accessKeyID: "AKIA\(place.mark.uppercased())", secretAccessKey: Secret("secret-\(folder)")))
    }

    /// All environments have one issuer and one audience: only a claim tells their tokens apart, and secrets the one kind of them.
    private static func configuration() async throws -> UploadServiceConfiguration {
        let issuers = try await JWTAuthenticator(
            issuers: self.places.flatMap { place -> [TokenIssuer] in
                let require = ["stage": TokenIssuer.ClaimValue.text(place.claim)]
                let url = place.alias == "lost" ? "https://keys-\(place.mark).example.com/jwks.json" : Fetcher.shared
                return [
                    .test("id-\(place.mark)", environment: place.name, algorithms: [.hs256], keys: .variable(place.name), require: require),
                    .test("shared-\(place.mark)", environment: place.name, algorithms: [.es256], keys: .url(url), require: require),
                ]
            }, secrets: Dictionary(uniqueKeysWithValues: self.places.map { ($0.name, Secret($0.secret)) }), fetcher: Fetcher(),
            clock: { Fixture.now }, makeRandom: { SeededGenerator(seed: 3) }, logger: LogLines().logger())
        await issuers.loadKeys()
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
        case sharedJWT = "JWT of the shared keys"
        case scopedBearer = "scoped token"
        case scopedPath = "scoped path"
    }

    /// What a caller of a kind sends of itself: a prefix of the path, and fields.
    private static func credential(_ kind: Kind, _ place: Place) async throws -> (mount: String, fields: HTTPFields) {
        func scoped() -> String {
            ScopedTokens(secrets: [Scopes.secret]).token(
                for: Scopes.scope(
                    id: "\(place.name)", environment: place.name, keyName: "web", key: place.apiKey, rule: "common", origin: place.origin,
                    budget: 1 << 40))
        }
        switch kind {
        case .apiKey: return ("", [.authorization: "Bearer \(place.apiKey)"])
        case .apiKeyHeader: return ("", [.xAPIKey: place.apiKey])
        case .jwt:
            let signer = try await TestSigner.hs256(Array(place.secret.utf8))
            return ("", [.authorization: "Bearer \(try signer.token(["stage": "\"\(place.claim)\""]))"])
        case .sharedJWT:
            return ("", [.authorization: "Bearer \(try await TestSigner.es256().token(["stage": "\"\(place.claim)\""]))"])
        case .scopedBearer: return ("", [.authorization: "Bearer \(scoped())", .origin: place.origin])
        case .scopedPath: return ("/u/\(scoped())", [.origin: place.origin])
        }
    }

    @Test func eachCallerUploadsToItsOwnEnvironmentAndNoOther() async throws {
        try await withService(try await Self.configuration()) { service async throws in
            var lines = ["callers and environments, tickets for four requests that name each environment in turn:"]
            for kind in Kind.allCases {
                for place in Self.places {
                    let (mount, fields) = try await Self.credential(kind, place)
                    var counts: [String: Int] = [:]
                    let hasKeys = kind != .sharedJWT || place.alias != "lost"
                    for target in Self.places {
                        let body = #"{"rule":"common","filename":"\#(target.name)","size":5,"type":"\#(place.type)"}"#
                        let answer = try await service.post(
                            to: "\(mount)/v1/uploads?environment=\(target.name)", key: nil, headers: fields, body)
                        #expect(answer.status == (hasKeys ? 201 : 503), "\(kind) \(place.alias): \(answer.text)")
                        if hasKeys { counts[try #require(try answer.json()["environment"] as? String), default: 0] += 1 }
                    }
                    #expect(counts == (hasKeys ? [place.name: Self.places.count] : [:]))
                    let each = Self.places.map { "\($0.alias) \(counts[$0.name] ?? 0)" }.joined(separator: ", ")
                    lines.append("\(kind.rawValue) of \(place.alias): \(each)")
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
                let other = Self.places.filter { $0.mark != place.mark }.randomElement(using: &random)!
                let (answer, isReadiness) = try await Self.ask(service, kind, place, other, using: &random)
                statuses[answer.status, default: 0] += 1
                let said = answer.text + answer.headers.map { "\($0.name): \($0.value)\n" }.joined()
                for foreign in Self.places where foreign.mark != place.mark {
                    // Readiness tells everybody the names of environments and issuers, and nothing else.
                    let names = isReadiness ? [foreign.name, "id-\(foreign.mark)", "shared-\(foreign.mark)"] : []
                    let rest = names.reduce(said) { $0.replacing($1, with: "") }
                    #expect(!rest.lowercased().contains(foreign.mark), "\(kind) of \(place.alias): \(said)")
                }
            }
            #expect(statuses[201, default: 0] > 10 && statuses[403, default: 0] > 30 && statuses[401, default: 0] > 2, "\(statuses)")
            #expect(statuses[503, default: 0] > 2, "\(statuses)")
        }
        for place in Self.places {
            #expect(!log.text.contains(place.secret) && !log.text.contains(place.apiKey))
        }
    }

    /// A grant of one environment is nothing in another, at any step.
    @Test func noGrantIsTakenElsewhere() async throws {
        try await withService(try await Self.configuration()) { service async throws in
            var random = SeededGenerator(seed: 5)
            for (place, other) in Self.places.flatMap({ place in Self.places.map { (place, $0) } }) where place.mark != other.mark {
                let grant = try Self.grant(other, using: &random)
                for kind in [Kind.apiKey, .jwt, .scopedPath] {
                    let (mount, fields) = try await Self.credential(kind, place)
                    for (path, body) in Self.steps(grant) where kind != .scopedPath || path != "/v1/downloads" {
                        let answer = try await service.post(to: mount + path, key: nil, headers: fields, body)
                        #expect(answer.code == "grant_other_environment", "\(path): \(answer.text)")
                        #expect(!answer.text.contains(other.mark))
                    }
                }
            }
        }
    }

    /// As any caller of that environment may have got it.
    private static func grant(_ place: Place, using random: inout SeededGenerator) throws -> String {
        let office = try self.office(place)
        let request = UploadRequest(rule: "common", filename: "a", size: 5, type: place.type)
        let caller = Uploads.Caller(name: "web", environment: place.name)
        return try office.sign { try $0.issue(request, to: caller, with: $1, at: Fixture.now, using: &random) }.grant
    }

    /// Every step that a grant opens.
    private static func steps(_ grant: String) -> [(path: String, body: String)] {
        let member = "\"grant\":\"\(grant)\""
        return [
            ("/v1/uploads/parts", "{\(member),\"partNumbers\":[1]}"), ("/v1/uploads/list", "{\(member)}"),
            ("/v1/uploads/complete", "{\(member),\"parts\":[{\"partNumber\":1,\"etag\":\"x\"}]}"),
            ("/v1/uploads/abort", "{\(member)}"), ("/v1/uploads/confirm", "{\(member)}"), ("/v1/downloads", "{\(member)}"),
        ]
    }

    /// Where two environments could take a token and the keys of one are not here, nobody knows yet whether it is for one alone.
    @Test func aTokenWaitsForAllThatItsClaimsFit() async throws {
        for (value, isUndecided) in [("claim-a", false), ("claim-b", true)] {
            let tokens = try await JWTAuthenticator(
                issuers: [
                    .test("a", environment: "a", algorithms: [.es256], keys: .url(Fetcher.shared), require: [:]),
                    .test(
                        "b", environment: "b", algorithms: [.es256], keys: .url("https://gone.example.com/"),
                        require: ["stage": .text("claim-b")]),
                ], secrets: [:], fetcher: Fetcher(), clock: { Fixture.now }, makeRandom: { SeededGenerator(seed: 3) },
                logger: LogLines().logger())
            await tokens.loadKeys()
            let token = try await TestSigner.es256().token(["stage": "\"\(value)\""])
            do {
                let verified = try await tokens.verify(token)
                #expect(!isUndecided && verified.caller.environment == "a")
            } catch {
                guard case .unavailable = error.reason else { throw error }
                #expect(isUndecided)
            }
        }
    }

    /// One request of a caller of one environment, who has another one in mind.
    private static func ask(
        _ service: ServiceClient, _ kind: Kind, _ place: Place, _ other: Place, using random: inout SeededGenerator
    ) async throws -> (Answer, isReadiness: Bool) {
        var (mount, fields) = try await Self.credential(kind, place)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: fields[.origin] = other.origin
        case 1: fields[.origin] = place.origin
        case 2: fields[.xRequestID] = "\(other.alias)-\(other.alias)-\(other.alias)"
        case 3: if fields[.authorization] != nil { fields[.xAPIKey] = other.apiKey }
        case 4: if kind == .jwt || kind == .sharedJWT { fields[.authorization]?.append("x") }
        case 5: if kind == .scopedPath { fields[.authorization] = "Bearer \(other.apiKey)" }
        case 6: mount = mount.replacing("/u/", with: "//u//")
        default: break
        }
        let rule = ["common", "common", "common", "only-\(place.alias)", "only-\(other.alias)"].randomElement(using: &random)!
        let type = [place.type, place.type, place.type, "text/html"].randomElement(using: &random)!
        let size = [5, 5, 5, 5, 5000].randomElement(using: &random)!
        let additions = ["", "", "", #","environment":"\#(other.alias)""#, #","sha256":"x""#, #","metadata":{"a":"b"}"#]
        let more = additions.randomElement(using: &random)!
        let upload = #"{"rule":"\#(rule)","filename":"\#(other.alias).png","size":\#(size),"type":"\#(type)"\#(more)}"#
        let key = ["common/web/x", "\(place.folder)/web/x", "\(place.folder)/id-\(other.alias)/x", "../\(other.alias)/x"].randomElement(
            using: &random)!
        let grant = try Self.grant(other, using: &random)
        let file = "filename=\(other.alias).png&type=\(type)"
        let blob =
            #"{"blob":{"filename":"\#(other.alias)","byte_size":\#(size),"checksum":"XUFAKrxLKna5cZ2REBfFkg==","content_type":"\#(type)"}}"#
        let files = #"{"route":"\#(rule)","files":[{"name":"\#(other.alias)","size":\#(size),"type":"\#(type)"}]}"#
        let step = Self.steps(grant).randomElement(using: &random)!
        let query = ["", "?environment=\(other.alias)", "?bucket=\(other.alias)"].randomElement(using: &random)!
        let (path, body): (String, String?) =
            [
                ("/v1/uploads", upload), ("/v1/uploads", upload), ("/v1/uploads/batch", #"{"uploads":[\#(upload),\#(upload)]}"#),
                ("/v1/rules", nil), ("/v1/downloads", #"{"key":"\#(key)"}"#), step, step,
                ("/s3/params?\(file)", nil), ("/presign?\(file)", nil), ("/rails/active_storage/direct_uploads", blob), ("/upload", files),
                ("/s3/multipart/\(grant)?key=\(key)", nil),
                ("/s3/presign", #"{"method":"GET","key":"\#(key)","uploadId":"x","contentType":"\#(type)"}"#),
                ("/v1/tokens", Scopes.request(rule: rule, origin: Bool.random(using: &random) ? place.origin : other.origin)),
                ("/\(other.alias)/v1/uploads", upload), ("/health/ready", nil),
            ].randomElement(using: &random)!
        let queried = path.contains("?") ? path : path + query
        guard let body else { return (try await service.send(.get, mount + queried, fields), path == "/health/ready") }
        return (try await service.post(to: mount + path + query, key: nil, headers: fields, body), false)
    }
}
