import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Libcrypto
import Logging
import NIOCore
import S3Signing
import Settings
import SigV4
import Synchronization
import Testing
import Uploads

@testable import UploadService

/// Lines that a logger wrote.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var text: String { all.joined() }

    func logger(level: Logger.Level = .trace) -> Logger {
        Logger(label: "test") { _ in
            ServiceLogHandler(format: .json, isColored: false, logLevel: level, output: { line in self.lines.withLock { $0.append(line) } })
        }
    }

    /// The lines of requests, parsed.
    func requests() throws -> [[String: Any]] {
        try all.compactMap { line in
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return object["message"] as? String == "request" ? object : nil
        }
    }
}

/// Two environments, four rules, a key for each environment, one clock and one seed.
enum Fixture {
    static let stagingKey = "csk_staging-key-for-tests"
    static let productionKey = "csk_production-key-for-tests"
    static let stagingSecret = "stagingSecretAccessKeyForTests"
    static let productionSecret = "productionSecretAccessKeyForTests"
    static let sessionToken = "sessionTokenForTests"
    static let sealingKeys = SealingKeys(secrets: [Secret("a-secret-of-32-bytes-or-more-for-tests")])
    static let stagingOrigin = "https://staging.example.com"
    static let productionOrigin = "https://www.example.com"
    static let now = SigningTime(iso8601: "2025-06-01T12:00:00Z")!

    static func environment(_ name: String, origin: String) throws -> Uploads.Environment {
        let bucket = try BucketName("example-\(name)-uploads")
        let images = try ["image/png", "image/jpeg"].map { try ContentTypePattern($0) }
        return try Uploads.Environment(
            name: name, location: S3Location(endpoint: .aws(region: "eu-central-1"), bucket: bucket), provider: .aws,
            allowedOrigins: [OriginPattern(origin)], publicBaseURL: "https://cdn.example.com/\(name)",
            rules: [
                UploadRule(
                    name: "avatars", contentTypes: images, maximumSizeBytes: 1_000_000,
                    keyTemplate: KeyTemplate("{caller}/{yyyy}/{uuid}{ext}"), allowedMetadata: ["caption"]),
                UploadRule(
                    name: "attachments", contentTypes: [ContentTypePattern("image/*")], minimumSizeBytes: 10, maximumSizeBytes: 2_000_000,
                    keyTemplate: KeyTemplate("{caller}/files/{uuid}{ext}"), lifetimeSeconds: 600, method: .post, once: false),
                UploadRule(
                    name: "contracts", contentTypes: [ContentTypePattern("application/pdf")], maximumSizeBytes: 5_000_000,
                    keyTemplate: KeyTemplate("{caller}/{sha256}{ext}"), checksum: .required),
            ])
    }

    static let credentials = [
        "staging": Credentials(accessKeyID: "AKIASTAGING", secretAccessKey: Secret(stagingSecret), sessionToken: sessionToken),
        "production": Credentials(accessKeyID: "AKIAPRODUCTION", secretAccessKey: Secret(productionSecret)),
    ]

    static func configuration() throws -> UploadServiceConfiguration {
        let environments = [
            try environment("staging", origin: stagingOrigin), try environment("production", origin: productionOrigin),
        ]
        var configuration = UploadServiceConfiguration(
            offices: environments.map { SigningOffice(environment: $0, sealingKeys: sealingKeys, credentials: credentials[$0.name]!) },
            authenticator: APIKeyAuthenticator(records: [
                APIKeyRecord(name: "web-backend", environment: "staging", sha256: SHA256.hash(stagingKey)),
                APIKeyRecord(name: "shop", environment: "production", sha256: SHA256.hash(productionKey)),
                APIKeyRecord(name: "lost", environment: "elsewhere", sha256: SHA256.hash("csk_elsewhere")),
            ]))
        configuration.clock = { now }
        configuration.makeRandom = { SeededGenerator(seed: 7) }
        return configuration
    }
}

/// An answer, with its body read.
struct Answer {
    let status: Int
    let headers: HTTPFields
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
    }

    /// An object or an array.
    func value() throws -> Any { try JSONSerialization.jsonObject(with: Data(body)) }

    /// The code of a problem; nil for other answers.
    var code: String? {
        guard headers[.contentType] == "application/problem+json" else { return nil }
        return try? json()["code"] as? String
    }
}

/// The service under test. Every answer is compared with the OpenAPI document on its way.
struct ServiceClient: Sendable {
    let client: any TestClientProtocol
    let document: OpenAPIDocument

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields = [:], body: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let response = try await client.executeRequest(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        let answer = Answer(status: response.status.code, headers: response.headers, body: Array(response.body.readableBytesView))
        #expect(response.headers[.xRequestID] != nil, sourceLocation: sourceLocation)
        #expect(response.headers[.vary] == "Origin", sourceLocation: sourceLocation)
        #expect(response.headers[.referrerPolicy] == "no-referrer", sourceLocation: sourceLocation)
        #expect(response.headers[.xContentTypeOptions] == "nosniff", sourceLocation: sourceLocation)
        try document.check(answer, to: method, path, sourceLocation: sourceLocation)
        return answer
    }

    func post(
        to path: String = "/v1/uploads", key: String? = Fixture.stagingKey, headers: HTTPFields = [:], _ body: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        var headers = headers
        if let key { headers[.authorization] = "Bearer \(key)" }
        if headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await send(.post, path, headers, body: body, sourceLocation: sourceLocation)
    }
}

/// Runs the very application that `serve` runs.
func withService<Value>(
    _ configuration: UploadServiceConfiguration? = nil, _ setup: TestingSetup = .router, logger: Logger? = nil,
    _ test: @Sendable (ServiceClient) async throws -> Value
) async throws -> Value {
    let configuration = try configuration ?? Fixture.configuration()
    let application = try buildUploadService(configuration, logger: logger ?? LogLines().logger())
    let document = try OpenAPIDocument()
    return try await application.test(setup) { try await test(ServiceClient(client: $0, document: document)) }
}

/// Bodies of upload requests.
enum Body {
    static let avatar = #"{"rule":"avatars","filename":"a.png","size":68,"type":"image/png"}"#
    static let attachment = #"{"rule":"attachments","filename":"a.gif","size":68,"type":"image/gif"}"#
}
