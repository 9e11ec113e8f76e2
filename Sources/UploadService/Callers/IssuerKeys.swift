import Libcrypto
import Logging
import Settings
import SigV4
import Synchronization

/// The keys of one issuer as they are now: fixed ones, or a JWKS that is fetched again and again.
///
/// Old keys are served until there are new ones, however long the issuer is away; what fails is logged and shows in readiness.
final class IssuerKeys: Sendable {
    private struct State {
        var keys: KeySet?
        /// Counts the different sets there have been.
        var generation = 0
        var plan = RefreshPlan()
        /// Why the last fetch failed.
        var fault: String?
        /// The fetch that is under way; all who need one wait for the same.
        var flight: Task<Void, Never>?
    }

    private struct Source {
        let url: String
        let algorithms: [TokenIssuer.Algorithm]
        let fetcher: any KeySetFetcher
    }

    /// For logs: everybody whose keys these are.
    private let name: String
    /// Nil for fixed keys.
    private let source: Source?
    private let clock: @Sendable () -> SigningTime
    private let makeRandom: @Sendable () -> any RandomNumberGenerator
    private let logger: Logger
    private let state: Mutex<State>

    init(name: String, fixed keys: KeySet, logger: Logger) {
        self.name = name
        self.source = nil
        self.clock = { SigningTime(secondsSinceEpoch: 0) }
        self.makeRandom = { SystemRandomNumberGenerator() }
        self.logger = logger
        self.state = Mutex(State(keys: keys))
        note(keys)
    }

    init(
        name: String, url: String, algorithms: [TokenIssuer.Algorithm], fetcher: any KeySetFetcher,
        clock: @escaping @Sendable () -> SigningTime, makeRandom: @escaping @Sendable () -> any RandomNumberGenerator, logger: Logger
    ) {
        self.name = name
        self.source = Source(url: url, algorithms: algorithms, fetcher: fetcher)
        self.clock = clock
        self.makeRandom = makeRandom
        self.logger = logger
        self.state = Mutex(State())
    }

    /// Nil as long as none have been fetched.
    var current: KeySet? { state.withLock { $0.keys } }
    var generation: Int { state.withLock { $0.generation } }
    /// Why the last fetch failed; nil where it did not.
    var fault: String? { state.withLock { $0.fault } }
    /// Until the next fetch, for Retry-After.
    var pauseSeconds: Int { state.withLock { $0.plan.pauseSeconds(at: clock()) } }

    /// Begins to fetch where it is time to, and does not wait.
    @discardableResult
    func refreshIfDue() -> Task<Void, Never>? {
        refresh { $0.plan.isDue(at: $1) }
    }

    /// Fetches because a token names a key that is not there, unless that was done a short while ago; waits for it.
    func refreshForUnknownKey() async {
        await refresh { $0.plan.mayFetchUnknownKey(at: $1) }?.value
    }

    private func refresh(where isWanted: (State, SigningTime) -> Bool) -> Task<Void, Never>? {
        guard let source else { return nil }
        let now = clock()
        return state.withLock { state in
            if let flight = state.flight { return flight }
            guard isWanted(state, now) else { return nil }
            state.plan.started(at: now)
            let flight = Task { await self.fetch(source) }
            state.flight = flight
            return flight
        }
    }

    private func fetch(_ source: Source) async {
        do {
            let fetched: FetchedKeySet
            do { fetched = try await source.fetcher.fetch(source.url) } catch { throw KeySetFault(error.message) }
            let keys = try await KeySet(jwks: fetched.body, algorithms: source.algorithms)
            succeeded(keys, maximumAgeSeconds: fetched.maximumAgeSeconds)
        } catch {
            failed((error as? KeySetFault)?.message ?? "the request failed")
        }
    }

    private func succeeded(_ keys: KeySet, maximumAgeSeconds: Int?) {
        let isNew = state.withLock { state in
            let isNew = state.keys?.sourceDigest != keys.sourceDigest
            if isNew {
                state.keys = keys
                state.generation += 1
            }
            state.plan.succeeded(at: clock(), maximumAgeSeconds: maximumAgeSeconds)
            state.fault = nil
            state.flight = nil
            return isNew
        }
        if isNew { note(keys) }
    }

    private func failed(_ message: String) {
        var random = makeRandom()
        let (hasKeys, pause) = state.withLock { state in
            state.plan.failed(at: clock(), using: &random)
            state.fault = message
            state.flight = nil
            return (state.keys != nil, state.plan.pauseSeconds(at: clock()))
        }
        logger.warning(
            "an issuer's keys could not be fetched",
            metadata: [
                "issuer": .string(name), "reason": .string(message), "using": .string(hasKeys ? "the keys from before" : "none"),
                "retryAfterSeconds": .stringConvertible(pause),
            ])
    }

    private func note(_ keys: KeySet) {
        logger.notice("an issuer's keys are loaded", metadata: ["issuer": .string(name), "keys": .stringConvertible(keys.keys.count)])
        for note in keys.notes {
            logger.warning("a key of an issuer is not used", metadata: ["issuer": .string(name), "reason": .string(note)])
        }
    }
}
