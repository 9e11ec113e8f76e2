import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Libcrypto
import LocalBucket
import Logging
import NIOCore
import S3Policy
import S3Signing
import SigV4

/// A folder that is gone when the test is over.
final class TemporaryFolder: Sendable {
    let path = NSTemporaryDirectory() + "/local-bucket-\(UUID().uuidString)"

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(self.path)/\(folder)").sorted()
    }
}

/// The time at which the tests happen.
let now = SigningTime(iso8601Basic: "20250102T030405Z")!

let writer = Credentials(accessKeyID: "AKIDWRITER", secretAccessKey: Secret("writer-secret"))
let stranger = Credentials(accessKeyID: "AKIDSTRANGER", secretAccessKey: Secret("stranger-secret"))
let temporary = Credentials(accessKeyID: "ASIATEMPORARY", secretAccessKey: Secret("temporary-secret"), sessionToken: "token+/=")

func configuration(_ folder: TemporaryFolder, cors: CORSConfiguration? = nil) throws -> LocalBucketConfiguration {
    LocalBucketConfiguration(
        folder: folder.path, region: "eu-west-1",
        buckets: [
            .init(name: try BucketName("photos"), credentials: [writer, temporary], cors: cors),
            .init(name: try BucketName("photos.archive"), credentials: [stranger]),
        ], port: 0, clock: { now })
}

/// Serves a local bucket while `body` runs.
func withBucket(
    folder: TemporaryFolder = TemporaryFolder(), cors: CORSConfiguration? = nil,
    change: (inout LocalBucketConfiguration) -> Void = { _ in }, _ body: @Sendable (TestBucket) async throws -> Void
) async throws {
    var settings = try configuration(folder, cors: cors)
    change(&settings)
    var logger = Logger(label: "local-bucket-tests")
    logger.logLevel = .critical
    let application = try buildLocalBucket(settings, logger: logger)
    try await application.test(.live) { client in
        try await body(TestBucket(client: client, folder: folder))
    }
}

/// What tests say to a local bucket, signed as a client would sign it.
struct TestBucket: Sendable {
    let client: any TestClientProtocol
    let folder: TemporaryFolder

    static let endpoint = try! Endpoint(baseURL: "http://localhost", region: "eu-west-1")

    static func signer(_ credentials: Credentials = writer, bucket: String = "photos", endpoint: Endpoint = endpoint) throws -> S3Signer {
        S3Signer(credentials: credentials, location: try S3Location(endpoint: endpoint, bucket: try BucketName(bucket), style: .path))
    }

    var port: Int { self.client.port! }

    /// Sends a request signed in its headers, over the bytes that are sent unless another payload is named.
    @discardableResult func send(
        _ method: S3Method, _ key: String?, query: [(String, String)] = [], headers: [(String, String)] = [], body: String? = nil,
        payload: PayloadHash? = nil, as credentials: Credentials = writer, bucket: String = "photos", at time: SigningTime = now
    ) async throws -> TestResponse {
        let request = try Self.signer(credentials, bucket: bucket).authorize(
            method: method, key: try key.map { try ObjectKey($0) }, query: query.map { QueryItem($0.0, $0.1) },
            headers: headers.map { Header($0.0, $0.1) }, payload: payload ?? .sha256(SHA256.hash(body ?? "")), at: time)
        return try await self.send(method.rawValue, request.url, request.headers, body: body.map { ByteBuffer(string: $0) })
    }

    /// Sends a presigned request with the headers that were signed.
    @discardableResult func presigned(
        _ method: S3Method, _ key: String?, query: [(String, String)] = [], headers: [(String, String)] = [], expires: Int = 900,
        body: String? = nil, as credentials: Credentials = writer, at time: SigningTime = now, alter: (String) -> String = { $0 }
    ) async throws -> TestResponse {
        let request = try Self.signer(credentials).presign(
            PresignRequest(
                method: method, key: try key.map { try ObjectKey($0) }, expiresSeconds: expires,
                headers: headers.map { Header($0.0, $0.1) }, query: query.map { QueryItem($0.0, $0.1) }), at: time)
        return try await self.send(method.rawValue, alter(request.url), request.headers, body: body.map { ByteBuffer(string: $0) })
    }

    @discardableResult func send(_ method: String, _ url: String, _ headers: [Header], body: ByteBuffer?) async throws -> TestResponse {
        let target = url.hasPrefix("http://localhost") ? String(url.dropFirst("http://localhost".count)) : url
        return try await self.client.executeRequest(
            uri: target, method: HTTPRequest.Method(method)!, headers: HTTPFields(headers), body: body)
    }
}

extension HTTPFields {
    init(_ headers: [Header]) {
        self.init()
        for header in headers { self.append(HTTPField(name: HTTPField.Name(header.name)!, value: header.value)) }
    }

    subscript(raw name: String) -> String? {
        self[HTTPField.Name(name)!]
    }
}

extension TestResponse {
    var text: String { String(buffer: self.body) }

    /// What stands in an element of an XML answer.
    func element(_ name: String) -> String? {
        self.elements(name).first
    }

    func elements(_ name: String) -> [String] {
        self.text.split(separator: "<\(name)>").dropFirst().compactMap { part in
            part.firstRange(of: "</\(name)>").map { String(part[..<$0.lowerBound]) }
        }
    }

    /// Status and code of a refusal.
    var refusal: String { "\(self.status.code) \(self.element("Code") ?? "-")" }
}

/// A small generator whose numbers follow from its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
