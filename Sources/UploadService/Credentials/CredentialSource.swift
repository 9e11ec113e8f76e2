public import CoreMetrics
public import Logging
public import ServiceLifecycle
public import Settings
public import SigV4
import Synchronization
public import Uploads

/// What one environment signs with, now: fixed keys, or temporary ones that are fetched again ahead of their end.
///
/// Old credentials sign as long as they live, however long new ones fail to come; what fails is logged, counted, and shows in readiness.
public final class CredentialSource: Sendable {
    private struct State {
        var credentials: SigningCredentials?
        var plan = RefreshPlan()
        /// Why the last fetch failed.
        var fault: String?
        /// Nothing more is to be fetched: the credentials are good as long as the process lives.
        var isSettled = false
        /// The fetch that is under way; all who need one wait for the same.
        var flight: Task<Void, Never>?
    }

    private struct Origin {
        let settings: AWSSettings
        let fetcher: any CredentialFetching
        let clock: @Sendable () -> SigningTime
        let makeRandom: @Sendable () -> any RandomNumberGenerator
        let keys: AccessKeys
        let metrics: CredentialMetrics
        let logger: Logger
    }

    public let environment: String
    private let origin: Origin?
    private let state: Mutex<State>

    /// Credentials that are there and stay.
    public init(environment: String, fixed credentials: Credentials) {
        self.environment = environment
        origin = nil
        state = Mutex(State(credentials: SigningCredentials(credentials), isSettled: true))
    }

    /// Credentials as the settings say, which are read anew for each fetch.
    ///
    /// - Parameters:
    ///   - keys: shared by the environments of a process, none of which signs with another's access key.
    ///   - makeRandom: for the pauses between failing fetches.
    public init(
        environment: String, settings: AWSSettings, keys: AccessKeys, fetcher: any CredentialFetching = CredentialFetcher(),
        clock: @escaping @Sendable () -> SigningTime = UploadServiceConfiguration.systemClock,
        makeRandom: @escaping @Sendable () -> any RandomNumberGenerator = { SystemRandomNumberGenerator() },
        metrics: any MetricsFactory, logger: Logger
    ) {
        self.environment = environment
        origin = Origin(
            settings: settings, fetcher: fetcher, clock: clock, makeRandom: makeRandom, keys: keys,
            metrics: CredentialMetrics(environment: environment, factory: metrics), logger: logger)
        state = Mutex(State())
    }

    /// What signs now, perhaps with little time left; nil as long as nothing was fetched.
    public var current: SigningCredentials? { state.withLock { $0.credentials } }
    /// Why the last fetch failed; nil where it did not.
    public var fault: String? { state.withLock { $0.fault } }
    /// Until the next fetch, for Retry-After.
    var pauseSeconds: Int {
        guard let origin else { return 1 }
        return state.withLock { $0.flight == nil ? $0.plan.pauseSeconds(at: origin.clock()) : 1 }
    }

    /// Begins to fetch where it is time to, and does not wait.
    @discardableResult
    func refreshIfDue() -> Task<Void, Never>? {
        guard let origin else { return nil }
        return state.withLock { state in
            if let flight = state.flight { return flight }
            let now = origin.clock()
            guard !state.isSettled, state.plan.isDue(at: now) else { return nil }
            state.plan.started(at: now)
            let flight = Task { await self.fetch(origin, at: now) }
            state.flight = flight
            return flight
        }
    }

    private func fetch(_ origin: Origin, at now: SigningTime) async {
        do {
            let plan = try origin.settings.credentialPlan()
            let credentials = try await origin.fetcher.fetch(plan, at: now)
            try check(credentials, origin)
            succeeded(credentials, plan, origin)
        } catch {
            let message = (error as? CredentialFault)?.message ?? (error as? AWSSettingsError)?.description
            failed(message ?? "the fetch failed", origin)
        }
    }

    /// Refuses what would not sign, or would sign for another environment.
    private func check(_ credentials: SigningCredentials, _ origin: Origin) throws(CredentialFault) {
        if let remaining = credentials.remainingSeconds(at: origin.clock()), remaining <= 0 {
            throw CredentialFault("the credentials that came have ended already; is this machine's clock right?")
        }
        if let other = origin.keys.take(credentials.credentials.accessKeyID, for: environment) {
            throw CredentialFault("the access key that came is that of \(other) as well; give each environment its own")
        }
    }

    private func succeeded(_ credentials: SigningCredentials, _ plan: CredentialPlan, _ origin: Origin) {
        let now = origin.clock()
        let isNew = state.withLock { state in
            let isNew = state.credentials != credentials
            state.credentials = credentials
            state.fault = nil
            state.flight = nil
            if let remaining = credentials.remainingSeconds(at: now) {
                state.plan.succeeded(at: now, nextAfterSeconds: Self.refreshAfter(remainingSeconds: remaining, isNew: isNew))
            } else {
                state.isSettled = true
            }
            return isNew
        }
        origin.metrics.succeeded(expiresAt: credentials.expiresAt)
        guard isNew else { return }
        origin.logger.notice(
            "the credentials of an environment are loaded",
            metadata: [
                "environment": .string(environment), "from": .string(plan.origin),
                "accessKeyID": .string(credentials.credentials.accessKeyID),
                "expiresAt": .string(credentials.expiresAt?.iso8601 ?? "never"),
            ])
    }

    /// New credentials are asked for when a third of their life is left, and at most twenty minutes ahead: a rule's usual quarter of an
    /// hour, and some time to try again. Whoever gives out the same ones once more is asked each minute,
    /// and when they end.
    static func refreshAfter(remainingSeconds: Int64, isNew: Bool) -> Int64 {
        guard isNew else { return min(60, max(remainingSeconds, 1)) }
        return max(remainingSeconds - min(remainingSeconds / 3, 1200), 1)
    }

    private func failed(_ message: String, _ origin: Origin) {
        var random = origin.makeRandom()
        let now = origin.clock()
        let (remaining, pause) = state.withLock { state in
            state.plan.failed(at: now, using: &random)
            state.fault = message
            state.flight = nil
            return (state.credentials?.remainingSeconds(at: now), state.plan.pauseSeconds(at: now))
        }
        origin.metrics.failed()
        origin.logger.warning(
            "the credentials of an environment could not be fetched",
            metadata: [
                "environment": .string(environment), "reason": .string(message),
                "using": .string(remaining.map { $0 > 0 ? "those from before, for \($0) seconds" : "none" } ?? "none"),
                "retryAfterSeconds": .stringConvertible(pause),
            ])
    }
}

/// Which environment signs with which access key, so that no two of a process share one.
public final class AccessKeys: Sendable {
    private let byEnvironment = Mutex<[String: String]>([:])

    public init() {}

    /// Notes an environment's key; names the other environment where the key is that one's.
    func take(_ accessKeyID: String, for environment: String) -> String? {
        byEnvironment.withLock { keys in
            if let other = keys.first(where: { $0.value == accessKeyID && $0.key != environment })?.key { return other }
            keys[environment] = accessKeyID
            return nil
        }
    }
}

/// Refreshes credentials ahead of their end, as long as the service runs: no request waits for them.
public struct CredentialRefresher: Service {
    private let sources: [CredentialSource]

    public init(_ sources: [CredentialSource]) {
        self.sources = sources
    }

    /// Fetches what is due and waits for it.
    public func load() async {
        for flight in sources.map({ $0.refreshIfDue() }) { await flight?.value }
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                for source in sources { source.refreshIfDue() }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
