import NIOCore

/// Lets through one piece of what a client sends for each time that somebody asks for one, and holds what comes besides.
///
/// It stands before the decoder. When a client closes its side, or all of the connection, the channel reads all that has arrived by then in
/// one go, whoever is to read it: thousands of requests would be decoded, which take a hundred times their bytes, for nobody.
final class ReadGate: ChannelDuplexHandler {
    typealias InboundIn = Any
    typealias OutboundIn = Any

    private let arrived: () -> Bool
    private var held = CircularBuffer<NIOAny>()
    private var holdsEnd = false
    private var isAsked = false
    private var isLettingThrough = false

    /// - Parameter arrived: told of each piece before it is let through: the only sign of a head that has begun. Says whether anybody will
    ///   read it.
    init(arrived: @escaping () -> Bool) {
        self.arrived = arrived
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isAsked, held.isEmpty else {
            held.append(data)
            return
        }
        isAsked = false
        if arrived() { context.fireChannelRead(data) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event, !held.isEmpty {
            holdsEnd = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        held.removeAll()
        holdsEnd = false
        context.fireChannelInactive()
    }

    func read(context: ChannelHandlerContext) {
        guard !held.isEmpty else {
            isAsked = true
            return context.read()
        }
        guard !isLettingThrough else { return }
        isLettingThrough = true
        context.eventLoop.assumeIsolated().execute { self.letThrough(context) }
    }

    private func letThrough(_ context: ChannelHandlerContext) {
        isLettingThrough = false
        guard let piece = held.popFirst() else { return }
        if arrived() { context.fireChannelRead(piece) }
        context.fireChannelReadComplete()
        if held.isEmpty, holdsEnd {
            holdsEnd = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        // As the channel does behind each piece that it reads itself.
        if context.channel.isActive { context.pipeline.read() }
    }
}

@available(*, unavailable)
extension ReadGate: Sendable {}
