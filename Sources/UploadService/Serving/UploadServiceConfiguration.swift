import Foundation
public import ServiceLifecycle
public import SigV4
public import Uploads

/// The limits that keep one client from taking the service away from the others.
public struct ServiceLimits: Sendable {
    /// Larger bodies get 413. 64 KiB.
    public var maximumBodyBytes = 64 * 1024
    /// The same for a batch. 1 MiB.
    public var maximumBatchBodyBytes = 1024 * 1024
    /// A body that takes longer to arrive gets 408, and its connection closes; a head that does, closes it at once.
    public var bodyDeadline = Duration.seconds(10)
    /// A connection without a request, or with half a one, closes after this time.
    public var idleTimeout = Duration.seconds(75)
    /// After an answer that closes the connection, or that came before the whole body, this long is read and dropped what still arrives, so
    /// that the client sees the answer and not a reset.
    public var lingering = Duration.seconds(2)
    /// More requests at one time get 503. Below `maximumConnections`, so that there is a connection left to answer on.
    public var maximumInFlight = 256
    /// For the next one the connection closes that has waited longest for its client.
    public var maximumConnections = 1024
    /// How many requests one client address may send; nil for as many as it likes. An environment's `UploadLimits` hold the rest.
    public var addressRequests: RequestRate?
    /// How many proxies stand between clients and the service, and write X-Forwarded-For.
    public var trustedHops = 0

    public init() {}
}

/// Everything that `buildUploadService` needs to know.
public struct UploadServiceConfiguration: Sendable {
    /// One for each environment that this process serves.
    public var offices: [SigningOffice]
    /// Who decides which caller sent a request.
    public var authenticator: any CallerAuthenticator
    /// What runs beside the server as long as it does, such as the refreshing of keys.
    public var backgroundServices: [any Service] = []

    /// What makes and reads scoped tokens; nil where none are given.
    public var scopedTokens: ScopedTokens?

    /// Asks the buckets: for uploads in parts, and what was stored.
    public var store = StoreClient()

    /// Counts what callers, client addresses and environments take.
    public var limitStore: any LimitStore = LimitsInMemory()

    public var host = "127.0.0.1"
    public var port = 8080
    /// Where `/metrics` is served; nil means with everything else.
    public var metricsPort: Int?
    public var limits = ServiceLimits()

    /// Serves the demonstration page at `/` (only `dev` does).
    public var showsDemonstrationPage = false
    /// Refuses every Host and Origin that is not loopback, so that a page from elsewhere cannot reach the service through a rebound DNS name;
    /// in return every loopback Origin is allowed (only `dev` sets it).
    public var isLoopbackOnly = false

    /// The time at which tickets are signed.
    public var clock = systemClock
    public static let systemClock: @Sendable () -> SigningTime = { SigningTime(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)) }
    /// A generator for each request: for the keys of its tickets and for its id.
    public var makeRandom: @Sendable () -> any RandomNumberGenerator = { SystemRandomNumberGenerator() }
    /// Where the service counts, and what `/metrics` shows.
    public var metrics = makeMetrics()
    public static func makeMetrics() -> PrometheusMetrics {
        PrometheusMetrics(help: ServiceMetrics.help.merging(CredentialMetrics.help) { one, _ in one })
    }

    public init(offices: [SigningOffice], authenticator: any CallerAuthenticator) {
        self.offices = offices
        self.authenticator = authenticator
    }

    /// Refuses what would not work, before anything listens.
    func validate() throws(UploadServiceConfigurationError) {
        let names = offices.map(\.environment.name)
        if names.isEmpty {
            throw UploadServiceConfigurationError("no environment is served: name at least one")
        }
        if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw UploadServiceConfigurationError("environment '\(name)' is served twice: name it once")
        }
        if limits.maximumInFlight < 1 || limits.maximumInFlight >= limits.maximumConnections {
            throw UploadServiceConfigurationError(
                "the limit of requests in flight is \(limits.maximumInFlight): it must be at least 1 and below the limit of connections, \(limits.maximumConnections)"
            )
        }
        if limits.maximumBodyBytes < 1 || limits.maximumBatchBodyBytes < 1 {
            throw UploadServiceConfigurationError("the limits of a body must be at least 1 byte")
        }
        if min(limits.bodyDeadline, limits.idleTimeout, limits.lingering) <= .zero {
            throw UploadServiceConfigurationError("the body's deadline, the idle time-out and the lingering time must be above zero")
        }
        if let metricsPort, metricsPort == port, port != 0 {
            throw UploadServiceConfigurationError("port \(port) is given for the API and for the metrics: choose another for one of them")
        }
    }
}

/// Why a service cannot be built as configured, and what to change.
public struct UploadServiceConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
