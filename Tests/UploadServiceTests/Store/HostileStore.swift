import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Libcrypto
import Logging
import NIOCore
import S3Signing
import SigV4
import Synchronization
import Testing
import Uploads

@testable import UploadService

/// What a store was asked.
struct StoreRequest: Sendable {
    let method: String
    let path: String
    let query: [QueryItem]
    let headers: [Header]
    let body: String

    func header(_ name: String) -> String? { headers.first { HeaderRules.isSame($0.name, name) }?.value }
    func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// A store on loopback that verifies signatures as S3 does, answers as a test says, and counts who is connected.
final class HostileStore: Sendable {
    enum Answer: Sendable {
        case body(String, status: Int = 200, headers: [String: String] = [:])
        /// So many blanks.
        case blanks(Int, status: Int)
        /// Nothing, for as long as anyone listens.
        case hang
        /// The beginning of an answer, and then the connection's end.
        case cutOff(String)

        static func error(_ status: Int, _ code: String, _ message: String = "No.", headers: [String: String] = [:]) -> Answer {
            .body(
                "<?xml version=\"1.0\"?>\n<Error><Code>\(code)</Code><Message>\(message)</Message></Error>", status: status,
                headers: headers)
        }
    }

    /// - Parameter index: how many requests came before.
    typealias Respond = @Sendable (_ request: StoreRequest, _ index: Int) -> Answer

    struct Counts: Sendable {
        var requests: [StoreRequest] = []
        var connections = 0
        var openConnections = 0
        var answering = 0
    }

    static let credentials = SigningCredentials(
        Credentials(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Secret("hiddenSecretKey"), sessionToken: "hiddenToken"))

    let counts = Mutex(Counts())
    private let respond: Respond

    private init(_ respond: @escaping Respond) { self.respond = respond }

    var requests: [StoreRequest] { counts.withLock { $0.requests } }

    /// Runs a test against a store; waits until nobody is connected and nothing is being answered any more.
    static func run(_ respond: @escaping Respond, _ test: @Sendable (_ asker: StoreAsker, _ store: HostileStore) async throws -> Void)
        async throws
    {
        let store = HostileStore(respond)
        let responder = CallbackResponder<BasicRequestContext> { request, _ in try await store.answer(request) }
        var logger = Logger(label: "store")
        logger.logLevel = .critical
        let application = Application(
            responder: responder, server: .http1(configuration: .init(additionalChannelHandlers: [ConnectionCounter(store)])),
            logger: logger)
        try await application.test(.ahc(.http)) { client in
            var configuration = StoreClient.httpConfiguration()
            configuration.connectionPool.idleTimeout = .milliseconds(100)
            let http = HTTPClient(configuration: configuration)
            do {
                let asker = try StoreAsker(http: http, baseURL: "http://127.0.0.1:\(client.port ?? 0)")
                try await test(asker, store)
                try await store.expectQuiet()
            } catch {
                try await http.shutdown()
                throw error
            }
            try await http.shutdown()
        }
    }

