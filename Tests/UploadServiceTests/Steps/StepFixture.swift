import AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Libcrypto
import LocalBucket
import Logging
import NIOCore
import NIOHTTP1
import S3Signing
import Settings
import SigV4
import Synchronization
import Testing
import Uploads

@testable import UploadService

/// Two instances of the service before one local bucket: whatever one begins, the other can go on with.
struct StepDesk: Sendable {
    let one: ServiceClient
    let two: ServiceClient
    let bucket: TestStore
    let clock: TestClock

    static let origin = "http://localhost:3000"
    static let partSize = 5 << 20

    /// - Parameter change: of both instances' configuration.
    static func run(
        change: @Sendable (inout UploadServiceConfiguration) -> Void = { _ in }, _ test: @Sendable (StepDesk) async throws -> Void
    ) async throws {
        let clock = TestClock()
        let folder = NSTemporaryDirectory() + "/countersign-steps-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var logger = Logger(label: "steps")
        logger.logLevel = .critical
        let bucket = try buildLocalBucket(
            LocalBucketConfiguration(
                folder: folder, buckets: [.init(name: BucketName(TestStore.name), credentials: [TestStore.credentials])], port: 0,
                clock: { clock.now }), logger: logger)
        try await bucket.test(.live) { client in
            let store = try TestStore(port: #require(client.port), clock: clock)
            var configuration = try Self.configuration(store, clock: clock)
            change(&configuration)
            try await withService(configuration) { [configuration] one in
                try await withService(configuration) { two in
                    try await test(StepDesk(one: one, two: two, bucket: store, clock: clock))
                }
            }
        }
    }

    private static func configuration(_ store: TestStore, clock: TestClock) throws -> UploadServiceConfiguration {
        let type = try ContentTypePattern("video/mp4")
        func rule(
            _ name: String, _ method: UploadMethod, _ mode: MultipartMode?, maximum: Int64 = 100 << 20, key: String = "{uuid}",
            once: Bool = true, tagsUnconfirmed: Bool = false
        ) throws -> UploadRule {
            try UploadRule(
                name: name, contentTypes: [type], maximumSizeBytes: maximum, keyTemplate: KeyTemplate("\(name)/{caller}/\(key)"),
                method: method, multipart: mode, partSizeBytes: Int64(partSize), once: once, tagsUnconfirmed: tagsUnconfirmed)
        }
        let environment = try Uploads.Environment(
            name: "staging", location: store.location, provider: .aws, allowedOrigins: [OriginPattern(origin)],
            allowsDownloads: true,
            rules: [
                rule("videos", .multipart, .assisted, tagsUnconfirmed: true), rule("signed", .multipart, .signed),
                rule("forms", .post, .assisted, maximum: 6 << 20, once: false), rule("single", .put, nil),
                rule("fixed", .multipart, .assisted, key: "video"),
            ])
        var configuration = UploadServiceConfiguration(
            offices: [SigningOffice(environment: environment, sealingKeys: Fixture.sealingKeys, credentials: TestStore.credentials)],
            authenticator: APIKeyAuthenticator(records: [
                APIKeyRecord(name: "web-backend", environment: "staging", sha256: SHA256.hash(Fixture.stagingKey)),
                APIKeyRecord(name: "other", environment: "staging", sha256: SHA256.hash(Fixture.productionKey)),
            ]))
        configuration.clock = { clock.now }
        configuration.store = StoreClient(clock: { clock.now }, sleep: { _ in })
        configuration.scopedTokens = ScopedTokens(secrets: [Scopes.secret])
        let seeds = Atomic<UInt64>(1)
        configuration.makeRandom = { SeededGenerator(seed: seeds.add(1, ordering: .relaxed).newValue) }
        return configuration
    }

    /// A ticket for a file of so many bytes.
    func ticket(_ rule: String, size: Int?, method: String? = nil) async throws -> [String: Any] {
        let answer = try await one.post(Self.body(rule, size: size, method: method))
        try #require(answer.status == 201, "\(answer.text)")
        return try answer.json()
    }

    static func body(_ rule: String, size: Int?, method: String? = nil) -> String {
        let more = (size.map { ",\"size\":\($0)" } ?? "") + (method.map { ",\"method\":\"\($0)\"" } ?? "")
        return #"{"rule":"\#(rule)","filename":"a.mp4","type":"video/mp4"\#(more)}"#
    }

    /// Sends all parts of an assisted ticket; the JSON of what completes it.
    func send(_ file: [UInt8], _ ticket: [String: Any]) async throws -> String {
        var parts: [String] = []
        for part in try #require(ticket["parts"] as? [[String: Any]]) {
            let number = try #require(part["partNumber"] as? Int)
            let start = (number - 1) * Self.partSize
            let etag = try await bucket.send(part, Array(file[start..<min(start + Self.partSize, file.count)]))
            parts.append("{\"partNumber\":\(number),\"etag\":\(try #require(etag).debugDescription)}")
        }
        return parts.joined(separator: ",")
    }

