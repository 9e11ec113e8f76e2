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

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A bucket on loopback that knows uploads in parts: as much of S3 as the dialects' steps ask, in memory.
///
/// It holds every request to its signature, so that what is only signed wrongly is found as well.
final class PartsBucket: Sendable {
    struct Upload {
        let key: String
        var parts: [Int: (size: Int, etag: String)] = [:]
    }

    struct Stored: Equatable {
        let size: Int
        let etag: String
        let type: String
    }

    private struct State {
        var uploads: [String: Upload] = [:]
        var types: [String: String] = [:]
        var objects: [String: Stored] = [:]
        var asked: [String] = []
        var beforeCompleting: (@Sendable (PartsBucket) -> Void)?
    }

    static let name = "example-uploads"
    private let state = Mutex(State())

    var uploads: [String: Upload] { state.withLock { $0.uploads } }
    var objects: [String: Stored] { state.withLock { $0.objects } }
    /// Methods and queries, in order.
    var asked: [String] { state.withLock { $0.asked } }

    /// What somebody does between the list of parts and the request that completes them.
    func beforeCompleting(_ action: @escaping @Sendable (PartsBucket) -> Void) { state.withLock { $0.beforeCompleting = action } }

    func put(part number: Int, of id: String, size: Int, etag: String) {
        state.withLock { $0.uploads[id]?.parts[number] = (size, etag) }
    }

    static func run<Value: Sendable>(
        _ test: @Sendable (_ bucket: PartsBucket, _ base: String) async throws -> Value
    ) async throws -> Value {
        let bucket = PartsBucket()
        let responder = CallbackResponder<BasicRequestContext> { request, _ in try await bucket.answer(request) }
        var logger = Logger(label: "bucket")
        logger.logLevel = .critical
        let application = Application(responder: responder, logger: logger)
        return try await application.test(.live) { client in try await test(bucket, "http://127.0.0.1:\(client.port ?? 0)") }
    }

