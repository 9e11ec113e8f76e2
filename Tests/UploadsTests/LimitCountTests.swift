import SigV4
import Testing

@testable import Uploads

/// The counts, and why they refuse.
private final class Counts {
    private var counts: LimitCounts

    init(maximumSubjects: Int = 100_000, maximumOpenUploads: Int = 200_000) {
        counts = LimitCounts(maximumSubjects: maximumSubjects, maximumOpenUploads: maximumOpenUploads)
    }

    var sizes: (openUploads: Int, subjects: Int) { counts.sizes }

    func take(_ claims: [LimitClaim], at uptime: Int64) throws(LimitFault) -> [LimitStanding] { try counts.take(claims, at: uptime) }

    func reserve(_ upload: UploadReservation, _ claims: [LimitClaim], at now: SigningTime) throws(LimitFault) -> [LimitStanding] {
        try counts.reserve(upload, claims, at: now)
    }

    func settle(_ upload: UploadReservation, storedBytes: Int64, at now: SigningTime) {
        counts.settle(upload, storedBytes: storedBytes, at: now)
    }

    func release(_ upload: UploadReservation, at now: SigningTime) { counts.release(upload, at: now) }

    /// Nil where it is granted.
    func refusal(taking claims: [LimitClaim], at uptime: Int64) -> LimitFault? {
        do throws(LimitFault) { _ = try take(claims, at: uptime) } catch { return error }
        return nil
    }

    func refusal(reserving upload: UploadReservation, _ claims: [LimitClaim], at now: SigningTime) -> LimitFault? {
        do throws(LimitFault) { _ = try reserve(upload, claims, at: now) } catch { return error }
        return nil
    }
}

/// Token buckets, open uploads and bytes of the day, driven by times that the tests name.
@Suite struct LimitCountTests {
    private static let second: Int64 = 1_000_000_000
    private static let anna = Caller(name: "anna", environment: "staging")
    private static let bert = Caller(name: "bert", environment: "staging")
    /// 2026-03-09, half a minute before midnight.
    private static let evening = SigningTime(iso8601: "2026-03-09T23:59:30Z")!

    private func claims(
        _ caller: Caller = anna, requests: RequestRate? = nil, open: Int? = nil, bytes: Int64? = nil, all: Allowance = Allowance()
    ) -> [LimitClaim] {
        [
            LimitClaim(.caller, LimitSubject(caller), Allowance(requests: requests, openUploads: open, bytesPerDay: bytes)),
            LimitClaim(.environment, LimitSubject(environment: caller.environment), all),
        ]
    }

    /// A grant for so many bytes of one object.
    private func upload(_ key: String, _ bytes: Int64, holder: Caller = anna, until end: SigningTime? = nil) -> UploadReservation {
        UploadReservation(
            Grant(
                environment: holder.environment, rule: "photos", bucket: "b", key: key, holder: holder.identity, method: .put,
                multipart: nil,
                once: true, sizeBytes: bytes...bytes, contentType: "image/png", sha256: nil, encryption: nil, tagsConfirmed: false,
                expiresAt: end ?? Self.evening.adding(seconds: 86_400)))
    }

    // MARK: Requests

    @Test func `a burst is granted at once, and then so many a second`() throws {
        let counts = Counts()
        let claims = claims(requests: RequestRate(perSecond: 10, burst: 25))
        for left in (0..<25).reversed() {
            let standings = try counts.take(claims, at: 5 * Self.second)
            #expect(standings.map(\.left) == [Int64(left)] && standings[0].quota == 25 && standings[0].windowSeconds == 3)
        }
        let fault = try #require(counts.refusal(taking: claims, at: 5 * Self.second))
        #expect(fault.retryAfterSeconds == 1 && fault.standing?.left == 0 && fault.standing?.scope == .caller)
        // All of it is there again after 2.5 seconds.
        #expect(fault.standing?.resetSeconds == 3)
        // A tenth of a second later there is one again, and only one.
        #expect(counts.refusal(taking: claims, at: 5 * Self.second + 99_999_999) != nil)
        _ = try counts.take(claims, at: 5 * Self.second + 100_000_000)
        #expect(counts.refusal(taking: claims, at: 5 * Self.second + 100_000_000) != nil)
        // Whoever was quiet has the burst again, and not more.
        for _ in 0..<25 { _ = try counts.take(claims, at: 100 * Self.second) }
        #expect(counts.refusal(taking: claims, at: 100 * Self.second) != nil)
    }

