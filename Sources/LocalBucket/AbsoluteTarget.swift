import NIOCore
import NIOHTTP1

/// A request target in absolute form, `http://host/path?query`.
///
/// RFC 9112, section 3.2.2: a server takes it, and its host counts, not that of the `Host` header.
struct AbsoluteTarget: Equatable {
    let host: String
    /// Path and query exactly as they were sent.
    let target: String

    /// Nil for any other form, and for a scheme that is not HTTP's.
    init?(_ uri: String) {
        guard let separator = uri.utf8.firstRange(of: "://".utf8) else { return nil }
        guard ["http", "https"].contains(uri[..<separator.lowerBound].lowercased()) else { return nil }
        let rest = uri.utf8[separator.upperBound...]
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        self.host = String(Substring(rest[..<end]))
        let target = String(Substring(rest[end...]))
        self.target = target.utf8.first == UInt8(ascii: "/") ? target : "/" + target
    }
}

/// Turns absolute targets into a path and a Host header, before Hummingbird reads them: it would drop their host, and write their
/// path anew, so that another request would be verified than the one that was sent.
private final class AbsoluteTargetHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = self.unwrapInboundIn(data), head.uri.utf8.first != UInt8(ascii: "/") else {
            return context.fireChannelRead(data)
        }
        let target = AbsoluteTarget(head.uri)
        // A target that cannot be read becomes one that names nothing.
        head.uri = target?.target ?? "*"
        if let target, head.headers["host"].count == 1 { head.headers.replaceOrAdd(name: "Host", value: target.host) }
        context.fireChannelRead(self.wrapInboundOut(.head(head)))
    }
}

/// Puts the above behind the HTTP decoder, where Hummingbird lets nobody put a handler.
final class AbsoluteTargetInstaller: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    func handlerAdded(context: ChannelHandlerContext) {
        do {
            let pipeline = context.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(AbsoluteTargetHandler(), position: .after(decoder))
        } catch { context.fireErrorCaught(error) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(data)
    }
}
