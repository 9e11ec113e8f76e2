import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import Connections

@Suite struct ConnectionGuardTests {
    /// A client that takes nothing until it is told to.
    private final class Slow: ChannelOutboundHandler {
        typealias OutboundIn = HTTPResponsePart
        private var untaken: [EventLoopPromise<Void>] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if let promise { untaken.append(promise) }
        }

        func take() {
            for promise in untaken { promise.succeed() }
            untaken = []
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            for promise in untaken { promise.fail(ChannelError.ioOnClosedChannel) }
        }
    }

    private func withConnection(_ slow: Slow? = nil, _ test: (EmbeddedChannel) throws -> Void) throws {
        let guarding = ConnectionGuard(bodyDeadline: nil, draining: .seconds(5), lingering: .seconds(2), maximumBodyBytes: nil)
        let channel = EmbeddedChannel(handlers: (slow.map { [$0] } ?? []) + [guarding])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try test(channel)
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
    }

    private func sendHead(_ channel: EmbeddedChannel, _ fields: HTTPFields = [:]) {
        let head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/", headerFields: fields)
        channel.pipeline.fireChannelRead(HTTPRequestPart.head(head))
        channel.pipeline.fireChannelReadComplete()
    }

    private func answer(_ channel: EmbeddedChannel) {
        channel.write(HTTPResponsePart.head(HTTPResponse(status: .unauthorized)), promise: nil)
        channel.write(HTTPResponsePart.end(nil), promise: nil)
    }

    @Test func onlyTheLastAnswerItselfSaysThatItIsTheLast() throws {
        try withConnection { channel in
            sendHead(channel, [.connection: "close", .expect: "100-continue"])
            for status in [HTTPResponse.Status.continue, .ok] {
                try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: status)))
                guard case .head(let head)? = try channel.readOutbound(as: HTTPResponsePart.self) else {
                    Issue.record("no head")
                    return
                }
                #expect(head.headerFields[.connection] == (status == .ok ? "close" : nil))
            }
        }
    }

    @Test func aBodyBehindItsAnswerHasItsTimeWhetherOrNotTheAnswerIsTaken() throws {
        try withConnection(Slow()) { channel in
            sendHead(channel)
            answer(channel)
            channel.embeddedEventLoop.advanceTime(by: .seconds(4))
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(!channel.isActive)
        }
    }

    @Test func aClientThatHasClosedItsSideIsClosedWhenItHasTakenTheLastAnswer() throws {
        let slow = Slow()
        try withConnection(slow) { channel in
            sendHead(channel, [.connection: "close"])
            answer(channel)
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            channel.embeddedEventLoop.advanceTime(by: .seconds(60))
            #expect(channel.isActive)
            slow.take()
            channel.embeddedEventLoop.run()
            #expect(!channel.isActive)
        }
    }
}