    private func answer(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 64 << 20)
        let received = ReceivedRequest(
            method: request.method.rawValue, target: request.uri.string,
            headers: [Header("host", request.head.authority ?? "")] + request.headers.map { Header($0.name.rawName, $0.value) })
        let verifier = S3Verifier(region: "eu-central-1") { id in Fixture.credentials.values.first { $0.accessKeyID == id } }
        do {
            _ = try verifier.verify(received, at: Fixture.now)
        } catch {
            return Self.error(.forbidden, "SignatureDoesNotMatch")
        }
        let key = String(request.uri.path.dropFirst(PartsBucket.name.count + 2)).removingPercentEncoding ?? ""
        let query = Dictionary((QueryItem.parse(request.uri.query ?? "") ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let action: (@Sendable (PartsBucket) -> Void)? = state.withLock { state in
            state.asked.append(
                "\(request.method.rawValue) \(query.keys.filter { !$0.hasPrefix("X-Amz-") }.sorted().joined(separator: "&"))")
            return request.method == .post && query["uploadId"] != nil ? state.beforeCompleting : nil
        }
        action?(self)
        return state.withLock { Self.reply(request, key, query, body, &$0) }
    }

    private static func reply(
        _ request: Request, _ key: String, _ query: [String: String], _ body: ByteBuffer, _ state: inout State
    ) -> Response {
        if request.method == .post, query["uploads"] != nil {
            let id = "store-upload-\(state.uploads.count + state.objects.count + 1)"
            state.uploads[id] = Upload(key: key)
            state.types[key] = request.headers[.contentType]
            return xml("<InitiateMultipartUploadResult><UploadId>\(id)</UploadId></InitiateMultipartUploadResult>")
        }
        guard let id = query["uploadId"] else { return object(request, key, body, &state) }
        guard var upload = state.uploads[id], upload.key == key else { return error(.notFound, "NoSuchUpload") }
        switch request.method {
        case .put:
            let etag = "\"\(Hex.encode(md5(body)))\""
            upload.parts[Int(query["partNumber"] ?? "") ?? 0] = (body.readableBytes, etag)
            state.uploads[id] = upload
            return Response(status: .ok, headers: [.eTag: etag])
        case .get:
            let parts = upload.parts.sorted { $0.key < $1.key }.map { number, part in
                "<Part><PartNumber>\(number)</PartNumber><ETag>\(part.etag.replacing("\"", with: "&quot;"))</ETag><Size>\(part.size)</Size></Part>"
            }
            return xml("<ListPartsResult><IsTruncated>false</IsTruncated>\(parts.joined())</ListPartsResult>")
        case .delete:
            state.uploads[id] = nil
            return Response(status: .noContent)
        default: return complete(request, upload, id, String(buffer: body), &state)
        }
    }

    private static func complete(_ request: Request, _ upload: Upload, _ id: String, _ document: String, _ state: inout State) -> Response {
        let named = document.matches(of: /<PartNumber>(\d+)<\/PartNumber><ETag>(?:&quot;)?([^<&]+)(?:&quot;)?<\/ETag>/)
        var size = 0
        for part in named {
            guard let stored = upload.parts[Int(part.1) ?? 0], stored.etag.filter({ $0 != "\"" }) == part.2 else {
                return error(.badRequest, "InvalidPart")
            }
            size += stored.size
        }
        if let wanted = request.headers[HTTPField.Name("x-amz-mp-object-size")!], Int(wanted) != size {
            return error(.badRequest, "InvalidRequest")
        }
        if request.headers[.ifNoneMatch] == "*", state.objects[upload.key] != nil {
            return error(.preconditionFailed, "PreconditionFailed")
        }
        state.uploads[id] = nil
        state.objects[upload.key] = Stored(size: size, etag: "\"whole-\(named.count)\"", type: state.types[upload.key] ?? "")
        return xml("<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>")
    }

    private static func object(_ request: Request, _ key: String, _ body: ByteBuffer, _ state: inout State) -> Response {
        if request.method == .put {
            if request.headers[.ifNoneMatch] == "*", state.objects[key] != nil { return error(.preconditionFailed, "PreconditionFailed") }
            let digest = md5(body)
            if let md5 = request.headers[HTTPField.Name("content-md5")!], Base64.decode(md5) != digest {
                return error(.badRequest, "BadDigest")
            }
            let stored = Stored(size: body.readableBytes, etag: "\"\(Hex.encode(digest))\"", type: request.headers[.contentType] ?? "")
            state.objects[key] = stored
            return Response(status: .ok, headers: [.eTag: stored.etag])
        }
        guard let stored = state.objects[key] else { return error(.notFound, "NoSuchKey") }
        return Response(
            status: .ok, headers: [.eTag: stored.etag, .contentLength: String(stored.size), .contentType: stored.type],
            body: ResponseBody(contentLength: stored.size) { try await $0.finish(nil) })
    }

    private static func md5(_ body: ByteBuffer) -> [UInt8] {
        var digest = StreamingDigest(.md5)
        digest.update(Array(body.readableBytesView))
        return digest.finish()
    }

    private static func xml(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "application/xml"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func error(_ status: HTTPResponse.Status, _ code: String) -> Response {
        xml("<Error><Code>\(code)</Code><Message>no</Message></Error>", status)
    }
}

/// An environment with all dialects, and a bucket that takes parts.
enum Dialectal {
    static let rules: [String: ClosedRange<Int64>] = [
        "attachments": 10...20_000_000, "avatars": 1...1_000_000, "documents": 1...5_000_000, "films": 10...20_000_000,
    ]

