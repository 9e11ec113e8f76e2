import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Uploads

@testable import UploadService

/// What clients can do wrong on the wire. Deadlines are short, and no test depends on how short.
@Suite struct LimitTests {
    private static let post =
        "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Api-Key: \(Fixture.stagingKey)\r\n"

    /// A service with short deadlines, and a connection to it.
    private func connected<Value: Sendable>(
        _ limits: ServiceLimits = ServiceLimits(), _ use: @Sendable (inout RawConnection) async throws -> Value
    ) async throws -> Value {
        var configuration = try Fixture.configuration()
        configuration.limits = limits
        return try await withService(configuration, .live) { service in
            try await RawConnection.open(port: try #require(service.client.port), use)
        }
    }

    private static func limits(body: Duration = .seconds(60), idle: Duration = .seconds(60), lingering: Duration = .seconds(60))
        -> ServiceLimits
    {
        var limits = ServiceLimits()
        limits.bodyDeadline = body
        limits.idleTimeout = idle
        limits.lingering = lingering
        return limits
    }

    // MARK: Size

    @Test(arguments: [("/v1/uploads", 65_536), ("/v1/uploads/batch", 1_048_576)])
    func aBodyHasALimit(path: String, limit: Int) async throws {
        try await withService { service in
            let largest = try await service.post(to: path, String(repeating: " ", count: limit))
            #expect(largest.code == "malformed_json")
            let larger = try await service.post(to: path, String(repeating: " ", count: limit + 1))
            #expect(larger.status == 413)
            #expect(larger.code == "body_too_large")
            #expect(larger.headers[.connection] == "close")
        }
    }

    @Test func anAnnouncedSizeIsRefusedAtOnce() async throws {
        let answer = try await connected { connection in
            try await connection.send(Self.post + "Content-Length: 9999999999\r\n\r\n")
            return try await connection.readResponse()
        }
        #expect(answer.status == 413)
        #expect(answer.body.contains("body_too_large"))
    }

    @Test func aChunkedBodyIsRefusedOnTheWay() async throws {
        let chunk = "4000\r\n" + String(repeating: " ", count: 0x4000) + "\r\n"
        let answer = try await connected { connection in
            try await connection.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<5 { try await connection.send(chunk) }
            return try await connection.readResponse()
        }
        #expect(answer.status == 413)
    }

    @Test func theClientSeesTheAnswerThoughItKeepsSending() async throws {
        let rest = try await connected(Self.limits()) { connection in
            try await connection.send(Self.post + "Content-Length: 4000000\r\n\r\n")
            for _ in 0..<40 { try await connection.send(String(repeating: " ", count: 100_000)) }
            return await connection.readToEnd()
        }
        #expect(rest.hasPrefix("HTTP/1.1 413 "))
        #expect(rest.contains("body_too_large"))
    }

    // MARK: Time

    @Test func aBodyThatDripsGets408AndTheConnectionCloses() async throws {
        let answer = try await connected(Self.limits(body: .milliseconds(50))) { connection in
            try await connection.send(Self.post + "Content-Length: 68\r\n\r\n{")
            return await connection.readToEnd()
        }
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        #expect(answer.contains("\"code\":\"request_timeout\""))
        #expect(answer.lowercased().contains("connection: close"))
    }

    @Test func aBodyThatNobodyReadsDoesNotHoldTheConnection() async throws {
        let answer = try await connected(Self.limits(lingering: .milliseconds(50))) { connection in
            try await connection.send("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
            return await connection.readToEnd()
        }
        #expect(answer.hasPrefix("HTTP/1.1 404 "))
    }

    @Test func anEarlyAnswerKeepsTheConnectionWhenTheBodyFollows() async throws {
        let statuses = try await connected { connection in
            try await connection.send("POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n")
            let first = try await connection.readResponse()
            try await connection.send("{}  " + Self.post + "Content-Length: 2\r\n\r\n{}")
            let second = try await connection.readResponse()
            return [first.status, second.status]
        }
        #expect(statuses == [404, 400])
    }

    @Test(arguments: ["", "POST /v1/uploads HTTP/1.1\r\nHost: loc", "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"])
    func anIdleConnectionCloses(sent: String) async throws {
        let answer = try await connected(Self.limits(idle: .milliseconds(50))) { connection in
            try await connection.send(sent)
            return await connection.readToEnd()
        }
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 200 "))
    }

    // MARK: Count

    /// Holds the first requests that ask it, until it is told to let go.
    private final class Gate: CallerAuthenticator, Sendable {
        private struct State {
            var isOpen = false
            var waiting: [CheckedContinuation<Void, Never>] = []
            var arrived = 0
            var watcher: (count: Int, continuation: CheckedContinuation<Void, Never>)?
        }

        private let state = Mutex(State())
        private let capacity: Int

        init(capacity: Int) {
            self.capacity = capacity
        }

        func knowsAPIKey(named name: String, mark: String?, environment: String) -> Bool { false }

        func authenticate(authorization: String?, apiKey: String?) async throws(AuthenticationFailure) -> Caller {
            await withCheckedContinuation { continuation in
                let watcher = state.withLock { state -> CheckedContinuation<Void, Never>? in
                    state.arrived += 1
                    if state.isOpen || state.arrived > capacity { continuation.resume() } else { state.waiting.append(continuation) }
                    guard let watcher = state.watcher, state.arrived == watcher.count else { return nil }
                    return watcher.continuation
                }
                watcher?.resume()
            }
            return Caller(name: "web-backend", environment: "staging")
        }

        func waitForArrivals(_ count: Int) async {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    if state.arrived >= count { continuation.resume() } else { state.watcher = (count, continuation) }
                }
            }
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    @Test func requestsBeyondTheLimitGet503() async throws {
        let gate = Gate(capacity: 2)
        var configuration = try Fixture.configuration()
        configuration.authenticator = gate
        configuration.limits.maximumInFlight = 2
        try await withService(configuration) { service in
            async let first = service.post(Body.avatar)
            async let second = service.post(Body.avatar)
            await gate.waitForArrivals(2)
            let third = try await service.post(Body.avatar)
            #expect(third.status == 503)
            #expect(third.code == "overloaded")
            #expect(third.headers[.retryAfter] == "1")
            for path in ["/health/live", "/health/ready", "/metrics"] {
                #expect(try await service.send(.get, path).status == 200)
            }
            gate.open()
            #expect(try await [first.status, second.status] == [201, 201])
            #expect(try await service.post(Body.avatar).status == 201)
        }
    }

    @Test func silentConnectionsMakeRoomForOthers() async throws {
        var configuration = try Fixture.configuration()
        configuration.limits.maximumInFlight = 2
        configuration.limits.maximumConnections = 4
        try await withService(configuration, .live) { service in
            let port = try #require(service.client.port)
            let silent = try await withThrowingTaskGroup(of: (any Channel).self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "localhost", port: port).get()
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let status = try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return try await connection.readResponse().status
            }
            #expect(status == 200)
            for channel in silent { channel.close(promise: nil) }
        }
    }

    @Test func aBodyThatDoesNotComeMakesRoomForAnotherRequest() async throws {
        var configuration = try Fixture.configuration()
        configuration.limits = Self.limits()
        configuration.limits.maximumInFlight = 1
        try await withService(configuration, .live) { service in
            let statuses = try await RawConnection.open(port: try #require(service.client.port)) { connection in
                try await connection.send(Self.post + "Expect: 100-continue\r\nContent-Length: 68\r\n\r\n")
                #expect(try await connection.readResponse().status == 100)
                try await connection.send("{")
                // The other one gets 503 until the body has been slow for long enough.
                var status = 0
                for _ in 0..<500 where status != 201 {
                    status = try await service.post(Body.avatar).status
                    try await Task.sleep(for: .milliseconds(10))
                }
                return [try await connection.readResponse().status, status]
            }
            #expect(statuses == [408, 201])
        }
    }

    // MARK: The wire

    @Test(arguments: [
        "GET /version HTTP/1.1\r\nHost: localhost\r\nbad header: x\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: localhost\r\nX: a\u{0}b\r\n\r\n",
        "GET /version\r\n\r\n\r\n", "GET version HTTP/1.1\r\n\r\n", "BREW / HTTP/1.1\r\n\r\n", "\u{1}\u{2}\u{3}\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: localhost\r\n\(String(repeating: "X: a\r\n", count: 200))\r\n",
        "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ])
    func malformedHeadersEndTheConnection(text: String) async throws {
        let answer = try await connected { connection in
            try await connection.send(text)
            return await connection.readToEnd()
        }
        #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
    }

    @Test func aBodyThatIsNotChunkedAsItSaysGetsAProblem() async throws {
        let answer = try await connected(Self.limits()) { connection in
            try await connection.send(Self.post + "Transfer-Encoding: chunked\r\n\r\nnot a length\r\n")
            return await connection.readToEnd()
        }
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains("malformed_body"))
    }

    /// Behind a request for another protocol the decoder would keep whatever comes.
    @Test(arguments: [
        "GET /version HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\n",
        "GET /version HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n",
        "GET /version HTTP/1.1\r\nUpgrade: h2c\r\n",
        "POST /nowhere HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n", "CONNECT localhost:443 HTTP/1.1\r\n",
        "GET /version HTTP/1.1\r\nConnection: Close\r\n", "GET /version HTTP/1.1\r\nConnection: te, close\r\n",
        "GET /version HTTP/1.0\r\n",
    ])
    func theLastRequestGetsTheLastAnswer(head: String) async throws {
        let answer = try await connected(Self.limits()) { connection in
            try await connection.send(head + "Host: localhost\r\n\r\n" + (head.contains("Length") ? "{}" : ""))
            for _ in 0..<50 { try? await connection.send("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n") }
            return await connection.readToEnd()
        }
        #expect(answer.split(separator: "HTTP/1.1 ").count == 1, "\(answer)")
        #expect(answer.lowercased().contains("\r\nconnection: close\r\n"))
    }

    @Test func anEarlyLastAnswerIsSeenThoughTheClientSendsAllFirst() async throws {
        let answer = try await connected(Self.limits()) { connection in
            try await connection.send(
                "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: wrong\r\nConnection: close\r\nContent-Length: 5000000\r\n\r\n")
            for _ in 0..<50 { try await connection.send(String(repeating: " ", count: 100_000)) }
            return await connection.readToEnd()
        }
        #expect(answer.hasPrefix("HTTP/1.1 401 "))
    }

    /// A client may close its side when it has asked (RFC 9112 section 9.6), and take its time then.
    @Test(arguments: ["", "Connection: close\r\n"]) func aClientThatClosesItsSideGetsAllOfItsAnswer(field: String) async throws {
        let body = #"{"uploads":[\#(Array(repeating: Body.avatar, count: 1_000).joined(separator: ","))]}"#
        let head = Self.post.replacing("/v1/uploads", with: "/v1/uploads/batch") + field + "Content-Length: \(body.utf8.count)\r\n\r\n"
        let answer = try await connected(Self.limits(lingering: .milliseconds(50))) { connection in
            try await connection.send(head + body)
            connection.finish()
            try await Task.sleep(for: .milliseconds(500))
            return try await connection.readResponse()
        }
        #expect(answer.status == 200 && answer.body.hasSuffix("}]}"), "\(answer.head)")
    }

    /// An answer may come before the body. A second one for the same request would be taken for the next request's.
    @Test(arguments: ["GET /version", "POST /nowhere", "POST /v1/uploads"], ["+0", "1\r\nA0", "10000000000000000", ""])
    func aBodyThatBreaksGetsOneAnswer(line: String, chunk: String) async throws {
        let head = "\(line) HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: wrong\r\nTransfer-Encoding: chunked\r\n\r\n"
        let hidden = "GET /version HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: hidden-in-a-body\r\n\r\n"
        let broken = chunk + "\r\n\r\n" + hidden
        func statuses(_ text: String) -> [String] { text.split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) } }
        let expected = ["GET /version": "200", "POST /nowhere": "404", "POST /v1/uploads": "401"][line]

        let atOnce = try await connected(Self.limits(lingering: .milliseconds(200))) { connection in
            try await connection.send(head + broken)
            return await connection.readToEnd()
        }
        let later = try await connected(Self.limits(lingering: .seconds(60))) { connection in
            try await connection.send(head)
            let first = try await connection.readResponse()
            try await connection.send(broken)
            return "HTTP/1.1 \(first.status)" + (await connection.readToEnd())
        }
        for answer in [atOnce, later] {
            #expect(statuses(answer) == [expected], "\(answer)")
            #expect(!answer.contains("hidden-in-a-body"))
        }
    }

