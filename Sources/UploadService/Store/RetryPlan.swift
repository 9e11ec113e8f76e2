/// How often and how long something is tried that others do: bounds for one call of the store.
public struct RetryPlan: Sendable {
    /// The first one among them.
    public var tries: Int
    /// For one try, from connecting to the answer's last byte.
    public var tryDeadline: Duration
    /// For all tries and the pauses between them.
    public var deadline: Duration

    public init(tries: Int = 4, tryDeadline: Duration, deadline: Duration) {
        self.tries = tries
        self.tryDeadline = tryDeadline
        self.deadline = deadline
    }

    /// What is over in moments, while a browser waits.
    public static let brief = RetryPlan(tryDeadline: .seconds(10), deadline: .seconds(25))
    /// Putting parts together, with which S3 takes minutes of large objects.
    public static let completing = RetryPlan(tryDeadline: .seconds(240), deadline: .seconds(300))

    /// Bytes, however many: a connection that stands still is the HTTP client's to end.
    public static let sending = RetryPlan(tries: 6, tryDeadline: .seconds(86_400), deadline: .seconds(7 * 86_400))

    private static let firstPauseSeconds = 0.2
    private static let maximumPauseSeconds = 5.0

    /// The pause after a failed try: it doubles, and is drawn from its upper half so that many callers do not come back at once.
    ///
    /// - Parameters:
    ///   - failures: how many tries have failed, from 1.
    ///   - wishSeconds: the store's own wish (Retry-After).
    /// - Returns: nil where no try is left, or no time for one.
    func pause(
        afterFailures failures: Int, elapsed: Duration, wishSeconds: Int?, using random: inout some RandomNumberGenerator
    ) -> Duration? {
        guard failures < tries else { return nil }
        let limit = min(Self.maximumPauseSeconds, Self.firstPauseSeconds * Double(1 << min(failures - 1, 16)))
        let drawn = Duration.seconds(Double.random(in: limit / 2...limit, using: &random))
        let pause = max(drawn, Duration.seconds(wishSeconds ?? 0))
        return elapsed + pause < deadline ? pause : nil
    }
}