    static func environment(base: String, dialects: Dialects? = nil, name: String = "staging") throws -> Uploads.Environment {
        func types(_ names: String...) throws -> [ContentTypePattern] { try names.map { try ContentTypePattern($0) } }
        return try Uploads.Environment(
            name: name,
            location: S3Location(
                endpoint: Endpoint(baseURL: base, region: "eu-central-1"), bucket: BucketName(PartsBucket.name), style: .path),
            provider: .aws, allowedOrigins: [OriginPattern(Fixture.stagingOrigin)],
            rules: [
                UploadRule(
                    name: "attachments", contentTypes: types("image/*", "video/mp4"), minimumSizeBytes: 10, maximumSizeBytes: 20_000_000,
                    keyTemplate: KeyTemplate("attachments/{caller}/{uuid}{ext}"), lifetimeSeconds: 600, method: .post,
                    multipart: .assisted, once: false, allowedMetadata: ["name", "caption"]),
                UploadRule(
                    name: "avatars", contentTypes: types("image/png", "image/jpeg"), maximumSizeBytes: 1_000_000,
                    keyTemplate: KeyTemplate("avatars/{caller}/{uuid}{ext}"), allowedMetadata: ["caption"], cacheControl: "no-cache"),
                UploadRule(
                    name: "documents", contentTypes: types("application/pdf", "application/octet-stream"), maximumSizeBytes: 5_000_000,
                    keyTemplate: KeyTemplate("documents/{caller}/{uuid}{ext}"),
                    contentDisposition: ContentDisposition("attachment; filename={filename}")),
                UploadRule(
                    name: "films", contentTypes: types("video/mp4"), minimumSizeBytes: 10, maximumSizeBytes: 20_000_000,
                    keyTemplate: KeyTemplate("films/{caller}/{uuid}{ext}"), lifetimeSeconds: 7200, method: .multipart),
            ],
            dialects: dialects
                ?? Dialects(
                    rules: [.uppy: "attachments", .shrine: "attachments", .activeStorage: "documents"], betterUpload: true))
    }

    static func configuration(
        base: String = "http://127.0.0.1:9", dialects: Dialects? = nil, clock: TestClock = TestClock()
    ) throws -> UploadServiceConfiguration {
        var configuration = try Scopes.configuration(clock: clock)
        let environment = try environment(base: base, dialects: dialects)
        configuration.store = StoreClient(clock: { Fixture.now })
        configuration.offices = [
            SigningOffice(
                environment: environment, sealingKeys: Fixture.sealingKeys,
                credentials: Credentials(
                    accessKeyID: "AKIASTAGING", secretAccessKey: Secret(Fixture.stagingSecret), sessionToken: Fixture.sessionToken))
        ]
        return configuration
    }

    /// Runs a test against the service with a bucket behind it.
    static func run(
        clock: TestClock = TestClock(), logger: Logger? = nil, dialects: Dialects? = nil,
        _ test: @escaping @Sendable (ServiceClient, PartsBucket) async throws -> Void
    ) async throws {
        try await PartsBucket.run { bucket, base in
            try await withService(try configuration(base: base, dialects: dialects, clock: clock), logger: logger) { service async throws in
                try await test(service, bucket)
            }
        }
    }

    /// A scoped token for another rule than the environment names.
    static func token(rule: String, budget: Int64 = 1 << 40, subject: String? = "alice") -> String {
        ScopedTokens(secrets: [Scopes.secret]).token(for: Scopes.scope(subject: subject, rule: rule, budget: budget))
    }

    /// What pages send who have a key or, with a token in the path, nothing.
    static let page: HTTPFields = [.origin: Fixture.stagingOrigin]
    static let keyed: HTTPFields = [.authorization: "Bearer \(Fixture.stagingKey)", .contentType: "application/json"]

    /// Sends what somebody signed to the bucket, as a browser would; the ETag, and the status.
    static func send(
        _ method: HTTPRequest.Method, _ url: String, headers: [String: String] = [:], body: [UInt8] = []
    ) async throws -> (status: Int, etag: String?, text: String) {
        var request = URLRequest(url: try #require(URL(string: url)))
        request.httpMethod = method.rawValue
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        request.httpBody = body.isEmpty ? nil : Data(body)
        let (data, response) = try await URLSession.shared.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return (answer.statusCode, answer.value(forHTTPHeaderField: "ETag"), String(decoding: data, as: UTF8.self))
    }
}
