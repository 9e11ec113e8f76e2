public import SigV4

/// What somebody may take, and under whose name it is counted.
public struct LimitClaim: Sendable {
    public let scope: LimitScope
    public let subject: LimitSubject
    public let allowance: Allowance

    public init(_ scope: LimitScope, _ subject: LimitSubject, _ allowance: Allowance) {
        self.scope = scope
        self.subject = subject
        self.allowance = allowance
    }
}

/// What is counted of a scope.
public enum LimitKind: String, Sendable, CaseIterable {
    case requests
    case uploads
    case bytes
}

/// How much of one limit is left.
public struct LimitStanding: Sendable, Equatable {
    public let scope: LimitScope
    public let kind: LimitKind
    /// All that there can be: the burst, the open uploads, the bytes of a day.
    public let quota: Int64
    public let left: Int64
    /// Seconds in which as much as the quota comes back; nil for open uploads, which are given back when they end.
    public let windowSeconds: Int64?
    /// Seconds until all of the quota is there again; nil for open uploads.
    public let resetSeconds: Int64?
}

/// A limit that did not suffice; nothing was taken.
public struct LimitFault: Error, Sendable, Equatable {
    /// Nil: as many are counted as this process has room for.
    public let standing: LimitStanding?
    /// When to try again.
    public let retryAfterSeconds: Int64
}

/// The counts themselves: a value, to which each request and each step of an upload is told with the time at which it happens.
///
/// Requests are counted in token buckets. A ticket reserves an open upload and its bytes, as many as it allows; confirming settles them for
/// what was stored, aborting gives them back, and so does the end of its grant.
public struct LimitCounts: Sendable {
    private var buckets: TokenBuckets
    /// Of each environment: what one has open takes no room from another.
    private var ledgers: [String: UploadLedger] = [:]
    private let maximumSubjects: Int
    private let maximumOpenUploads: Int

    /// - Parameters:
    ///   - maximumSubjects: how many callers and addresses are counted at most, for requests and for the uploads of each environment.
    ///   - maximumOpenUploads: how many uploads of an environment are kept count of at most.
    public init(maximumSubjects: Int = 100_000, maximumOpenUploads: Int = Allowance.maximumOpenUploads) {
        buckets = TokenBuckets(capacity: maximumSubjects)
        self.maximumSubjects = maximumSubjects
        self.maximumOpenUploads = maximumOpenUploads
    }

    /// How many uploads are open, and how many have a count of anything.
    public var sizes: (openUploads: Int, subjects: Int) {
        ledgers.values.reduce((0, buckets.count)) { ($0.0 + $1.openCount, $0.1 + $1.accountCount) }
    }

    /// Takes a request from each claim that counts them, or from none.
    ///
    /// - Parameter uptime: nanoseconds of a clock that never goes back.
    public mutating func take(_ claims: [LimitClaim], at uptime: Int64) throws(LimitFault) -> [LimitStanding] {
        let limited = claims.compactMap { claim in
            claim.allowance.requests.map { (claim: claim, rate: $0, bucket: buckets.bucket(of: claim.subject)) }
        }
        for (claim, rate, bucket) in limited {
            let level = bucket.level(of: rate, at: uptime)
            if !level.isGranted {
                // Whoever keeps asking is not forgotten.
                buckets.keep(bucket, of: claim.subject)
                throw LimitFault(
                    standing: Self.standing(claim, rate, level), retryAfterSeconds: Self.seconds(level.wait))
            }
        }
        return limited.map { claim, rate, bucket in
            var bucket = bucket
            bucket.take(from: rate, at: uptime)
            buckets.keep(bucket, of: claim.subject)
            return Self.standing(claim, rate, bucket.level(of: rate, at: uptime))
        }
    }

    private static func standing(_ claim: LimitClaim, _ rate: RequestRate, _ level: TokenBucket.Level) -> LimitStanding {
        LimitStanding(
            scope: claim.scope, kind: .requests, quota: Int64(rate.burst), left: Int64(level.left),
            windowSeconds: (Int64(rate.burst) + Int64(rate.perSecond) - 1) / Int64(rate.perSecond), resetSeconds: seconds(level.debt))
    }

    private static func seconds(_ nanoseconds: Int64) -> Int64 {
        max(1, (nanoseconds + 999_999_999) / 1_000_000_000)
    }

    /// Reserves what a ticket allows, in each claim that counts uploads, or in none.
    public mutating func reserve(
        _ upload: UploadReservation, _ claims: [LimitClaim], at now: SigningTime
    ) throws(LimitFault) -> [LimitStanding] {
        let claims = claims.filter(\.allowance.limitsUploads)
        guard !claims.isEmpty else { return [] }
        let new = UploadLedger(maximumAccounts: maximumSubjects, maximumReservations: maximumOpenUploads)
        return try ledgers[upload.environment, default: new].reserve(upload, claims, at: now)
    }

    /// An upload is stored, with so many bytes.
    public mutating func settle(_ upload: UploadReservation, storedBytes: Int64, at now: SigningTime) {
        ledgers[upload.environment]?.settle(upload, storedBytes: storedBytes, at: now)
    }

    /// An upload will never be stored.
    public mutating func release(_ upload: UploadReservation, at now: SigningTime) {
        ledgers[upload.environment]?.release(upload, at: now)
    }
}
