import SigV4

/// When a JWKS is fetched: again after four fifths of its age, so that a set is there before the old one is stale.
extension RefreshPlan {
    /// How long a set may count as fresh, in seconds, whatever its Cache-Control says.
    static let ageSeconds = 300...86_400
    static let defaultAgeSeconds = 3_600
    /// An unknown `kid` fetches no more often than this.
    static let unknownKeyPauseSeconds: Int64 = 60

    func mayFetchUnknownKey(at now: SigningTime) -> Bool {
        guard let lastAttempt else { return true }
        return now < lastAttempt || now.secondsSinceEpoch - lastAttempt.secondsSinceEpoch >= Self.unknownKeyPauseSeconds
    }

    /// - Parameter maximumAgeSeconds: what the answer's Cache-Control says.
    mutating func succeeded(at now: SigningTime, maximumAgeSeconds: Int?) {
        let age = min(max(maximumAgeSeconds ?? Self.defaultAgeSeconds, Self.ageSeconds.lowerBound), Self.ageSeconds.upperBound)
        succeeded(at: now, nextAfterSeconds: Int64(age * 4 / 5))
    }
}