    /// Makes one part an object without the service, which hears nothing of it.
    ///
    /// - Parameter parts: the JSON of what was sent, of one part in the only upload there is.
    func completeAside(_ key: String, _ parts: String) async throws {
        let uploads = try await bucket.own(.get, nil, [.init("uploads", "")]).text
        let id = try #require(uploads.firstMatch(of: /<UploadId>([^<]+)</)?.1)
        let etag = try #require(parts.firstMatch(of: /etag":"\\"([0-9a-f]+)/)?.1)
        let document = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(etag)</ETag></Part></CompleteMultipartUpload>"
        #expect(try await bucket.own(.post, key, [.init("uploadId", String(id))], Array(document.utf8)).status == 200)
    }
}

extension [String: Any] {
    var grant: String { self["grant"] as? String ?? "" }
}

/// The local bucket, as whoever holds its keys sees it.
struct TestStore: Sendable {
    static let name = "steps-bucket"
    static let credentials = Credentials(accessKeyID: "AKIDSTEPS", secretAccessKey: Secret("steps-secret"))
    let location: S3Location
    let clock: TestClock

    init(port: Int, clock: TestClock) throws {
        location = try S3Location(
            endpoint: Endpoint(baseURL: "http://127.0.0.1:\(port)", region: "us-east-1"), bucket: BucketName(Self.name), style: .path)
        self.clock = clock
    }

    /// Does what a ticket's step permits; the entity tag, nil where the store refuses.
    func send(_ step: [String: Any], _ body: [UInt8]) async throws -> String? {
        let headers = try #require(step["headers"] as? [String: String])
        let response = try await send(step["method"] as? String ?? "", step["url"] as? String ?? "", headers, body)
        return response.status == 200 ? response.headers["etag"].first ?? "" : nil
    }

    func send(_ method: String, _ url: String, _ headers: [String: String] = [:], _ body: [UInt8] = []) async throws
        -> (status: Int, headers: HTTPHeaders, text: String)
    {
        var request = HTTPClientRequest(url: url)
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(body)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let text = String(buffer: try await response.body.collect(upTo: 64 << 20))
        return (Int(response.status.code), response.headers, text)
    }

    /// A request of the bucket's owner.
    func own(
        _ method: S3Method, _ key: String?, _ query: [QueryItem] = [], headers: [String: String] = [:], _ body: [UInt8] = []
    ) async throws -> (status: Int, headers: HTTPHeaders, text: String) {
        let signer = S3Signer(credentials: Self.credentials, location: location)
        let request = PresignRequest(
            method: method, key: try key.map { key throws(SigningError) in try ObjectKey(key) }, expiresSeconds: 900,
            headers: headers.map { Header($0.key, $0.value) }, query: query)
        return try await send(method.rawValue, signer.presign(request, at: clock.now).url, headers, body)
    }

    func unfinishedUploads() async throws -> Int {
        try await own(.get, nil, [QueryItem("uploads", "")]).text.components(separatedBy: "<Upload>").count - 1
    }
}