    @Test(arguments: [
        String(repeating: "[", count: 60_000), #"{"size":\#(String(repeating: "9", count: 60_000))}"#, "\u{0}", #"{"rule":"\#u{0}"}"#,
        #"{"filename":"\#(String(repeating: "é", count: 30_000))"}"#,
    ])
    func hostileJSONIsAProblem(body: String) async throws {
        let answer = try await connected { connection in
            try await connection.send(Self.post + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
            return try await connection.readResponse()
        }
        #expect(answer.status == 400)
    }

    @Test func invalidUTF8IsAProblem() async throws {
        let answer = try await connected { connection in
            try await connection.send(Self.post + "Content-Length: 4\r\n\r\n")
            try await connection.send([0x22, 0xFF, 0xFE, 0x22])
            return try await connection.readResponse()
        }
        #expect(answer.status == 400)
        #expect(answer.body.contains("not valid UTF-8"))
    }

    @Test(arguments: ["OPTIONS *", "GET http://localhost/nowhere", "GET /%", "GET /%00%ff", "GET //", "GET /?"])
    func oddTargetsAreNotFound(line: String) async throws {
        let status = try await connected { connection in
            try await connection.send("\(line) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try await connection.readResponse().status
        }
        #expect(status == 404)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        let statuses = try await connected { connection in
            let body = Body.avatar
            try await connection.send(
                "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.post + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
                    + "HEAD /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            let text = await connection.readToEnd()
            return text.split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) }
        }
        #expect(statuses == ["200", "201", "404", "200"])
    }