    /// Idle connections close by themselves; what waits longer was leaked.
    private func expectQuiet() async throws {
        for _ in 0..<600 {
            if counts.withLock({ $0.openConnections == 0 && $0.answering == 0 }) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        let left = counts.withLock { ($0.openConnections, $0.answering) }
        Issue.record("\(left.0) connections and \(left.1) answers are left")
    }

    private func answer(_ request: Request) async throws -> Response {
        let headers = request.headers.map { Header($0.name.rawName, $0.value) } + [Header("host", request.head.authority ?? "")]
        let body = try await request.body.collect(upTo: 1 << 22)
        let received = ReceivedRequest(method: request.method.rawValue, target: request.uri.string, headers: headers)
        let verifier = S3Verifier(region: "us-east-1") {
            $0 == Self.credentials.credentials.accessKeyID ? Self.credentials.credentials : nil
        }
        let verified = try? verifier.verify(received, at: Fixture.now)
        let isSigned = verified?.payload == .sha256(SHA256.hash(Array(body.readableBytesView)))
        let asked = StoreRequest(
            method: request.method.rawValue, path: request.uri.path, query: RequestTarget(request.uri.string)?.query ?? [],
            headers: headers, body: String(buffer: body))
        let index = counts.withLock { counts in
            counts.requests.append(asked)
            counts.answering += 1
            return counts.requests.count - 1
        }
        let answer = isSigned ? respond(asked, index) : .error(403, "SignatureDoesNotMatch")
        return response(answer, isToHead: request.method == .head)
    }

    /// A body behind the answer to a HEAD would be for the client to stumble over: it closes the connection when it gets to see it.
    private func response(_ answer: Answer, isToHead: Bool) -> Response {
        switch answer {
        case .body(let text, let status, let headers):
            var fields = HTTPFields()
            for (name, value) in headers { if let name = HTTPField.Name(name) { fields[name] = value } }
            let body = counted(length: text.utf8.count) { if !isToHead { try await $0.write(ByteBuffer(string: text)) } }
            return Response(status: .init(code: status), headers: fields, body: body)
        case .blanks(let count, let status):
            return Response(
                status: .init(code: status),
                body: counted { writer in
                    for _ in 0..<(count >> 16) { try await writer.write(ByteBuffer(repeating: 0x20, count: 1 << 16)) }
                })
        case .hang:
            return Response(
                status: .ok,
                body: counted { writer in
                    // The writes find out that nobody listens any more.
                    for _ in 0..<3000 {
                        try await writer.write(ByteBuffer(string: " "))
                        try await Task.sleep(for: .milliseconds(20))
                    }
                })
        case .cutOff(let text):
            return Response(
                status: .ok,
                body: counted { writer in
                    try await writer.write(ByteBuffer(string: text))
                    throw CancellationError()
                })
        }
    }

    private func counted(
        length: Int? = nil, _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
    ) -> ResponseBody {
        ResponseBody(contentLength: length) { writer in
            defer { self.counts.withLock { $0.answering -= 1 } }
            try await write(&writer)
            try await writer.finish(nil)
        }
    }
}

/// Counts a server's connections.
private final class ConnectionCounter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let store: HostileStore

    init(_ store: HostileStore) { self.store = store }

    func handlerAdded(context: ChannelHandlerContext) {
        let store = store
        store.counts.withLock {
            $0.connections += 1
            $0.openConnections += 1
        }
        context.channel.closeFuture.whenComplete { _ in store.counts.withLock { $0.openConnections -= 1 } }
    }
}

/// A store client with a clock, a seed and pauses that take no time.
struct StoreAsker: Sendable {
    static let key = "folder/a file+ü.bin"
    let key: ObjectKey
    let location: S3Location
    let client: StoreClient
    let http: HTTPClient
    private let kept: Pauses

    private final class Pauses: Sendable {
        let all = Mutex<[Duration]>([])
    }

    init(http: HTTPClient, baseURL: String) throws {
        let kept = Pauses()
        self.kept = kept
        self.http = http
        key = try ObjectKey(Self.key)
        location = try S3Location(endpoint: Endpoint(baseURL: baseURL, region: "us-east-1"), bucket: BucketName("examplebucket"))
        client = StoreClient(
            http: http, plan: RetryPlan(tryDeadline: .seconds(60), deadline: .seconds(240)), clock: { Fixture.now },
            makeRandom: { SeededGenerator(seed: 5) }, sleep: { pause in kept.all.withLock { $0.append(pause) } })
    }

    /// The pauses between tries so far.
    var pauses: [Duration] { kept.all.withLock { $0 } }

    func create() async throws(StoreFault) -> String {
        try await client.createMultipartUpload(
            key, headers: [Header("content-type", "text/plain")], at: location, with: HostileStore.credentials)
    }

    func parts() async throws(StoreFault) -> [StoredPart] {
        try await client.parts(of: key, uploadID: "id/+= 1", at: location, with: HostileStore.credentials)
    }

    func complete(createOnly: Bool = true) async throws(StoreFault) -> StoredUpload {
        let parts = [CompletedPart(number: 1, etag: "\"a\""), CompletedPart(number: 2, etag: "b<&\u{1}")]
        return try await client.completeMultipartUpload(
            key, uploadID: "id", parts: parts, createOnly: createOnly, at: location, with: HostileStore.credentials)
    }

    func abort() async throws(StoreFault) {
        try await client.abortMultipartUpload(key, uploadID: "id", at: location, with: HostileStore.credentials)
    }

    func head() async throws(StoreFault) -> StoredObject {
        try await client.head(key, at: location, with: HostileStore.credentials)
    }

    /// What an operation throws.
    func fault<Value: Sendable>(_ ask: () async throws(StoreFault) -> Value) async -> StoreFault? {
        do throws(StoreFault) {
            _ = try await ask()
            return nil
        } catch {
            return error
        }
    }
}
