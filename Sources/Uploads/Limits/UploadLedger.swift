internal import SigV4

/// Open uploads and the bytes of a day, by whom they are counted for.
///
/// A day is one of UTC, and bytes belong to the day of their ticket. A clock that is set back or forward begins a day anew; open uploads
/// stay open until their grant's end.
struct UploadLedger: Sendable {
    private struct Account {
        var open = 0
        var day: Int64
        var bytes: Int64 = 0
    }

    /// The open tickets for one object by one holder: it can be stored but once at a time.
    private struct Reservation {
        var count: Int
        var bytes: Int64
        let day: Int64
        let minute: Int64
        let subjects: [LimitSubject]
    }

    private static let daySeconds: Int64 = 86_400
    /// What is said where nobody can know when an upload will end.
    private static let retrySeconds: Int64 = 30

    private let maximumAccounts: Int
    private let maximumReservations: Int
    private var accounts: [LimitSubject: Account] = [:]
    private var reservations: [LimitSubject: Reservation] = [:]
    /// What ends in which minute, so that nothing has to be looked through to find what has ended.
    private var ends: [Int64: Set<LimitSubject>] = [:]
    private var firstEnd = Int64.max
    /// When accounts that nobody needs any more were last looked for.
    private var sweptMinute = Int64.min
    private(set) var openCount = 0

    init(maximumAccounts: Int, maximumReservations: Int) {
        self.maximumAccounts = maximumAccounts
        self.maximumReservations = maximumReservations
    }

    var accountCount: Int { accounts.count }

    // MARK: - Steps

    mutating func reserve(
        _ upload: UploadReservation, _ claims: [LimitClaim], at now: SigningTime
    ) throws(LimitFault) -> [LimitStanding] {
        releaseEnded(at: now)
        let day = Self.day(of: now)
        try makeRoom(for: claims, at: now)
        for claim in claims {
            let account = account(of: claim.subject, day: day)
            for standing in Self.standings(claim, account, at: now)
            where standing.left < (standing.kind == .bytes ? upload.bytes : 1) {
                let wait = standing.kind == .bytes ? Self.secondsLeft(at: now) : Self.retrySeconds
                throw LimitFault(standing: standing, retryAfterSeconds: wait)
            }
        }
        for claim in claims {
            var account = account(of: claim.subject, day: day)
            account.open += 1
            account.bytes = Self.sum(account.bytes, upload.bytes)
            accounts[claim.subject] = account
        }
        note(upload, claims.map(\.subject), day: day)
        return claims.flatMap { Self.standings($0, account(of: $0.subject, day: day), at: now) }
    }

    mutating func settle(_ upload: UploadReservation, storedBytes: Int64, at now: SigningTime) {
        releaseEnded(at: now)
        guard let reservation = forget(upload.object) else { return }
        giveBack(reservation, count: reservation.count, bytes: reservation.bytes - min(storedBytes, reservation.bytes))
    }

    mutating func release(_ upload: UploadReservation, at now: SigningTime) {
        releaseEnded(at: now)
        guard var reservation = forget(upload.object) else { return }
        let returned = min(upload.bytes, reservation.bytes)
        giveBack(reservation, count: 1, bytes: returned)
        reservation.count -= 1
        reservation.bytes -= returned
        if reservation.count > 0 { keep(reservation, of: upload.object) }
    }

    private mutating func releaseEnded(at now: SigningTime) {
        let minute = Self.minute(of: now)
        guard firstEnd < minute else { return }
        for ended in ends.keys where ended < minute {
            for object in ends[ended] ?? [] {
                if let reservation = forget(object) { giveBack(reservation, count: reservation.count, bytes: reservation.bytes) }
            }
        }
        firstEnd = ends.keys.min() ?? .max
    }

    // MARK: - Reservations

