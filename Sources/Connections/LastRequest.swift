import HTTPTypes
import NIOCore
import NIOHTTP1

/// Whether a request is its connection's last, in the one spelling that everybody behind knows: `Connection: close`.
///
/// It stands behind the HTTP decoder, and lets nothing through behind that request. Besides requests that say so (RFC 9112 section 9.3: any spelling, and HTTP/1.0 by saying nothing) these
/// are those that want another protocol. None is spoken here; but the decoder takes no byte for HTTP any more behind such a request, and
/// would keep all that still come.
final class LastRequest: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private var isLast = false
    private var isOver = false

    static func isLast(_ head: HTTPRequest) -> Bool { head.headerFields[.connection] == "close" }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        switch unwrapInboundIn(data) {
        case .head(var head) where !head.isKeepAlive || Self.wantsOtherProtocol(head):
            isLast = true
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            return context.fireChannelRead(wrapInboundOut(.head(head)))
        case .end: isOver = isLast
        default: break
        }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !isOver { context.fireErrorCaught(error) }
    }

    private static func wantsOtherProtocol(_ head: HTTPRequestHead) -> Bool {
        head.method == .CONNECT || head.headers.contains(name: "Upgrade")
    }
}

@available(*, unavailable)
extension LastRequest: Sendable {}
