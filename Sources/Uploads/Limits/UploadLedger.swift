internal import SigV4

/// Open uploads and the bytes of a day, by whom they are counted for.
///
/// A day is one of UTC, and bytes belong to the day of their ticket. Over midnight a clock may step back, which changes nothing; open
/// uploads stay open until their grant's end.
struct UploadLedger: Sendable {
    private struct Account {
        let scope: LimitScope
        var open = 0
        var day: Int64
        var bytes: Int64 = 0
    }

    /// Tickets whose grants say the same: those for one key, asked for in one second.
    private struct Reservation {
        let bytes: Int64
        let day: Int64
        let minute: Int64
        /// Of each ticket, whose accounts it is counted in.
        var subjects: [[LimitSubject]]
    }

    private static let daySeconds: Int64 = 86_400
    /// What is said where nobody can know when an upload will end.
    private static let retrySeconds: Int64 = 30
    /// So many ended tickets are given back at a time: those of one minute can be very many, and others wait meanwhile.
    private static let endedAtOnce = 1_000

    private let maximumAccounts: Int
    private let maximumReservations: Int
    private var accounts: [LimitSubject: Account] = [:]
    private var reservations: [LimitSubject: Reservation] = [:]
    /// What ends in which minute, so that nothing has to be looked through to find what has ended.
    private var ends: [Int64: Set<LimitSubject>] = [:]
    private var firstEnd = Int64.max
    /// What has ended and is not given back yet.
    private var ended: [LimitSubject] = []
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
            let account = account(of: claim, day: day)
            for standing in Self.standings(claim, account, at: now)
            where standing.left < (standing.kind == .bytes ? upload.bytes : 1) {
                let wait = standing.kind == .bytes ? Self.secondsLeft(at: now) : Self.retrySeconds
                throw LimitFault(standing: standing, retryAfterSeconds: wait)
            }
        }
        for claim in claims {
            var account = account(of: claim, day: day)
            account.open += 1
            if claim.allowance.bytesPerDay != nil { account.bytes += upload.bytes }
            accounts[claim.subject] = account
        }
        note(upload, claims.map(\.subject), day: day)
        return claims.flatMap { Self.standings($0, account(of: $0, day: day), at: now) }
    }

    mutating func settle(_ upload: UploadReservation, storedBytes: Int64, at now: SigningTime) {
        releaseEnded(at: now)
        if let reservation = reservations.index(forKey: upload.ticket) { end(reservation, givingBack: max(upload.bytes - storedBytes, 0)) }
    }

    mutating func release(_ upload: UploadReservation, at now: SigningTime) {
        releaseEnded(at: now)
        if let reservation = reservations.index(forKey: upload.ticket) { end(reservation, givingBack: upload.bytes) }
    }

    private mutating func releaseEnded(at now: SigningTime) {
        let minute = Self.minute(of: now)
        if firstEnd < minute {
            for minute in ends.keys.filter({ $0 < minute }) { ended += ends.removeValue(forKey: minute) ?? [] }
            firstEnd = ends.keys.min() ?? .max
        }
        for _ in 0..<Self.endedAtOnce {
            guard let ticket = ended.last else { break }
            if let reservation = reservations.index(forKey: ticket) { end(reservation, givingBack: reservations.values[reservation].bytes) }
            if reservations[ticket] == nil { ended.removeLast() }
        }
    }

    // MARK: - Reservations

    private mutating func note(_ upload: UploadReservation, _ subjects: [LimitSubject], day: Int64) {
        let new = Reservation(bytes: upload.bytes, day: day, minute: Self.minute(of: upload.endsAt), subjects: [])
        reservations[upload.ticket, default: new].subjects.append(subjects)
        ends[new.minute, default: []].insert(upload.ticket)
        firstEnd = min(firstEnd, new.minute)
        openCount += 1
    }

    /// Ends one ticket. Bytes go back to the day that they were taken from, where that is still the account's. The tickets are changed where
    /// they are: there can be very many of one key, and a copy of all for each would take as long as all of them squared.
    private mutating func end(_ index: Dictionary<LimitSubject, Reservation>.Index, givingBack bytes: Int64) {
        guard let subjects = reservations.values[index].subjects.popLast() else { return }
        openCount -= 1
        let day = reservations.values[index].day
        for subject in subjects {
            guard var account = accounts[subject] else { continue }
            account.open -= 1
            // Where bytes are not limited, none were taken.
            if account.day == day { account.bytes = max(account.bytes - bytes, 0) }
            accounts[subject] = account
        }
        guard reservations.values[index].subjects.isEmpty else { return }
        let (ticket, reservation) = reservations.remove(at: index)
        ends[reservation.minute]?.remove(ticket)
        if ends[reservation.minute]?.isEmpty == true { ends[reservation.minute] = nil }
    }

    // MARK: - Accounts

    private func account(of claim: LimitClaim, day: Int64) -> Account {
        guard let account = accounts[claim.subject] else { return Account(scope: claim.scope, day: day) }
        // Requests overtake each other at midnight, and clocks are set back a little: that is no new day.
        if account.day == day || account.day == day + 1 { return account }
        return Account(scope: claim.scope, open: account.open, day: day)
    }

    /// Forgets accounts of which nothing is open, where there are as many as there may be: first those of which no byte is today's, then
    /// addresses, then callers. It is better that a stranger's day begins anew than that nobody new gets a ticket; what all have together,
    /// which is what the bill is made of, is never forgotten.
    private mutating func makeRoom(for claims: [LimitClaim], at now: SigningTime) throws(LimitFault) {
        let new = claims.count { accounts[$0.subject] == nil }
        if accounts.count + new > maximumAccounts, sweptMinute != Self.minute(of: now) {
            sweptMinute = Self.minute(of: now)
            let day = Self.day(of: now)
            accounts = accounts.filter { $0.value.open > 0 || ($0.value.day >= day && $0.value.bytes > 0) }
            for scope in [LimitScope.address, .caller] where accounts.count + new > maximumAccounts / 2 {
                accounts = accounts.filter { $0.value.open > 0 || $0.value.scope != scope }
            }
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

    // MARK: - Time

    private static func day(of time: SigningTime) -> Int64 { floor(time.secondsSinceEpoch, by: daySeconds) }
    private static func minute(of time: SigningTime) -> Int64 { floor(time.secondsSinceEpoch, by: 60) }

    /// Seconds until midnight.
    private static func secondsLeft(at now: SigningTime) -> Int64 { (day(of: now) + 1) * daySeconds - now.secondsSinceEpoch }

    private static func floor(_ seconds: Int64, by unit: Int64) -> Int64 {
        (seconds - (seconds % unit + unit) % unit) / unit
    }
}
