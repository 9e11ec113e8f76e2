import NIOCore

/// Keeps what is read ahead of a connection small, so that hundreds of uploads at once stay within a few megabytes.
///
/// Up to some fifteen pieces of a body wait between the socket and its reader, in the queues of NIO and Hummingbird, whose lengths
/// count pieces and not bytes; left alone, a piece grows to 64 KiB.
final class SmallReads: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    private static let pieceBytes = 8 << 10

    func handlerAdded(context: ChannelHandlerContext) {
        let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 4 << 10, maximum: Self.pieceBytes)
        do {
            try context.channel.syncOptions?.setOption(.recvAllocator, value: allocator)
            try context.channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
        } catch { context.fireErrorCaught(error) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(data)
    }
}