    private mutating func note(_ upload: UploadReservation, _ subjects: [LimitSubject], day: Int64) {
        var count = 1
        var bytes = upload.bytes
        var minute = Self.minute(of: upload.endsAt)
        if let before = forget(upload.object) {
            if before.day == day, before.subjects == subjects {
                count += before.count
                bytes = Self.sum(bytes, before.bytes)
            } else {
                // Of another day or address: what was reserved then ends now, and this ticket stands for the object.
                giveBack(before, count: before.count, bytes: before.bytes)
            }
            minute = max(minute, before.minute)
        }
        keep(Reservation(count: count, bytes: bytes, day: day, minute: minute, subjects: subjects), of: upload.object)
    }

    private mutating func keep(_ reservation: Reservation, of object: LimitSubject) {
        reservations[object] = reservation
        ends[reservation.minute, default: []].insert(object)
        firstEnd = min(firstEnd, reservation.minute)
        openCount += reservation.count
    }

    private mutating func forget(_ object: LimitSubject) -> Reservation? {
        guard let reservation = reservations.removeValue(forKey: object) else { return nil }
        ends[reservation.minute]?.remove(object)
        if ends[reservation.minute]?.isEmpty == true { ends[reservation.minute] = nil }
        openCount -= reservation.count
        return reservation
    }

    /// Bytes go back to the day that they were taken from, where that is still the account's.
    private mutating func giveBack(_ reservation: Reservation, count: Int, bytes: Int64) {
        for subject in reservation.subjects {
            guard var account = accounts[subject] else { continue }
            account.open -= count
            if account.day == reservation.day { account.bytes = max(account.bytes - bytes, 0) }
            accounts[subject] = account
        }
    }

    // MARK: - Accounts

    private func account(of subject: LimitSubject, day: Int64) -> Account {
        var account = accounts[subject] ?? Account(day: day)
        if account.day != day {
            account.day = day
            account.bytes = 0
        }
        return account
    }

    /// Forgets accounts of which nothing is open and no byte is today's, where there are as many as there may be.
    private mutating func makeRoom(for claims: [LimitClaim], at now: SigningTime) throws(LimitFault) {
        let new = claims.count { accounts[$0.subject] == nil }
        if accounts.count + new > maximumAccounts, sweptMinute != Self.minute(of: now) {
            sweptMinute = Self.minute(of: now)
            let day = Self.day(of: now)
            accounts = accounts.filter { $0.value.open > 0 || ($0.value.day == day && $0.value.bytes > 0) }
        }
        guard accounts.count + new <= maximumAccounts, openCount < maximumReservations else {
            throw LimitFault(standing: nil, retryAfterSeconds: 60)
        }
    }

    private static func standings(_ claim: LimitClaim, _ account: Account, at now: SigningTime) -> [LimitStanding] {
        var standings: [LimitStanding] = []
        if let quota = claim.allowance.openUploads {
            standings.append(
                LimitStanding(
                    scope: claim.scope, kind: .uploads, quota: Int64(quota), left: max(Int64(quota - account.open), 0), windowSeconds: nil,
                    resetSeconds: nil))
        }
        if let quota = claim.allowance.bytesPerDay {
            standings.append(
                LimitStanding(
                    scope: claim.scope, kind: .bytes, quota: quota, left: max(quota - account.bytes, 0), windowSeconds: daySeconds,
                    resetSeconds: secondsLeft(at: now)))
        }
        return standings
    }

    /// Where bytes are not limited, any number of them can come together.
    private static func sum(_ one: Int64, _ other: Int64) -> Int64 {
        let (sum, isTooLarge) = one.addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }

    // MARK: - Time

    private static func day(of time: SigningTime) -> Int64 { floor(time.secondsSinceEpoch, by: daySeconds) }
    private static func minute(of time: SigningTime) -> Int64 { floor(time.secondsSinceEpoch, by: 60) }

    /// Seconds until midnight.
    private static func secondsLeft(at now: SigningTime) -> Int64 { (day(of: now) + 1) * daySeconds - now.secondsSinceEpoch }

    private static func floor(_ seconds: Int64, by unit: Int64) -> Int64 {
        (seconds - (seconds % unit + unit) % unit) / unit
    }
}
