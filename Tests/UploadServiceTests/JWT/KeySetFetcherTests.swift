import NIOCore
import NIOHTTP1
import NIOPosix
import Settings
import Testing

@testable import UploadService

/// A web server on loopback that does what servers of JWK Sets do, and what they should not.
private final class HostileServer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var request = ""
    private let set: String

    init(set: String) { self.set = set }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        request += String(buffer: unwrapInboundIn(data))
        guard request.contains("\r\n\r\n") else { return }
        let path = request.split(separator: " ")[1]
        request = ""
        switch path {
        case "/good": answer("200 OK", ["Cache-Control: public, max-age=900", "Age: 100"], set, context)
        case "/html": answer("200 OK", ["Content-Type: text/html"], "<html>Sign in</html>", context)
        case "/empty": answer("200 OK", [], "", context)
        case "/redirect": answer("302 Found", ["Location: /good"], "", context)
        case "/error": answer("500 Internal Server Error", [], set, context)
        case "/missing": answer("404 Not Found", [], "", context)
        case "/big": stream(bytes: 10_000_000, head: "Content-Length: 10000000\r\n", context)
        case "/endless": stream(bytes: 10_000_000, head: "", context)
        case "/chunked":
            write(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(String(set.utf8.count, radix: 16))\r\n\(set)\r\n0\r\n\r\n", context)
        case "/garbage": write("hello\r\n\r\n", context, closes: true)
        case "/cut": write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"keys\":[", context, closes: true)
        case "/slow": drip(context)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func write(_ text: String, _ context: ChannelHandlerContext, closes: Bool = false) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        if closes { context.close(promise: nil) }
    }

    private func answer(_ status: String, _ fields: [String], _ body: String, _ context: ChannelHandlerContext) {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + fields
        write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, context)
    }

    private func stream(bytes: Int, head: String, _ context: ChannelHandlerContext) {
        write("HTTP/1.1 200 OK\r\n\(head)\r\n" + String(repeating: " ", count: bytes), context, closes: true)
    }

    /// A byte at a time, for as long as anyone listens.
    private func drip(_ context: ChannelHandlerContext) {
        write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", context)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
            let context = bound.value
            guard context.channel.isActive else { return task.cancel() }
            context.writeAndFlush(NIOAny(ByteBuffer(string: " ")), promise: nil)
        }
    }
}

@available(*, unavailable)
extension HostileServer: Sendable {}

@Suite struct KeySetFetcherTests {
    private static let set = JWKS.text([("a", RFCKeys.p256JWK)])

    /// Runs a test against the server, whose base URL it gets.
    private func withServer(_ test: (String) async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(HostileServer(set: Self.set)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do { try await test("http://127.0.0.1:\(server.localAddress?.port ?? 0)") } catch {
            try await server.close()
            throw error
        }
        try await server.close()
    }

    @Test func getsASetAndHowLongItMayBeKept() async throws {
        try await withServer { base in
            let fetcher = HTTPKeySetFetcher(takesPlainLoopback: true, deadline: .seconds(60))
            let good = try await fetcher.fetch("\(base)/good")
            #expect(good.maximumAgeSeconds == 800 && String(decoding: good.body, as: UTF8.self) == Self.set)
            let chunked = try await fetcher.fetch("\(base)/chunked")
            #expect(chunked.maximumAgeSeconds == nil && chunked.body == good.body)
        }
    }

    @Test(arguments: [
        ("redirect", "redirects are not followed"), ("error", "the answer is 500"), ("missing", "the answer is 404"),
        ("big", "larger than 1 MiB"),
        ("endless", "larger than 1 MiB"), ("garbage", "failed"), ("cut", "failed"),
    ])
    func refusesBadAnswers(path: String, says: String) async throws {
        try await withServer { base in
            let error = await #expect(throws: KeySetFetchFault.self) {
                try await HTTPKeySetFetcher(takesPlainLoopback: true, deadline: .seconds(60)).fetch("\(base)/\(path)")
            }
            #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
        }
    }

    @Test(arguments: ["slow", "silent"])
    func waitsNoLongerThanItsDeadline(path: String) async throws {
        try await withServer { base in
            let error = await #expect(throws: KeySetFetchFault.self) {
                try await HTTPKeySetFetcher(takesPlainLoopback: true, deadline: .seconds(1)).fetch("\(base)/\(path)")
            }
            #expect(error?.message == "the answer did not come within 1 seconds")
        }
    }

    @Test(arguments: ["html", "empty"])
    func whatIsNoSetLeavesTheServiceWithoutKeys(path: String) async throws {
        try await withServer { base in
            let authenticator = try await JWTAuthenticator(
                issuers: [.test(keys: .url("\(base)/\(path)"))], secrets: [:],
                fetcher: HTTPKeySetFetcher(takesPlainLoopback: true, deadline: .seconds(60)), logger: LogLines().logger())
            await authenticator.loadKeys()
            #expect(authenticator.issuers[0].keys == 0 && authenticator.issuers[0].fault?.contains("Sign in") == false)
        }
    }

    @Test func plainHTTPIsForTestsAndForLoopbackOnly() async throws {
        try await withServer { base in
            await #expect(throws: KeySetFetchFault("keys come over https only")) { try await HTTPKeySetFetcher().fetch("\(base)/good") }
        }
        let tests = HTTPKeySetFetcher(takesPlainLoopback: true)
        for url in [
            "http://example.com/", "http://127.0.0.1.example.com/", "http://127.0.0.1@example.com/", "ftp://127.0.0.1:1/",
            "file:///dev/zero",
        ] {
            await #expect(throws: KeySetFetchFault("keys come over https only")) { try await tests.fetch(url) }
        }
        await #expect(throws: KeySetFetchFault.self) { try await tests.fetch("http://127.0.0.1:1/") }
    }

    @Test(
        arguments: [
            ("max-age=600", 600), ("public, MAX-AGE=600", 600), ("no-store", 0), ("no-cache, max-age=9", 0), ("max-age=\"60\"", 60),
            ("max-age=x", nil),
            ("max-age=-1", nil), ("public", nil), ("", nil), ("max-age=99999999999999999999", nil),
        ] as [(String, Int?)])
    func readsCacheControl(value: String, seconds: Int?) {
        #expect(HTTPKeySetFetcher.maximumAge(["Cache-Control": value]) == seconds)
        #expect(HTTPKeySetFetcher.maximumAge(["Cache-Control": value, "Age": "99999999"]) == seconds.map { _ in 0 })
    }
}
