import Connections
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// The body did not arrive before its deadline.
struct BodyDeadlineExceeded: Error {}

/// Applies `ConnectionState` to one connection.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let bodyDeadline: TimeAmount
    private let lingering: TimeAmount
    private let maximumBodyBytes: Int
    private var state = ConnectionState()
    private var deadline: Scheduled<Void>?

    /// - Parameters:
    ///   - bodyDeadline: how long a request's body may take to arrive.
    ///   - lingering: how long to read and drop what a client still sends after its answer.
    ///   - maximumBodyBytes: a client that waits for `100 Continue` is told to go on up to this size.
    init(bodyDeadline: TimeAmount, lingering: TimeAmount, maximumBodyBytes: Int) {
        self.bodyDeadline = bodyDeadline
        self.lingering = lingering
        self.maximumBodyBytes = maximumBodyBytes
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if state.isLingering { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            state.readHead()
            if expectsContinue(head) {
                let go = HTTPResponsePart.head(HTTPResponse(status: .continue))
                context.writeAndFlush(wrapOutboundOut(go), promise: nil)
            }
        case .body: break
        case .end: perform(state.readEnd(), context: context)
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        perform(state.readComplete(), context: context)
        context.fireChannelReadComplete()
        if state.isLingering { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { perform(state.inputClosed(), context: context) }
        if event is BodyGivenUp { perform(state.bodyDeadlinePassed(), context: context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError { perform(state.bodyBroken(), context: context) }
        if !state.isLingering { context.fireErrorCaught(error) }
    }

    /// RFC 9110 section 10.1.1; a body that will be refused anyway is not asked for.
    private func expectsContinue(_ head: HTTPRequest) -> Bool {
        guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return false }
        return head.headerFields[.contentLength].flatMap { Int($0) }.map { $0 <= maximumBodyBytes } ?? true
    }

    // MARK: Outbound

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Hummingbird answers what it cannot read, whether or not the request has been answered.
        guard !state.isLingering else {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            if state.isLastAnswerBeforeBreak { head.headerFields[.connection] = "close" }
            state.writeHead(announcesClose: head.headerFields[.connection]?.lowercased() == "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let action = state.writeEnd()
            if action == .finishAndLinger {
                context.writeAndFlush(data, promise: promise)
            } else {
                context.write(data, promise: promise)
            }
            perform(action, context: context)
        }
    }

    // MARK: Actions

    private func perform(_ action: ConnectionState.Action, context: ChannelHandlerContext) {
        switch action {
        case .none: break
        case .startBodyDeadline:
            schedule(after: bodyDeadline, context: context) { $0.bodyDeadlinePassed() }
        case .stopDeadlines:
            deadline?.cancel()
            deadline = nil
        case .startDraining:
            schedule(after: lingering, context: context) { $0.drainingDeadlinePassed() }
        case .finishAndLinger:
            context.close(mode: .output, promise: nil)
            schedule(after: lingering, context: context) { $0.drainingDeadlinePassed() }
            context.read()
        case .failBody:
            context.fireErrorCaught(BodyDeadlineExceeded())
        case .close:
            context.close(promise: nil)
        }
    }

    private func schedule(
        after delay: TimeAmount, context: ChannelHandlerContext, event: @escaping (inout ConnectionState) -> ConnectionState.Action
    ) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.perform(event(&self.state), context: context)
        }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
