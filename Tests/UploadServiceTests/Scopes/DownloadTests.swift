import Foundation
import HTTPTypes
import Libcrypto
import S3Signing
import Settings
import Testing
import Uploads

@testable import UploadService

/// Tickets that read what callers uploaded.
@Suite struct DownloadTests {
    private static func configuration(allowing: Bool = true, disposition: String? = nil) throws -> UploadServiceConfiguration {
        var configuration = try Scopes.configuration()
        let type = try ContentTypePattern("image/png")
        func rule(_ name: String, _ key: String, _ disposition: String?) throws -> UploadRule {
            try UploadRule(
                name: name, contentTypes: [type], maximumSizeBytes: 1000, keyTemplate: KeyTemplate(key), lifetimeSeconds: 300,
                contentDisposition: disposition.map { try ContentDisposition($0) })
        }
        configuration.offices = try ["staging", "production"].map { name in
            let environment = try Uploads.Environment(
                name: name, location: S3Location(endpoint: .aws(region: "eu-central-1"), bucket: BucketName("example-\(name)-uploads")),
                provider: .aws, allowedOrigins: [OriginPattern(Fixture.stagingOrigin)], allowsDownloads: allowing,
                rules: [
                    rule("files", "files/{caller}/{yyyy}/{uuid}{ext}", disposition),
                    rule("days", "days/{yyyy}-{mm}/{caller}/{uuid}{ext}", nil),
                    rule("shared", "shared/{uuid}{ext}", nil),
                ])
            return SigningOffice(environment: environment, sealingKeys: Fixture.sealingKeys, credentials: Fixture.credentials[name]!)
        }
        return configuration
    }

    private static func download(_ key: String, _ service: ServiceClient) async throws -> Answer {
        try await service.post(to: "/v1/downloads", String(decoding: JSONEncoder().encode(["key": key]), as: UTF8.self))
    }

