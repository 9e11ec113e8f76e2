import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Tells the room whom one connection waits for, and closes it when the client lets its time pass, or when another one needs the place.
final class ConnectionSeat: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let room: ConnectionRoom
    private let pieceBytes: Int
    private var state: SeatState
    private var standing = Standing.silent
    private var place: Place?
    private var seated: Seated?
    private var context: ChannelHandlerContext?
    private var timer: (task: Scheduled<Void>, deadline: NIODeadline)?
    /// We have asked for bytes, and none have come since.
    private var isReadOutstanding = false
    /// When the connection first held its place because something was still to be sent.
    private var heldSince: NIODeadline?

    /// What the system takes of an answer before the client has taken the rest: megabytes otherwise, which nobody counts, for each client
    /// that reads slowly. TCP_NOTSENT_LOWAT has no name in Swift.
    private static let notSentLowWater = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: notSentLowWaterOption))
    #if canImport(Darwin)
        private static let notSentLowWaterOption: CInt = 0x201
    #else
        private static let notSentLowWaterOption: CInt = 25
    #endif

    init(room: ConnectionRoom, pieceBytes: Int, state: SeatState) {
        self.room = room
        self.pieceBytes = pieceBytes
        self.state = state
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let seated = Seated(eventLoop: context.eventLoop, seat: NIOLoopBound(self, eventLoop: context.eventLoop))
        self.seated = seated
        place = room.move(seated, from: nil, to: .silent, unsentBytes: 0, at: context.eventLoop.now)
        do {
            try context.channel.syncOptions?.setOption(Self.notSentLowWater, value: 128 << 10)
            try readInSmallPieces(context.channel)
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(ReadGate { self.bytesArrived() }, position: .first)
            if let decoder = try? pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self) {
                try pipeline.addHandler(LastRequest(), position: .after(decoder))
            }
        } catch { context.fireErrorCaught(error) }
    }

    /// Up to some fifteen pieces wait between the socket and their reader, in the queues of NIO and Hummingbird, whose lengths count pieces and
    /// not bytes; and a piece is read as a whole, however many requests it holds. Left alone, it grows to 64 KiB.
    private func readInSmallPieces(_ channel: any Channel) throws {
        let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 1 << 11, maximum: pieceBytes)
        try channel.syncOptions?.setOption(.recvAllocator, value: allocator)
        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        if let place { room.leave(place) }
        place = nil
        seated = nil
        self.context = nil
    }

    // MARK: Inbound

    /// - Returns: whether they are to be read.
    private func bytesArrived() -> Bool {
        isReadOutstanding = false
        guard !state.dropsBytes else { return false }
        state.bytesArrived()
        return true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): state.readHead(isLast: LastRequest.isLast(head))
        case .body(let bytes): state.readBody(byteCount: bytes.readableBytes)
        case .end: state.readEnd()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        state.writabilityChanged(context.channel.isWritable)
        settle()
        context.fireChannelWritabilityChanged()
    }

    // MARK: Outbound

    func read(context: ChannelHandlerContext) {
        isReadOutstanding = true
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var isEnd = false
        if case .end = unwrapOutboundIn(data) { isEnd = true }
        context.write(data, promise: promise)
        guard isEnd else { return }
        state.writeEnd()
        settle()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        context.close(mode: mode, promise: promise)
        guard mode == .output else { return }
        state.outputClosed()
        settle()
    }

    // MARK: Time and place

    private func settle() {
        guard let seated else { return }
        let now = seated.eventLoop.now
        if state.settle(from: standing, at: now) {
            standing = state.standing
            heldSince = nil
            let unsentBytes = standing == .sending ? context.map { Self.unsentBytes(of: $0.channel) } ?? 0 : 0
            place = room.move(seated, from: place, to: standing, unsentBytes: unsentBytes, at: now)
        }
        startTimer()
    }

    /// One that runs already is left to run: it looks again by itself.
    private func startTimer() {
        guard let context, let deadline = state.nextLook, timer.map({ $0.deadline > deadline }) ?? true else { return }
        timer?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.look() }
        timer = (task, deadline)
    }

    private func look() {
        timer = nil
        guard let context else { return }
        if state.look(at: context.eventLoop.now, waitsForClient: isReadOutstanding) { context.close(promise: nil) } else { startTimer() }
    }

    /// Closes the connection for another one, unless it is worked on by now; then somebody else is asked.
    ///
    /// It does so in a moment: a request may have come that the event loop has not yet read.
    func giveWay(triesLeft: Int) {
        guard let context else { return }
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) {
            guard let context = self.context else { return }
            if self.mayGiveWay(context) { context.close(promise: nil) } else { self.room.makePlace(triesLeft: triesLeft - 1) }
        }
    }

    private func mayGiveWay(_ context: ChannelHandlerContext) -> Bool {
        switch state.standing {
        case .working: return false
        case .receiving: return isReadOutstanding
        case .sending: return true
        case .silent:
            guard Self.unsentBytes(of: context.channel) > 0 else { return true }
            let now = context.eventLoop.now
            heldSince = heldSince ?? now
            return heldSince.map { $0 + ConnectionRoom.grace <= now } ?? false
        }
    }

    /// Of an answer, as much as is still to be sent from here.
    private static func unsentBytes(of channel: any Channel) -> Int {
        (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    func giveUpAnswer() {
        if let context, state.standing == .sending { context.close(promise: nil) }
    }

    func giveUpBody() {
        guard let context, state.standing == .receiving, isReadOutstanding else { return }
        context.fireUserInboundEventTriggered(BodyGivenUp())
    }
}

@available(*, unavailable)
extension ConnectionSeat: Sendable {}
