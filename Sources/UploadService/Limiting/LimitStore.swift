public import SigV4
import Synchronization
public import Uploads

/// Where it is counted what callers, client addresses and environments have taken.
///
/// ``LimitsInMemory`` counts for one process. A store that several processes share does the same with counts of its own; where it is out of
/// reach, it is the one to decide whether that grants or refuses.
public protocol LimitStore: Sendable {
    /// Takes a request from each claim that counts them, or from none.
    ///
    /// - Returns: what is left of each.
    /// - Throws: the first limit that did not suffice.
    func take(_ claims: [LimitClaim]) async throws(LimitFault) -> [LimitStanding]

    /// Reserves what a ticket allows, in each claim that counts uploads, or in none.
    func reserve(_ upload: UploadReservation, _ claims: [LimitClaim], at now: SigningTime) async throws(LimitFault) -> [LimitStanding]

    /// An upload is stored, with so many bytes. One that is not reserved (any more) changes nothing.
    func settle(_ upload: UploadReservation, storedBytes: Int64, at now: SigningTime) async

    /// An upload will never be stored. One that is not reserved (any more) changes nothing.
    func release(_ upload: UploadReservation, at now: SigningTime) async

    /// How many uploads are reserved, for the metrics.
    var openUploadCount: Int { get async }
}

/// Counts in this process, in bounded memory, as long as it runs: several processes each grant what is allowed.
public final class LimitsInMemory: LimitStore {
    private let counts: Mutex<LimitCounts>
    private let start: ContinuousClock.Instant
    private let clock: @Sendable () -> ContinuousClock.Instant

    /// - Parameter clock: the time that requests are counted by, which no change of the system's time touches.
    public init(_ counts: LimitCounts = LimitCounts(), clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.counts = Mutex(counts)
        self.clock = clock
        start = clock()
    }

    public func take(_ claims: [LimitClaim]) async throws(LimitFault) -> [LimitStanding] {
        let uptime = (clock() - start).nanoseconds
        return try counts.withLock { counts throws(LimitFault) in try counts.take(claims, at: uptime) }
    }

    public func reserve(
        _ upload: UploadReservation, _ claims: [LimitClaim], at now: SigningTime
    ) async throws(LimitFault) -> [LimitStanding] {
        try counts.withLock { counts throws(LimitFault) in try counts.reserve(upload, claims, at: now) }
    }

    public func settle(_ upload: UploadReservation, storedBytes: Int64, at now: SigningTime) async {
        counts.withLock { $0.settle(upload, storedBytes: storedBytes, at: now) }
    }

    public func release(_ upload: UploadReservation, at now: SigningTime) async {
        counts.withLock { $0.release(upload, at: now) }
    }

    public var openUploadCount: Int {
        counts.withLock { $0.sizes.openUploads }
    }
}

extension Duration {
    /// Whole nanoseconds; what does not fit is as long as fits.
    var nanoseconds: Int64 {
        let (seconds, isTooLong) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isTooLong ? .max : seconds + components.attoseconds / 1_000_000_000
    }
}