    @Test func aClientThatWaitsIsToldToContinue() async throws {
        let body = Body.avatar
        let statuses = try await connected { connection in
            try await connection.send(Self.post + "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
            let first = try await connection.readResponse()
            try await connection.send(body)
            let second = try await connection.readResponse()
            return [first.status, second.status]
        }
        #expect(statuses == [100, 201])
        let refused = try await connected { connection in
            try await connection.send(Self.post + "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
            return try await connection.readResponse().status
        }
        #expect(refused == 413)
    }

    @Test(arguments: ["example.com", "rebound.example:8080", ""])
    func aLoopbackServiceRefusesOtherHosts(host: String) async throws {
        var configuration = try Fixture.configuration()
        configuration.isLoopbackOnly = true
        configuration.showsDemonstrationPage = true
        try await withService(configuration, .live) { service in
            for (authority, expected) in [(host, 421), ("localhost:8080", 200), ("127.0.0.1", 200)] {
                let status = try await RawConnection.open(port: try #require(service.client.port)) { connection in
                    try await connection.send("GET / HTTP/1.1\r\nHost: \(authority)\r\n\r\n")
                    return try await connection.readResponse().status
                }
                #expect(status == expected)
            }
        }
    }

    @Test func a304And204HaveNoLength() async throws {
        let heads = try await connected { connection in
            try await connection.send("GET /countersign.js HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\n\r\n")
            let first = try await connection.readResponse()
            try await connection.send("OPTIONS /v1/uploads HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let second = try await connection.readResponse()
            return [first, second].map { ($0.status, $0.head.lowercased()) }
        }
        #expect(heads.map(\.0) == [304, 204])
        for (_, head) in heads {
            #expect(!head.contains("content-length"))
            #expect(!head.contains("transfer-encoding"))
        }
    }

    // MARK: Configuration

    @Test func limitsThatCannotWorkAreRefused() throws {
        func problem(_ change: (inout UploadServiceConfiguration) -> Void) throws -> String? {
            var configuration = try Fixture.configuration()
            change(&configuration)
            do {
                try configuration.validate()
                return nil
            } catch {
                return error.description
            }
        }
        #expect(try problem { _ in } == nil)
        #expect(try problem { $0.offices = [] } == "no environment is served: name at least one")
        #expect(try problem { $0.offices += [$0.offices[0]] }?.contains("'staging' is served twice") == true)
        #expect(
            try problem { $0.limits.maximumInFlight = $0.limits.maximumConnections }?.contains("below the limit of connections") == true)
        #expect(try problem { $0.limits.maximumInFlight = 0 } != nil)
        #expect(try problem { $0.limits.maximumBodyBytes = 0 } != nil)
        #expect(try problem { $0.limits.bodyDeadline = .zero } != nil)
        #expect(try problem { $0.metricsPort = $0.port }?.contains("choose another") == true)
    }
}
