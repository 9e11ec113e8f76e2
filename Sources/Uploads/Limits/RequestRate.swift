/// How many requests there may be: so many a second, and so many at once by whoever has been quiet (a token bucket).
public struct RequestRate: Sendable, Equatable {
    public static let allowedPerSecond = 1...1_000_000

    /// How many tokens come back in a second.
    public let perSecond: Int
    /// How many tokens the full bucket has.
    public let burst: Int

    /// - Parameters:
    ///   - perSecond: within ``allowedPerSecond``; what is outside is taken as the nearest.
    ///   - burst: at least 1; nil for what comes back in three seconds.
    public init(perSecond: Int, burst: Int? = nil) {
        self.perSecond = min(max(perSecond, Self.allowedPerSecond.lowerBound), Self.allowedPerSecond.upperBound)
        self.burst = min(max(burst ?? self.perSecond * 3, 1), 10 * Self.allowedPerSecond.upperBound)
    }

    /// How long one token takes to come back, in nanoseconds.
    fileprivate var interval: Int64 { 1_000_000_000 / Int64(perSecond) }
    fileprivate var fillTime: Int64 { interval * Int64(burst) }
}

/// A token bucket, kept as the one number that says everything about it: when it will be full again. (ATM Forum's generic cell rate
/// algorithm, "virtual scheduling".)
struct TokenBucket: Sendable, Equatable {
    /// In nanoseconds of a clock that never goes back; a time that has passed means that the bucket is full.
    private(set) var fullAt: Int64 = 0

    /// What a bucket holds after a request was asked for.
    struct Level: Sendable, Equatable {
        /// Whether a token was there.
        let isGranted: Bool
        /// Whole tokens that are left.
        let left: Int
        /// Nanoseconds until the next token, where none was there; else none.
        let wait: Int64
        /// Nanoseconds until the bucket is full.
        let debt: Int64
    }

    /// What it holds, without taking anything.
    func level(of rate: RequestRate, at now: Int64) -> Level {
        let debt = max(fullAt - now, 0)
        // A rate that was lowered may leave more debt than the bucket is deep.
        let left = max(rate.fillTime - debt, 0) / rate.interval
        return left > 0
            ? Level(isGranted: true, left: Int(left), wait: 0, debt: debt)
            : Level(isGranted: false, left: 0, wait: debt + rate.interval - rate.fillTime, debt: debt)
    }

    mutating func take(from rate: RequestRate, at now: Int64) {
        fullAt = max(fullAt, now) + rate.interval
    }
}

/// One token bucket for each of many, in bounded memory.
struct TokenBuckets: Sendable {
    /// Buckets of lately, and of before that. When the first are as many as half of the room, they take the others' place: whoever has not
    /// asked meanwhile is forgotten, which takes no looking through them, however many strangers ask.
    private var recent: [LimitSubject: TokenBucket] = [:]
    private var older: [LimitSubject: TokenBucket] = [:]
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { recent.count + older.count }

    func bucket(of subject: LimitSubject) -> TokenBucket {
        recent[subject] ?? older[subject] ?? TokenBucket()
    }

    mutating func keep(_ bucket: TokenBucket, of subject: LimitSubject) {
        if recent[subject] == nil, recent.count >= max(capacity / 2, 1) {
            older = recent
            recent = [:]
        }
        recent[subject] = bucket
    }
}
