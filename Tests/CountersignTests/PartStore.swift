import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Libcrypto
import Logging
import NIOCore
import S3Signing
import SigV4
import Synchronization

@testable import countersign

/// A store on loopback that keeps objects and uploads in parts in memory, verifies signatures, and fails where a test says so.
final class PartStore: Sendable {
    struct Asked: Sendable {
        let method: String
        let query: [QueryItem]
        let headers: [Header]

        func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }
        func header(_ name: String) -> String? { headers.first { HeaderRules.isSame($0.name, name) }?.value }

        /// `create`, `part 1`, `complete`, `abort`, `list`, `put` or `head`.
        var operation: String {
            switch (method, parameter("uploadId"), parameter("partNumber")) {
            case ("POST", nil, _): "create"
            case ("PUT", _?, let number?): "part \(number)"
            case ("POST", _, _): "complete"
            case ("DELETE", _, _): "abort"
            case ("GET", _, _): "list"
            case ("PUT", nil, _): "put"
            default: "head"
            }
        }
    }

    struct Object: Sendable {
        let bytes: [UInt8]
        let etag: String
        let headers: [Header]
    }

    struct State: Sendable {
        var asked: [Asked] = []
        var uploads: [String: [Header]] = [:]
        var parts: [Int: [UInt8]] = [:]
        var objects: [String: Object] = [:]
        var sending = 0
        var mostSending = 0
        /// The test is over, so that nobody is to be kept waiting.
        var isOver = false
    }

    enum Failure: Sendable {
        case status(Int, String)
        /// It is done, but the answer says otherwise.
        case lostAnswer
        /// No answer, for as long as anyone listens.
        case hang
    }

    /// - Parameter tries: how often this operation was asked for before.
    typealias Fail = @Sendable (_ operation: String, _ tries: Int, _ store: PartStore) -> Failure?

    let state = Mutex(State())
    private let fail: Fail

    private init(_ fail: @escaping Fail) { self.fail = fail }

    /// What was asked for, in order.
    var operations: [String] { state.withLock { $0.asked.map(\.operation) } }
    var unfinished: [String] { state.withLock { Array($0.uploads.keys) } }
    func object(_ path: String) -> Object? { state.withLock { $0.objects[path] } }

    static func run(
        failing fail: @escaping Fail = { _, _, _ in nil }, _ test: @Sendable (_ endpoint: String, _ store: PartStore) async throws -> Void
    ) async throws {
        let store = PartStore(fail)
        let responder = CallbackResponder<BasicRequestContext> { request, _ in try await store.answer(request) }
        var logger = Logger(label: "store")
        logger.logLevel = .critical
        let application = Application(responder: responder, logger: logger)
        try await application.test(.ahc(.http)) { client in
            defer { store.state.withLock { $0.isOver = true } }
            try await test("http://127.0.0.1:\(client.port ?? 0)", store)
        }
    }

    // MARK: - Answers

    private func answer(_ request: Request) async throws -> Response {
        let headers = request.headers.map { Header($0.name.rawName, $0.value) } + [Header("host", request.head.authority ?? "")]
        let target = request.uri.string
        let asked = Asked(method: request.method.rawValue, query: RequestTarget(target)?.query ?? [], headers: headers)
        let tries = state.withLock { state in
            defer { state.asked.append(asked) }
            state.sending += 1
            state.mostSending = max(state.mostSending, state.sending)
            return state.asked.count { $0.operation == asked.operation }
        }
        defer { state.withLock { $0.sending -= 1 } }
        let body = Array(try await request.body.collect(upTo: 1 << 24).readableBytesView)
        guard isSigned(asked, target, body) else { return Self.error(403, "SignatureDoesNotMatch") }
        switch fail(asked.operation, tries, self) {
        case .status(let status, let code): return Self.error(status, code)
        case .lostAnswer:
            _ = perform(asked, request.uri.path, body)
            return Self.error(500, "InternalError")
        case .hang:
            while !state.withLock({ $0.isOver }) { try await Task.sleep(for: .milliseconds(20)) }
            return Self.error(500, "InternalError")
        case nil: return perform(asked, request.uri.path, body)
        }
    }

    private func isSigned(_ asked: Asked, _ target: String, _ body: [UInt8]) -> Bool {
        let credentials = UploadTests.credentials
        let verifier = S3Verifier(region: "us-east-1") { $0 == credentials.accessKeyID ? credentials : nil }
        guard let time = asked.header("x-amz-date").flatMap({ SigningTime(iso8601Basic: $0) }),
            let verified = try? verifier.verify(
                ReceivedRequest(method: asked.method, target: target, headers: asked.headers), at: time)
        else { return false }
        return verified.payload == .unsigned || verified.payload == .sha256(SHA256.hash(body))
    }

    private func perform(_ asked: Asked, _ path: String, _ body: [UInt8]) -> Response {
        state.withLock { state in
            let id = asked.parameter("uploadId")
            if let id, state.uploads[id] == nil { return Self.error(404, "NoSuchUpload") }
            let isRefused = asked.header("if-none-match") == "*" && state.objects[path] != nil
            switch asked.operation {
            case "create":
                state.uploads["id-1"] = asked.headers
                return Self.xml("<InitiateMultipartUploadResult><UploadId>id-1</UploadId></InitiateMultipartUploadResult>")
            case "complete":
                return isRefused
                    ? Self.error(412, "PreconditionFailed") : complete(asked, path, String(decoding: body, as: UTF8.self), &state)
            case "abort":
                state.uploads = [:]
                state.parts = [:]
                return Response(status: .noContent)
            case "list": return Self.xml("<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>")
            case "put":
                if isRefused { return Self.error(412, "PreconditionFailed") }
                let object = Object(bytes: body, etag: Self.md5(body), headers: asked.headers)
                state.objects[path] = object
                return Response(status: .ok, headers: [.eTag: "\"\(object.etag)\""])
            case "head":
                guard let object = state.objects[path] else { return Response(status: .notFound) }
                return Response(
                    status: .ok, headers: [.eTag: "\"\(object.etag)\"", .contentLength: "\(object.bytes.count)"])
            default:
                guard let number = asked.parameter("partNumber").flatMap({ Int($0) }) else { return Self.error(400, "InvalidArgument") }
                state.parts[number] = body
                return Response(status: .ok, headers: [.eTag: "\"\(Self.md5(body))\""])
            }
        }
    }

    private func complete(_ asked: Asked, _ path: String, _ body: String, _ state: inout State) -> Response {
        let numbers = state.parts.keys.sorted()
        let named = numbers.allSatisfy { number in
            let etag = Self.md5(state.parts[number] ?? [])
            return body.contains("<PartNumber>\(number)</PartNumber><ETag>&quot;\(etag)&quot;</ETag>")
        }
        guard named, body.split(separator: "<Part>").count == numbers.count + 1 else { return Self.error(400, "InvalidPart") }
        let parts = numbers.map { CompletedPartText(number: $0, etag: Self.md5(state.parts[$0] ?? [])) }
        let digest = Self.md5(parts.flatMap { Hex.decode($0.etag) ?? [] })
        let bytes = numbers.flatMap { state.parts[$0] ?? [] }
        let object = Object(bytes: bytes, etag: "\(digest)-\(numbers.count)", headers: state.uploads["id-1"] ?? [])
        state.objects[path] = object
        state.uploads = [:]
        state.parts = [:]
        return Self.xml("<CompleteMultipartUploadResult><ETag>&quot;\(object.etag)&quot;</ETag></CompleteMultipartUploadResult>")
    }

    private struct CompletedPartText {
        let number: Int
        let etag: String
    }

    private static func xml(_ text: String) -> Response {
        Response(status: .ok, headers: [.contentType: "application/xml"], body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private static func error(_ status: Int, _ code: String) -> Response {
        Response(
            status: .init(code: status), body: .init(byteBuffer: ByteBuffer(string: "<Error><Code>\(code)</Code></Error>")))
    }

    private static func md5(_ bytes: [UInt8]) -> String {
        var digest = StreamingDigest(.md5)
        digest.update(bytes)
        return Hex.encode(digest.finish())
    }
}
