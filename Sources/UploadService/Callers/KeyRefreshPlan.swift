import SigV4

/// When a JWKS is fetched: a value that takes events, without a clock or a network.
///
/// A set is fetched again after four fifths of its age, so that it is there before the old one is stale; after a failure in pauses that
/// double up to five minutes, each drawn from its upper half so that many processes do not come back at once.
struct KeyRefreshPlan {
    /// How long a set may count as fresh, in seconds, whatever its Cache-Control says.
    static let ageSeconds = 300...86_400
    static let defaultAgeSeconds = 3_600
    static let maximumPauseSeconds = 300
    /// An unknown `kid` fetches no more often than this.
    static let unknownKeyPauseSeconds: Int64 = 60

    private var lastAttempt: SigningTime?
    private(set) var nextAttempt: SigningTime?
    private var failures = 0

    func isDue(at now: SigningTime) -> Bool {
        guard let nextAttempt, let lastAttempt else { return true }
        // A clock that was set back must not put the next attempt off for years.
        return now >= nextAttempt || now < lastAttempt
    }

    func mayFetchUnknownKey(at now: SigningTime) -> Bool {
        guard let lastAttempt else { return true }
        return now < lastAttempt || now.secondsSinceEpoch - lastAttempt.secondsSinceEpoch >= Self.unknownKeyPauseSeconds
    }

    mutating func started(at now: SigningTime) {
        lastAttempt = now
        nextAttempt = now.adding(seconds: Int64(Self.maximumPauseSeconds))
    }

    /// - Parameter maximumAgeSeconds: what the answer's Cache-Control says.
    mutating func succeeded(at now: SigningTime, maximumAgeSeconds: Int?) {
        failures = 0
        let age = min(max(maximumAgeSeconds ?? Self.defaultAgeSeconds, Self.ageSeconds.lowerBound), Self.ageSeconds.upperBound)
        nextAttempt = now.adding(seconds: Int64(age * 4 / 5))
    }

    mutating func failed(at now: SigningTime, using random: inout some RandomNumberGenerator) {
        failures += 1
        let limit = min(Self.maximumPauseSeconds, 2 << min(failures - 1, 16))
        nextAttempt = now.adding(seconds: Int64.random(in: Int64(limit / 2)...Int64(limit), using: &random))
    }

    /// Seconds until the next attempt, for Retry-After.
    func pauseSeconds(at now: SigningTime) -> Int {
        let pause = (nextAttempt?.secondsSinceEpoch ?? 0) - now.secondsSinceEpoch
        return Int(min(max(pause, 1), 60))
    }
}
