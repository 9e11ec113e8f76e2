import HTTPTypes
public import NIOCore
import NIOHTTP1
public import NIOHTTPTypes

/// The body did not arrive before its deadline.
public struct BodyDeadlineExceeded: Error {}

/// Applies `ConnectionState` to one connection. It stands behind the ``ConnectionRoom/makeSeat()`` of its room.
public final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    public typealias InboundIn = HTTPRequestPart
    public typealias InboundOut = HTTPRequestPart
    public typealias OutboundIn = HTTPResponsePart
    public typealias OutboundOut = HTTPResponsePart

    private let bodyDeadline: TimeAmount?
    private let draining: TimeAmount
    private let lingering: TimeAmount
    private let maximumBodyBytes: Int?
    private var state = ConnectionState()
    private var deadline: Scheduled<Void>?
    private var context: ChannelHandlerContext?
    /// Done when the system has taken all that was answered.
    private var lastWrite: EventLoopFuture<Void>?

    /// - Parameters:
    ///   - bodyDeadline: how long a request's body may take to arrive; nil for as long as its client goes on.
    ///   - draining: how long the rest of a body may take that was answered before it came.
    ///   - lingering: how long to read and drop what a client still sends after its last answer.
    ///   - maximumBodyBytes: a client that waits for `100 Continue` is told to go on up to this size; nil where somebody else tells it.
    public init(bodyDeadline: TimeAmount?, draining: TimeAmount, lingering: TimeAmount, maximumBodyBytes: Int?) {
        self.bodyDeadline = bodyDeadline
        self.draining = draining
        self.lingering = lingering
        self.maximumBodyBytes = maximumBodyBytes
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        lastWrite = nil
        self.context = nil
    }

    // MARK: Inbound

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if state.isLingering { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            state.readHead(isLast: LastRequest.isLast(head))
            if expectsContinue(head) {
                let go = HTTPResponsePart.head(HTTPResponse(status: .continue))
                context.writeAndFlush(wrapOutboundOut(go), promise: nil)
            }
        case .body: break
        case .end: perform(state.readEnd())
        }
        context.fireChannelRead(data)
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        perform(state.readComplete())
        context.fireChannelReadComplete()
        if state.isLingering { context.read() }
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { perform(state.inputClosed()) }
        // Whoever learns of it closes the rest as well, and the client loses its answer with what it still sends.
        if case ChannelEvent.outputClosed = event, state.isLingering { return }
        if event is BodyGivenUp { perform(state.bodyDeadlinePassed()) }
        context.fireUserInboundEventTriggered(event)
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError { perform(state.bodyBroken()) }
        if !state.isLingering { context.fireErrorCaught(error) }
    }

    /// RFC 9110 section 10.1.1; a body that will be refused anyway is not asked for.
    private func expectsContinue(_ head: HTTPRequest) -> Bool {
        guard let maximumBodyBytes, head.headerFields[.expect]?.lowercased() == "100-continue" else { return false }
        return head.headerFields[.contentLength].flatMap { Int($0) }.map { $0 <= maximumBodyBytes } ?? true
    }

    // MARK: Outbound

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Hummingbird answers what it cannot read, whether or not the request has been answered.
        guard !state.isLingering else {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind == .informational:
            context.write(data, promise: promise)
        case .head(var head):
            if state.isLastAnswer { head.headerFields[.connection] = "close" }
            state.writeHead(announcesClose: head.headerFields[.connection]?.lowercased() == "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            let written = promise ?? context.eventLoop.makePromise()
            lastWrite = written.futureResult
            let action = state.writeEnd()
            if action == .finishAndLinger {
                context.writeAndFlush(data, promise: written)
            } else {
                context.write(data, promise: written)
            }
            perform(action)
        }
    }

    /// Where the client has closed its side, closing ours ends the connection, with all that it has not taken yet.
    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .output where state.isLingering: promise?.succeed()
        case .output:
            afterLastWrite({ $0.close(mode: .output, promise: promise) }, orElse: { promise?.fail(ChannelError.alreadyClosed) })
        default: context.close(mode: mode, promise: promise)
        }
    }

    private func afterLastWrite(_ action: @escaping (ChannelHandlerContext) -> Void, orElse isGone: @escaping () -> Void = {}) {
        guard let lastWrite else {
            if let context { action(context) } else { isGone() }
            return
        }
        lastWrite.assumeIsolated().whenComplete { _ in
            if let context = self.context { action(context) } else { isGone() }
        }
    }

    // MARK: Actions

    private func perform(_ action: ConnectionState.Action) {
        guard let context else { return }
        switch action {
        case .none: break
        case .startBodyDeadline:
            if let bodyDeadline { schedule(after: bodyDeadline, context: context) { $0.bodyDeadlinePassed() } }
        case .stopDeadlines:
            deadline?.cancel()
            deadline = nil
        case .startDraining:
            schedule(after: draining, context: context) { $0.drainingDeadlinePassed() }
        case .finishAndLinger:
            deadline?.cancel()
            afterLastWrite { context in
                context.close(mode: .output, promise: nil)
                self.schedule(after: self.lingering, context: context) { $0.drainingDeadlinePassed() }
            }
            context.read()
        case .failBody:
            context.fireErrorCaught(BodyDeadlineExceeded())
        case .closeWhenTaken:
            afterLastWrite { $0.close(promise: nil) }
        case .close:
            context.close(promise: nil)
        }
    }

    private func schedule(
        after delay: TimeAmount, context: ChannelHandlerContext, event: @escaping (inout ConnectionState) -> ConnectionState.Action
    ) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.perform(event(&self.state))
        }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
