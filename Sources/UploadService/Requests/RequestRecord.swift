import Hummingbird
import NIOCore
import Synchronization
import Uploads

/// What is learnt about one request on its way, for its log line and its metrics.
final class RequestRecord: Sendable {
    struct State {
        var requestID = ""
        var caller: Caller?
        /// A rule of the caller's environment; nil as long as none is chosen.
        var rule: String?
        var key: String?
        /// Why the request was refused.
        var code: String?
        /// Which limit refused it, such as `environment-bytes`; of a batch, the last one that did.
        var limit: String?
        /// How a batch went.
        var batch: (tickets: Int, refusals: Int)?
        /// What is left of the limits that the request was counted against.
        var limits: [LimitStanding] = []
    }

    private let state = Mutex(State())

    var current: State { state.withLock { $0 } }
    var requestID: String { state.withLock { $0.requestID } }

    func update(_ change: (inout sending State) -> Void) {
        state.withLock { change(&$0) }
    }
}

struct ServiceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let record = RequestRecord()
    /// Who is connected: a client, or the proxy in front of the service.
    let peer: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.peer = source.channel.remoteAddress
    }
}
