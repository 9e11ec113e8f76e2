import NIOCore
import NIOEmbedded
import Testing

@testable import Connections

@Suite struct ReadGateTests {
    private final class Recorder: ChannelInboundHandler {
        typealias InboundIn = String
        private(set) var all: [String] = []

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { all.append(unwrapInboundIn(data)) }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { all.append("end") }
        }
    }

    /// Asks by itself, as long as it is told to.
    private final class Reader: ChannelOutboundHandler {
        typealias OutboundIn = Any
        var wantsMore = false

        func read(context: ChannelHandlerContext) {
            if wantsMore { context.read() }
        }
    }

    private func withGate(drops: Bool = false, _ test: (EmbeddedChannel, Reader, Recorder) throws -> Void) throws {
        let (recorder, reader) = (Recorder(), Reader())
        let channel = EmbeddedChannel(handlers: [ReadGate { !drops }, reader, recorder])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try test(channel, reader, recorder)
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
    }

    private func send(_ pieces: [String], _ channel: EmbeddedChannel) {
        for piece in pieces {
            channel.pipeline.fireChannelRead(piece)
            channel.pipeline.fireChannelReadComplete()
        }
    }

    private func ask(_ channel: EmbeddedChannel, _ reader: Reader) {
        reader.wantsMore = true
        channel.read()
        reader.wantsMore = false
        channel.embeddedEventLoop.run()
    }

    @Test func aPieceComesForEachThatIsAskedFor() throws {
        try withGate { channel, reader, recorder in
            send(["a", "b", "c"], channel)
            #expect(recorder.all.isEmpty)
            for count in 1...3 {
                ask(channel, reader)
                #expect(recorder.all == Array(["a", "b", "c"].prefix(count)))
            }
            ask(channel, reader)
            send(["d", "e"], channel)
            #expect(recorder.all == ["a", "b", "c", "d"])
        }
    }

    @Test func theEndComesBehindAllPieces() throws {
        try withGate { channel, reader, recorder in
            ask(channel, reader)
            send(["a", "b", "c"], channel)
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            #expect(recorder.all == ["a"])
            // Whoever wants all gets all, without the channel.
            reader.wantsMore = true
            channel.read()
            channel.embeddedEventLoop.run()
            #expect(recorder.all == ["a", "b", "c", "end"])
        }
    }

    @Test func nothingIsLetThroughOfAConnectionThatIsGone() throws {
        try withGate { channel, reader, recorder in
            send(["a", "b"], channel)
            channel.close(promise: nil)
            channel.embeddedEventLoop.run()
            ask(channel, reader)
            #expect(recorder.all.isEmpty)
        }
    }

    @Test func whatNobodyReadsIsDropped() throws {
        try withGate(drops: true) { channel, reader, recorder in
            for _ in 0..<3 { ask(channel, reader) }
            send(["a", "b"], channel)
            ask(channel, reader)
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            #expect(recorder.all == ["end"])
        }
    }
}
