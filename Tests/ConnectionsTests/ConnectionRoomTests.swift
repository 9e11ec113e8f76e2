import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Synchronization
import Testing

@testable import Connections

/// Connections on one event loop, whose time stands still until it is told to go on.
@Suite struct ConnectionRoomTests {
    private final class Server {
        let room: ConnectionRoom
        var door: any AvailableConnectionsDelegate
        private let loop = EmbeddedEventLoop()
        private let time = Time()

        init(limit: Int) {
            room = ConnectionRoom(
                limit: limit, pieceBytes: 8 << 10, unsentLimit: 1_000, headDeadline: .seconds(10), patience: .seconds(60)
            ) { [time] in time.now }
            door = room.door
            pass(seconds: 0)
        }

        func pass(seconds: Int64) {
            loop.advanceTime(by: .seconds(seconds))
            time.set(loop.now)
        }

        func connect() throws -> Connection {
            door.connectionOpened()
            return try Connection(EmbeddedChannel(loop: loop), room.makeSeat())
        }

        func disconnect(_ connection: Connection) throws {
            try connection.channel.close().wait()
            loop.run()
            door.connectionClosed()
        }
    }

    private final class Time: Sendable {
        private let value = Mutex(NIODeadline.uptimeNanoseconds(0))

        var now: NIODeadline { value.withLock { $0 } }
        func set(_ now: NIODeadline) { value.withLock { $0 = now } }
    }

    private final class Connection {
        let channel: EmbeddedChannel
        private let decoder = Decoder()
        private let events = Events()

        init(_ channel: EmbeddedChannel, _ seat: any RemovableChannelHandler) throws {
            self.channel = channel
            try channel.pipeline.syncOperations.addHandlers([decoder, seat, events])
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            channel.read()
        }

        /// What is still open would keep itself alive.
        deinit {
            channel.close(promise: nil)
            channel.embeddedEventLoop.run()
        }

        /// Whoever is asked to give way does so in a moment.
        var isOpen: Bool {
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(5))
            return channel.isActive
        }

        var bodiesGivenUp: Int {
            channel.embeddedEventLoop.run()
            return events.bodiesGivenUp
        }

        /// Anything that is no whole head yet.
        func sendBytes() {
            decoder.keepsAll = true
            channel.pipeline.fireChannelRead(ByteBuffer())
            decoder.keepsAll = false
            channel.pipeline.fireChannelReadComplete()
            channel.read()
        }

        func sendHead(_ fields: HTTPFields = [:]) {
            let head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/", headerFields: fields)
            channel.pipeline.fireChannelRead(HTTPRequestPart.head(head))
            channel.pipeline.fireChannelReadComplete()
            channel.read()
        }

        func sendEnd() {
            channel.pipeline.fireChannelRead(HTTPRequestPart.end(nil))
            channel.pipeline.fireChannelReadComplete()
            channel.read()
        }

        func sendRequest(_ fields: HTTPFields = [:]) {
            sendHead(fields)
            sendEnd()
        }

        var piecesRead: Int { decoder.piecesRead }

        /// An answer of which the client takes nothing.
        func answerUntaken(bytes: Int) throws {
            try channel.pipeline.syncOperations.context(handler: decoder)
                .write(NIOAny(ByteBuffer(repeating: 0, count: bytes)), promise: nil)
            channel.isWritable = false
            channel.pipeline.fireChannelWritabilityChanged()
        }

