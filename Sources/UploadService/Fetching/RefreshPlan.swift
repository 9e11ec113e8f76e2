import SigV4

/// When something that ages is fetched again: a value that takes events, without a clock or a network.
///
/// After a failure the next attempts come in pauses that double up to five minutes, each drawn from its upper half so that many processes
/// do not come back at once.
struct RefreshPlan {
    static let maximumPauseSeconds = 300

    private(set) var lastAttempt: SigningTime?
    private(set) var nextAttempt: SigningTime?
    private var failures = 0

    func isDue(at now: SigningTime) -> Bool {
        guard let nextAttempt, let lastAttempt else { return true }
        // A clock that was set back must not put the next attempt off for years.
        return now >= nextAttempt || now < lastAttempt
    }

    mutating func started(at now: SigningTime) {
        lastAttempt = now
        nextAttempt = now.adding(seconds: Int64(Self.maximumPauseSeconds))
    }

    mutating func succeeded(at now: SigningTime, nextAfterSeconds seconds: Int64) {
        failures = 0
        nextAttempt = now.adding(seconds: seconds)
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
