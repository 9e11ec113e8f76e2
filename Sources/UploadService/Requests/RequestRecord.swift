import Hummingbird
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
        /// How a batch went.
        var batch: (tickets: Int, refusals: Int)?
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

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
    }
}