    @Test func whatWasUploadedCanBeRead() async throws {
        try await withService(try Self.configuration()) { service async throws in
            for rule in ["files", "days"] {
                let upload = try await service.post(#"{"rule":"\#(rule)","filename":"a.png","size":5,"type":"image/png"}"#).json()
                let key = try #require(upload["key"] as? String)
                let answer = try await Self.download(key, service)
                let ticket = try answer.json()
                #expect(answer.status == 200 && answer.headers[.cacheControl] == "no-store")
                #expect(ticket["method"] as? String == "GET" && ticket["key"] as? String == key && ticket["once"] as? Bool == false)
                #expect(ticket["expiresAt"] as? String == "2025-06-01T12:05:00Z")
                let url = try #require(ticket["url"] as? String)
                #expect(url.hasPrefix("https://example-staging-uploads.s3.eu-central-1.amazonaws.com/\(key)?"))
                #expect(url.contains("&response-content-disposition=attachment&"))
            }
        }
    }

    @Test func whatARuleSaysIsInlineIsShownAsItIsStored() async throws {
        try await withService(try Self.configuration(disposition: "inline")) { service async throws in
            let inline = try await Self.download("files/web-backend/2025/x.png", service)
            #expect(inline.status == 200 && !inline.text.contains("response-content-disposition"))
            #expect(try await Self.download("days/2025-06/web-backend/x.png", service).text.contains("attachment"))
        }
    }

    /// Two JWTs of one group share a prefix, and each has its own rules.
    @Test func aRuleThatTheCallerMayNotUseStillDecidesHowAFileIsShown() throws {
        let office = try Self.groupOffice()
        let (one, other) = (Self.member("one", "inline"), Self.member("other", "attached"))
        func url(_ key: String, _ caller: Uploads.Caller) throws -> String {
            try office.issueDownload(of: key, to: caller, with: Self.signing, at: Fixture.now).url
        }
        let key = "files/\(one.keySegment)/x"
        #expect(one.keySegment == other.keySegment)
        // Either rule may have stored it, so nobody gets it as a page.
        for caller in [one, other] { #expect(try url(key, caller).contains("response-content-disposition=attachment")) }
        #expect(try !url("pages/\(one.keySegment)/x", Self.member("one", "page")).contains("response-content-disposition"))
        #expect(throws: Refusal.self) { try url("pages/\(one.keySegment)/x", one) }
    }

    @Test func aGrantOfARuleThatIsTakenAwayReadsNothing() throws {
        let office = try Self.groupOffice()
        let (before, after) = (Self.member("one", "attached"), Self.member("one", "inline"))
        let request = UploadRequest(rule: "attached", filename: "a.png", size: 5, type: "image/png")
        var random = SeededGenerator(seed: 5)
        let ticket = try office.issue(request, to: before, with: Self.signing, at: Fixture.now, using: &random)
        let grant = try office.open(ticket.grant, for: before, isConfirming: true, at: Fixture.now)
        #expect(try office.issueDownload(of: grant, to: before, with: Self.signing, at: Fixture.now).key == ticket.key)
        let refusal = #expect(throws: Refusal.self) {
            try office.issueDownload(of: grant, to: after, with: Self.signing, at: Fixture.now)
        }
        #expect(refusal?.code == .ruleNotAllowed && refusal?.field == "grant")
    }

    private static let signing = SigningCredentials(Fixture.credentials["staging"]!)

    private static func member(_ subject: String, _ rule: String) -> Uploads.Caller {
        Uploads.Caller(.subject(subject, issuer: "id"), environment: "staging", rules: [rule], group: "team")
    }

    private static func groupOffice() throws -> TicketOffice {
        func rule(_ name: String, _ folder: String, _ disposition: String?) throws -> UploadRule {
            try UploadRule(
                name: name, contentTypes: [ContentTypePattern("image/png")], maximumSizeBytes: 1000,
                keyTemplate: KeyTemplate("\(folder)/{caller}/{uuid}"), contentDisposition: disposition.map { try ContentDisposition($0) })
        }
        let environment = try Uploads.Environment(
            name: "staging", location: S3Location(endpoint: .aws(region: "eu-central-1"), bucket: BucketName("example-staging-uploads")),
            provider: .aws, allowedOrigins: [], allowsDownloads: true,
            rules: [rule("inline", "files", "inline"), rule("attached", "files", nil), rule("page", "pages", "inline")])
        return TicketOffice(environment: environment, sealingKeys: Fixture.sealingKeys)
    }

    /// What rotation promises: the name is the caller, whichever of its keys is sent.
    @Test func twoKeysOfOneNameAreOneCaller() async throws {
        var configuration = try Self.configuration()
        let keys = ["csk_old-key-of-one-name", "csk_new-key-of-one-name"]
        configuration.authenticator = APIKeyAuthenticator(
            records: keys.map { APIKeyRecord(name: "web-backend", environment: "staging", sha256: SHA256.hash($0)) })
        try await withService(configuration) { service async throws in
            for (one, other) in [(keys[0], keys[1]), (keys[1], keys[0])] {
                let upload = try await service.post(key: one, #"{"rule":"files","filename":"a.png","size":5,"type":"image/png"}"#).json()
                let key = try #require(upload["key"] as? String)
                #expect(key.hasPrefix("files/web-backend/"))
                let grant = try #require(upload["grant"] as? String)
                for body in [#"{"grant":"\#(grant)"}"#, #"{"key":"\#(key)"}"#] {
                    let answer = try await service.post(to: "/v1/downloads", key: other, body)
                    #expect(try answer.status == 200 && answer.json()["key"] as? String == key, "\(answer.text)")
                }
            }
            let old = try await service.send(.get, "/v1/rules", [.xAPIKey: keys[0]]).text
            let new = try await service.send(.get, "/v1/rules", [.xAPIKey: keys[1]]).text
            #expect(old == new && old.contains("files"))
        }
    }

    @Test(arguments: [
        "files/shop/2025/x.png", "files/web-backend2/x.png", "files/web-backend", "files/web-backend/", "files/web/x",
        "files//web-backend/x",
        "/files/web-backend/x", "files/web-backend/../shop/x.png", "files/web-backend/./x", "files/web-backend//x",
        "days/20250-6/web-backend/x", "days/2025-06/shop/x", "days/x/web-backend/x", "shared/x.png", "", ".", "files/Web-Backend/x",
        "files/web-backend.alice/x", "files%2Fweb-backend%2Fx", "web-backend/x", "other/web-backend/x",
        "files/web-backend/" + String(repeating: "x", count: 1100), "files/{caller}/x", "files/*/x",
    ])
    func othersKeysCannotBeRead(key: String) async throws {
        try await withService(try Self.configuration()) { service async throws in
            let answer = try await Self.download(key, service)
            #expect(answer.status == 403 && answer.code == "key_not_allowed", "\(answer.text)")
        }
    }

    /// What no ticket could have named: a slash or dots that somebody behind S3's signature might read into a key, and what breaks lines.
    @Test(arguments: [
        "%2e%2e", "..%2fshop%2fx.png", "x%2Fy", "%252e%252e%252fshop", "..\\shop\\x.png", "a b.png", "x.png\n", "x\u{0}.png",
        "x?versionId=1",
        "x#y", "x&response-content-disposition=inline", "x+y", "é.png", "\u{202E}gnp.x", "${filename}", "csk_secret:x",
    ])
    func namesThatNoTicketHasAreRefused(name: String) async throws {
        let log = LogLines()
        try await withService(try Self.configuration(), logger: log.logger()) { service async throws in
            let answer = try await Self.download("files/web-backend/" + name, service)
            #expect(answer.status == 403 && answer.code == "key_not_allowed", "\(answer.text)")
        }
        #expect(try log.requests().first?["key"] == nil)
    }

    /// Of whatever rule made them, and whatever it was called then.
    @Test func earlierNamesUnderTheOwnPrefixAreRead() async throws {
        try await withService(try Self.configuration()) { service async throws in
            for name in ["x", "2019/a-b_c.d~f/x.tar.gz", "...", "-", String(repeating: "x", count: 1_000)] {
                let key = "files/web-backend/" + name
                #expect(try await Self.download(key, service).text.contains("amazonaws.com/\(key)?"))
            }
        }
    }

    @Test func anEnvironmentThatDoesNotAllowItRefuses() async throws {
        try await withService(try Self.configuration(allowing: false)) { service async throws in
            #expect(try await Self.download("files/web-backend/x", service).code == "downloads_not_allowed")
            #expect(try await service.post(to: "/v1/downloads", #"{"grant":"x"}"#).code == "grant_invalid")
            #expect(try await service.post(to: "/v1/downloads", key: nil, #"{"key":"x"}"#).status == 401)
        }
    }
}
