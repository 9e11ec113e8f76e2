import Hummingbird
import NIOCore

/// A request's context with its connection, which the answers `100 Continue` and `Connection: close` need.
struct BucketRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.channel = source.channel
    }
}