    @Test(arguments: [1, 3, 7, 100, 1_000_000]) func `over any time no more is granted than burst and rate`(perSecond: Int) {
        var random = SeededGenerator(seed: UInt64(perSecond))
        let rate = RequestRate(perSecond: perSecond, burst: 5)
        let counts = Counts()
        var now: Int64 = 0
        var granted = 0
        for _ in 0..<5_000 {
            now += Int64.random(in: 0...(2 * Self.second / Int64(perSecond)), using: &random)
            if counts.refusal(taking: claims(requests: rate), at: now) == nil { granted += 1 }
        }
        let most = 5 + now / (Self.second / Int64(perSecond)) + 1
        // The pauses are a token long on average: nearly all are granted, and never more than there can be.
        #expect(granted > 3_000 && granted <= most)
    }

    @Test func `what one limit refuses is taken from none`() throws {
        let counts = Counts()
        let all = Allowance(requests: RequestRate(perSecond: 1, burst: 3))
        let rate = RequestRate(perSecond: 1, burst: 2)
        for _ in 0..<2 { _ = try counts.take(claims(requests: rate, all: all), at: 0) }
        for _ in 0..<10 { #expect(counts.refusal(taking: claims(requests: rate, all: all), at: 0)?.standing?.scope == .caller) }
        // Anna's refused ones took nothing of what all have together.
        #expect(try counts.take(claims(Self.bert, requests: rate, all: all), at: 0).map(\.left) == [1, 0])
        #expect(counts.refusal(taking: claims(Self.bert, requests: rate, all: all), at: 0)?.standing?.scope == .environment)
    }

    @Test func `strangers without number take bounded memory, and a busy caller's count survives them`() throws {
        let counts = Counts(maximumSubjects: 1_000)
        let rate = RequestRate(perSecond: 1, burst: 3)
        for _ in 0..<3 { _ = try counts.take(claims(requests: rate), at: 0) }
        for stranger in 0..<20_000 {
            let claim = LimitClaim(.address, LimitSubject(address: "192.0.2.\(stranger)"), Allowance(requests: rate))
            _ = try counts.take([claim], at: 0)
            if stranger.isMultiple(of: 100) { #expect(counts.refusal(taking: claims(requests: rate), at: 0) != nil) }
            #expect(counts.sizes.subjects <= 1_000)
        }
    }

    @Test func `callers, addresses and environments of one name are counted apart`() {
        let subjects = [
            LimitSubject(Caller(name: "a", environment: "b")), LimitSubject(Caller(name: "b", environment: "a")),
            LimitSubject(Caller(.delegate("a", of: "a"), environment: "b")),
            LimitSubject(Caller(.subject("a", issuer: "a"), environment: "b")),
            LimitSubject(address: "a", environment: "b"), LimitSubject(address: "ab"), LimitSubject(environment: "a"),
            LimitSubject(environment: "b"),
        ]
        #expect(Set(subjects).count == subjects.count)
        // A group shares a prefix, and not what each of its members may take.
        let groups = ["x", "y"].map { LimitSubject(Caller(.subject($0, issuer: "auth0"), environment: "b", group: "acme")) }
        #expect(groups[0] != groups[1])
    }

    // MARK: Uploads

    @Test func `a ticket is open until it is confirmed, aborted or over`() throws {
        let counts = Counts()
        let now = Self.evening
        let claims = claims(open: 3)
        func short(_ key: String) -> UploadReservation { upload(key, 10, until: now.adding(seconds: 600)) }
        for key in ["a", "b", "c"] { _ = try counts.reserve(short(key), claims, at: now) }
        let full = try #require(counts.refusal(reserving: upload("d", 10), claims, at: now))
        #expect(full.standing?.kind == .uploads && full.standing?.quota == 3 && full.standing?.left == 0 && full.retryAfterSeconds > 0)
        #expect(counts.sizes.openUploads == 3)

        counts.settle(short("a"), storedBytes: 10, at: now)
        counts.release(short("b"), at: now)
        // A second time there is nothing left to end.
        counts.settle(short("a"), storedBytes: 10, at: now)
        counts.release(short("b"), at: now)
        #expect(counts.sizes.openUploads == 1)
        #expect(try counts.reserve(upload("e", 10), claims, at: now).map(\.left) == [1])

        // The third one's grant ends after ten minutes, and with the minute it is given back.
        #expect(try counts.reserve(upload("f", 10), claims, at: now.adding(seconds: 600)).map(\.left) == [0])
        #expect(try counts.reserve(upload("g", 10), claims, at: now.adding(seconds: 660)).map(\.left) == [0])
        #expect(counts.sizes.openUploads == 3)
    }

    @Test func `bytes are reserved at most, settled for what is stored, and given back when nothing will be`() throws {
        let counts = Counts()
        let now = Self.evening.adding(seconds: -3600)
        let claims = claims(bytes: 1_000)
        #expect(try counts.reserve(upload("a", 600, until: now.adding(seconds: 900)), claims, at: now).map(\.left) == [400])
        let fault = try #require(counts.refusal(reserving: upload("b", 401), claims, at: now))
        #expect(fault.standing?.kind == .bytes && fault.standing?.left == 400 && fault.retryAfterSeconds == 3630)
        #expect(try counts.reserve(upload("c", 400), claims, at: now).map(\.left) == [0])
        counts.settle(upload("c", 400), storedBytes: 150, at: now)
        #expect(try counts.reserve(upload("d", 250), claims, at: now).map(\.left) == [0])
        counts.release(upload("d", 250), at: now)
        #expect(try counts.reserve(upload("e", 50), claims, at: now).map(\.left) == [200])
        // What ended unconfirmed comes back; what is stored stays counted.
        #expect(try counts.reserve(upload("f", 800), claims, at: now.adding(seconds: 961)).map(\.left) == [0])
    }

    @Test func `midnight begins a day anew, and yesterday's tickets change nothing in it`() throws {
        let counts = Counts()
        let claims = claims(open: 9, bytes: 1_000)
        let morning = Self.evening.adding(seconds: 60)
        #expect(try counts.reserve(upload("a", 900), claims, at: Self.evening).map(\.left) == [8, 100])
        #expect(try counts.reserve(upload("b", 950), claims, at: morning).map(\.left) == [7, 50])
        counts.settle(upload("a", 900), storedBytes: 1, at: morning)
        #expect(try counts.reserve(upload("c", 50), claims, at: morning).map(\.left) == [7, 0])
        // Whoever was overtaken at midnight begins no other day.
        #expect(counts.refusal(reserving: upload("d", 1), claims, at: Self.evening)?.standing?.left == 0)
        // A clock that is set back and forward again begins days anew, and never counts below zero.
        for seconds: Int64 in [-86_400 * 3, 86_400 * 400, 0] {
            let then = morning.adding(seconds: seconds)
            _ = try counts.reserve(upload("x\(seconds)", 1_000, until: then.adding(seconds: 60)), claims, at: then)
            counts.release(upload("x\(seconds)", 1_000), at: then)
        }
        #expect(counts.sizes.openUploads <= 3)
    }

    @Test func `each ticket ends by itself, also where several are for one key`() throws {
        let counts = Counts()
        let claims = claims(open: 9, bytes: 1_000)
        for bytes: Int64 in [100, 200, 200] { _ = try counts.reserve(upload("a", bytes), claims, at: Self.evening) }
        // Confirmed again and again, it is one ticket.
        for _ in 0..<3 { counts.settle(upload("a", 100), storedBytes: 1, at: Self.evening) }
        #expect(counts.sizes.openUploads == 2)
        #expect(counts.refusal(reserving: upload("b", 600), claims, at: Self.evening)?.standing?.left == 599)
        // Two that nothing tells apart are two.
        counts.release(upload("a", 200), at: Self.evening)
        #expect(try counts.reserve(upload("b", 799), claims, at: Self.evening).map(\.left) == [7, 0])
        // Neither another holder's, nor one that ends at another time.
        counts.release(upload("b", 799, holder: Self.bert), at: Self.evening)
        counts.release(upload("b", 799, until: Self.evening.adding(seconds: 61)), at: Self.evening)
        #expect(counts.sizes.openUploads == 2)
    }

    @Test func `each ticket is counted where its client was`() throws {
        let counts = Counts()
        func claims(_ address: String) -> [LimitClaim] {
            self.claims(open: 9) + [LimitClaim(.address, LimitSubject(address: address, environment: "staging"), Allowance(openUploads: 1))]
        }
        _ = try counts.reserve(upload("a", 1), claims("one"), at: Self.evening)
        #expect(counts.refusal(reserving: upload("a", 1), claims("one"), at: Self.evening)?.standing?.scope == .address)
        // The same words from elsewhere, in the same second.
        #expect(try counts.reserve(upload("a", 1), claims("two"), at: Self.evening).first?.left == 7)
        for _ in 0..<2 { counts.release(upload("a", 1), at: Self.evening) }
        for address in ["one", "two"] { _ = try counts.reserve(upload("b", 1), claims(address), at: Self.evening) }
    }

    @Test(arguments: [3_000, 1])
    func `very many that end in one minute are given back a thousand at a time`(keys: Int) throws {
        let counts = Counts()
        let claims = claims(open: 3_000)
        let end = Self.evening.adding(seconds: 60)
        for number in 0..<3_000 { _ = try counts.reserve(upload("k\(number % keys)", 1, until: end), claims, at: Self.evening) }
        let later = end.adding(seconds: 60)
        #expect(try counts.reserve(upload("a", 1), claims, at: later).map(\.left) == [999])
        #expect(try counts.reserve(upload("b", 1), claims, at: later).map(\.left) == [1_998])
        #expect(try counts.reserve(upload("c", 1), claims, at: later).map(\.left) == [2_997])
        #expect(counts.sizes.openUploads == 3)
    }

    @Test func `as many are counted as there is room for, and no more are let in`() throws {
        let counts = Counts(maximumSubjects: 10, maximumOpenUploads: 4)
        for number in 0..<4 {
            let caller = Caller(name: "c\(number)", environment: "staging")
            _ = try counts.reserve(upload("k", 1, holder: caller), claims(caller, open: 9), at: Self.evening)
        }
        let full = try #require(counts.refusal(reserving: upload("k", 1), claims(open: 9), at: Self.evening))
        #expect(full.standing == nil && full.retryAfterSeconds == 60)
        for number in 0..<4 {
            counts.release(upload("k", 1, holder: Caller(name: "c\(number)", environment: "staging")), at: Self.evening)
        }
        // Callers of whom nothing is open are forgotten for others.
        for number in 0..<100 {
            let caller = Caller(name: "d\(number)", environment: "staging")
            let now = Self.evening.adding(seconds: Int64(number) * 61)
            _ = try counts.reserve(upload("k", 1, holder: caller), claims(caller, open: 9), at: now)
            counts.release(upload("k", 1, holder: caller), at: now)
            #expect(counts.sizes.subjects <= 10)
        }
        // And those of whom something is stored today, before somebody new gets no ticket.
        for number in 0..<100 {
            let caller = Caller(name: "e\(number)", environment: "staging")
            let now = Self.evening.adding(seconds: 90_000 + Int64(number) * 61)
            _ = try counts.reserve(upload("k", 1, holder: caller), claims(caller, bytes: 9), at: now)
            counts.settle(upload("k", 1, holder: caller), storedBytes: 1, at: now)
            #expect(counts.sizes.subjects <= 10)
        }
    }

    @Test func `strangers make no room in what all have together`() throws {
        let counts = Counts(maximumSubjects: 10)
        func take(_ bytes: Int64, _ number: Int, environment: String = "staging") -> LimitFault? {
            let anna = Caller(name: "anna", environment: environment)
            let ticket = upload("k\(number)", bytes, holder: anna)
            let address = LimitClaim(.address, LimitSubject(address: "\(number)", environment: environment), Allowance(bytesPerDay: 100))
            let fault = counts.refusal(
                reserving: ticket, claims(anna, bytes: 950, all: Allowance(bytesPerDay: 1_000)) + [address],
                at: Self.evening.adding(seconds: -82_800 + Int64(number) * 60))
            if fault == nil { counts.settle(ticket, storedBytes: bytes, at: Self.evening.adding(seconds: -82_800)) }
            return fault
        }
        // Each from another address: those are forgotten, and neither Anna nor the environment.
        for number in 0..<19 { #expect(take(50, number) == nil) }
        #expect(take(50, 19)?.standing?.scope == .caller)
        #expect(counts.sizes.subjects <= 10)
        // Many callers are forgotten as well, and what all have together is not.
        for number in 20..<120 {
            let caller = Caller(name: "c\(number)", environment: "staging")
            let now = Self.evening.adding(seconds: -82_800 + Int64(number) * 60)
            let fault = counts.refusal(
                reserving: upload("k", 1, holder: caller), claims(caller, bytes: 9, all: Allowance(bytesPerDay: 1_000)), at: now)
            #expect(fault?.standing?.scope == (number < 70 ? nil : .environment), "\(number)")
            if fault == nil { counts.settle(upload("k", 1, holder: caller), storedBytes: 1, at: now) }
        }
    }

    @Test func `what is open in one environment takes no room from another`() throws {
        let counts = Counts(maximumOpenUploads: 2)
        let other = Caller(name: "anna", environment: "production")
        for key in ["a", "b"] { _ = try counts.reserve(upload(key, 1), claims(open: 9), at: Self.evening) }
        #expect(counts.refusal(reserving: upload("c", 1), claims(open: 9), at: Self.evening) != nil)
        #expect(counts.refusal(reserving: upload("c", 1, holder: other), claims(other, open: 9), at: Self.evening) == nil)
        #expect(counts.sizes.openUploads == 3)
        counts.release(upload("c", 1, holder: other), at: Self.evening)
        #expect(counts.sizes.openUploads == 2)
    }

    @Test func `after any steps in any order the counts are what a plain list says`() throws {
        for seed in 1...40 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let counts = Counts()
            /// What is open, and what is stored of today, by a model without any cleverness.
            var open: [String: (bytes: Int64, end: SigningTime)] = [:]
            var stored: Int64 = 0
            var now = SigningTime(iso8601: "2026-03-09T01:00:00Z")!
            let claims = claims(open: 8, bytes: 2_000)
            for step in 0..<300 {
                now = now.adding(seconds: Int64.random(in: 0...40, using: &random))
                let minute = now.secondsSinceEpoch / 60
                open = open.filter { $0.value.end.secondsSinceEpoch / 60 >= minute }
                let key = open.keys.sorted().randomElement(using: &random) ?? "none"
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where open[key] != nil:
                    let actual = Int64.random(in: 0...open[key]!.bytes, using: &random)
                    counts.settle(upload(key, open[key]!.bytes, until: open[key]!.end), storedBytes: actual, at: now)
                    stored += actual
                    open[key] = nil
                case 1 where open[key] != nil:
                    counts.release(upload(key, open[key]!.bytes, until: open[key]!.end), at: now)
                    open[key] = nil
                default:
                    let bytes = Int64.random(in: 0...400, using: &random)
                    let end = now.adding(seconds: Int64.random(in: 60...900, using: &random))
                    let reserved = open.values.reduce(0) { $0 + $1.bytes } + stored
                    let isAllowed = open.count < 8 && bytes <= 2_000 - reserved
                    let fault = counts.refusal(reserving: upload("k\(step)", bytes, until: end), claims, at: now)
                    #expect((fault == nil) == isAllowed, "seed \(seed), step \(step)")
                    if isAllowed { open["k\(step)"] = (bytes, end) }
                }
                #expect(counts.sizes.openUploads >= open.count, "seed \(seed), step \(step)")
            }
        }
    }

    @Test func `sizes without a limit of bytes never overflow`() throws {
        let counts = Counts()
        for _ in 0..<3 { _ = try counts.reserve(upload("a", .max), claims(open: 5), at: Self.evening) }
        for _ in 0..<3 { counts.settle(upload("a", .max), storedBytes: .max, at: Self.evening) }
        #expect(counts.sizes.openUploads == 0)
    }

    // MARK: Rules

    @Test func `a day's bytes hold the largest file of every rule`() throws {
        let large = try rule(maximum: 101)
        let place = try location()
        let limits = UploadLimits(caller: Allowance(bytesPerDay: 100), environment: Allowance(bytesPerDay: 10_000_000))
        do throws(InvalidValues) {
            _ = try UploadEnvironment(name: "staging", location: place, provider: .aws, rules: [large], limits: limits)
            Issue.record("a file that never fits")
        } catch {
            #expect(error.problems.map(\.field) == ["limits.caller.bytesPerDay"])
            #expect(error.description.contains("the rule photos takes files of 101 bytes"))
        }
        _ = try UploadEnvironment(name: "staging", location: location(), provider: .aws, rules: [rule(maximum: 100)], limits: limits)
    }
}