        func answer() throws {
            try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
            try channel.writeOutbound(HTTPResponsePart.end(nil))
        }
    }

    /// Parts are sent decoded; bytes that make no part yet go no further.
    private final class Decoder: ChannelInboundHandler {
        typealias InboundIn = Never
        var keepsAll = false
        private(set) var piecesRead = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            piecesRead += 1
            if !keepsAll { context.fireChannelRead(data) }
        }
    }

    private final class Events: ChannelInboundHandler {
        typealias InboundIn = Never
        private(set) var bodiesGivenUp = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is BodyGivenUp { bodiesGivenUp += 1 }
        }
    }

    // MARK: Places

    @Test func whenAllPlacesAreTakenTheLongestSilentGivesUpItsOwn() throws {
        let server = Server(limit: 3)
        let first = try server.connect()
        let second = try server.connect()
        #expect(server.door.isAcceptingNewConnections())
        #expect(first.isOpen && second.isOpen)

        let third = try server.connect()
        first.sendRequest()
        try first.answer()
        #expect(!server.door.isAcceptingNewConnections())
        #expect(!second.isOpen, "it has been silent for longer than the first, which was answered meanwhile")
        #expect(first.isOpen && third.isOpen)
        server.door.connectionClosed()
        #expect(server.door.isAcceptingNewConnections())
    }

    @Test func halfAHeadIsNoRequest() throws {
        let server = Server(limit: 2)
        let half = try server.connect()
        let silent = try server.connect()
        server.pass(seconds: 1)
        half.sendBytes()
        #expect(!server.door.isAcceptingNewConnections())
        #expect(!half.isOpen && silent.isOpen)
    }

    @Test func aRequestThatIsWorkedOnIsNeverClosedAndTheNextSilenceIsUsed() throws {
        let server = Server(limit: 2)
        let connections = try (0..<2).map { _ in try server.connect() }
        for connection in connections { connection.sendRequest() }
        server.pass(seconds: 600)
        #expect(!server.door.isAcceptingNewConnections())
        #expect(connections.map(\.isOpen) == [true, true])
        try connections[1].answer()
        #expect(!connections[1].isOpen && connections[0].isOpen)
    }

    @Test func whoeverGetsARequestAfterItWasNamedStaysAndAnotherOneGoes() throws {
        let server = Server(limit: 2)
        let connections = try (0..<2).map { _ in try server.connect() }
        #expect(!server.door.isAcceptingNewConnections())
        connections[0].sendRequest()
        #expect(connections[0].isOpen)
        #expect(!connections[1].isOpen)
    }

    @Test func aBodyGivesWayOnlyWhenNobodyIsSilentAndItIsSlow() throws {
        let server = Server(limit: 2)
        let body = try server.connect()
        let silent = try server.connect()
        body.sendHead()
        server.pass(seconds: 1)
        #expect(!server.door.isAcceptingNewConnections())
        #expect(body.isOpen && !silent.isOpen)
        server.door.connectionClosed()

        let working = try server.connect()
        working.sendRequest()
        #expect(!server.door.isAcceptingNewConnections())
        #expect(!body.isOpen && working.isOpen)
    }

    @Test func whoeverHasJustComeIsSparedForASlowBody() throws {
        let server = Server(limit: 2)
        let body = try server.connect()
        body.sendHead()
        server.pass(seconds: 1)
        let new = try server.connect()
        #expect(!server.door.isAcceptingNewConnections())
        #expect(!body.isOpen && new.isOpen)
    }

    @Test func amongThoseWhoHaveJustComeTheFirstGoes() throws {
        let server = Server(limit: 2)
        let connections = try (0..<2).map { _ in try server.connect() }
        #expect(!server.door.isAcceptingNewConnections())
        #expect(connections.map(\.isOpen) == [false, true])
    }

    @Test func aBodyThatHasJustBegunDoesNotGiveWay() throws {
        let server = Server(limit: 1)
        let body = try server.connect()
        body.sendHead()
        #expect(!server.door.isAcceptingNewConnections())
        #expect(body.isOpen)
    }

    @Test func whoeverSendsNoHTTPGivesWay() throws {
        let server = Server(limit: 1)
        let connection = try server.connect()
        connection.sendBytes()
        // The answer to what is no request.
        try connection.answer()
        #expect(!server.door.isAcceptingNewConnections())
        #expect(!connection.isOpen)
    }

    @Test func nothingReachesTheDecoderBehindTheLastRequest() throws {
        let server = Server(limit: 8)
        let last = try server.connect()
        last.sendRequest([.connection: "close"])
        let other = try server.connect()
        other.sendRequest()
        let read = (last.piecesRead, other.piecesRead)
        last.sendBytes()
        other.sendBytes()
        #expect(last.piecesRead == read.0 && other.piecesRead == read.1 + 1)
    }

    @Test func whoeverTakesNoAnswerGivesItUpForOthersToBeAnswered() throws {
        let server = Server(limit: 8)
        let connections = try (0..<4).map { _ in try server.connect() }
        for connection in connections { connection.sendRequest() }
        try connections[0].answerUntaken(bytes: 500)
        try connections[1].answerUntaken(bytes: 500)
        #expect(connections.map(\.isOpen) == [true, true, true, true])
        try connections[2].answerUntaken(bytes: 500)
        #expect(connections.map(\.isOpen) == [false, true, true, true])
        // What is taken or given up counts no more.
        connections[1].channel.isWritable = true
        connections[1].channel.pipeline.fireChannelWritabilityChanged()
        try connections[3].answerUntaken(bytes: 500)
        #expect(connections.map(\.isOpen) == [false, true, true, true])
    }

    @Test func whoeverHasLeftIsNotAsked() throws {
        let server = Server(limit: 2)
        let first = try server.connect()
        let second = try server.connect()
        try server.disconnect(first)
        #expect(server.door.isAcceptingNewConnections())
        let third = try server.connect()
        #expect(!server.door.isAcceptingNewConnections())
        #expect(!second.isOpen && third.isOpen)
    }

    // MARK: Bodies

    @Test func theLongestBodyIsGivenUpForAnotherRequest() throws {
        let server = Server(limit: 8)
        let bodies = try (0..<2).map { _ in try server.connect() }
        for body in bodies { body.sendHead() }
        #expect(!server.room.giveUpLongestBody())
        server.pass(seconds: 1)
        #expect(server.room.giveUpLongestBody())
        #expect(bodies.map(\.bodiesGivenUp) == [1, 0])
        bodies[1].sendEnd()
        #expect(!server.room.giveUpLongestBody())
        #expect(bodies.map(\.isOpen) == [true, true])
    }

    // MARK: Time

    @Test func aHeadThatDripsIsClosedAtItsDeadline() throws {
        let server = Server(limit: 8)
        let dripping = try server.connect()
        let silent = try server.connect()
        for _ in 0..<9 {
            dripping.sendBytes()
            server.pass(seconds: 1)
        }
        #expect(dripping.isOpen)
        server.pass(seconds: 1)
        #expect(!dripping.isOpen && silent.isOpen)
    }

    @Test func aClientThatTakesNoAnswerIsClosedWhenPatienceEnds() throws {
        let server = Server(limit: 8)
        let connection = try server.connect()
        connection.sendRequest()
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        server.pass(seconds: 59)
        #expect(connection.isOpen)
        server.pass(seconds: 1)
        #expect(!connection.isOpen)
    }
}
