import HTTPTypes
import Hummingbird
import Logging
import SigV4
import Synchronization
import Uploads

/// Counts requests and uploads against the limits, and says what is left or why there is no more.
struct LimitDesk: Sendable {
    private let store: any LimitStore
    private let address: ClientAddress
    private let addressRequests: RequestRate?
    private let proxyHint: OneHint?

    init(configuration: UploadServiceConfiguration, logger: Logger) {
        store = configuration.limitStore
        address = ClientAddress(trustedHops: configuration.limits.trustedHops)
        addressRequests = configuration.limits.addressRequests
        proxyHint = configuration.limits.trustedHops == 0 && addressRequests != nil ? OneHint(logger: logger) : nil
    }

    /// Counts a request of a client whose caller is not known yet, so that guessing keys costs as much as having one.
    ///
    /// - Returns: the client's address.
    func admit(_ request: Request, _ context: ServiceContext) async throws -> String? {
        if let proxyHint, request.headers[.xForwardedFor] != nil { proxyHint.give() }
        guard let address = address.text(peer: context.peer, request.headers) else { return nil }
        if let addressRequests {
            let claim = LimitClaim(.address, LimitSubject(address: address), Allowance(requests: addressRequests))
            try await take([claim], context.record)
        }
        return address
    }

    /// Counts a request of a caller.
    func admit(_ caller: Caller, to environment: Uploads.Environment, _ context: ServiceContext) async throws {
        let claims = [
            LimitClaim(.caller, LimitSubject(caller), environment.limits.caller),
            LimitClaim(.environment, LimitSubject(environment: environment.name), environment.limits.environment),
        ]
        guard claims.contains(where: { $0.allowance.requests != nil }) else { return }
        try await take(claims, context.record)
    }

    private func take(_ claims: [LimitClaim], _ record: RequestRecord) async throws {
        do throws(LimitFault) {
            note(try await store.take(claims), record)
        } catch {
            throw problem(error, record)
        }
    }

    // MARK: Uploads

    /// Reserves a ticket's bytes before anybody sees it.
    func reserve(_ upload: UploadReservation?, _ admission: Admission, at now: SigningTime) async throws(Problem) {
        let limits = admission.office.environment.limits
        guard let upload, LimitScope.allCases.contains(where: { limits[$0].limitsUploads }) else { return }
        do throws(LimitFault) {
            note(try await store.reserve(upload, claims(of: admission, limits), at: now), admission.record)
        } catch {
            throw problem(error, admission.record)
        }
    }

    private func claims(of admission: Admission, _ limits: UploadLimits) -> [LimitClaim] {
        let environment = admission.caller.environment
        var claims = [LimitClaim(.caller, LimitSubject(admission.caller), limits.caller)]
        if let address = admission.address {
            claims.append(LimitClaim(.address, LimitSubject(address: address, environment: environment), limits.address))
        }
        claims.append(LimitClaim(.environment, LimitSubject(environment: environment), limits.environment))
        return claims
    }

    func settle(_ grant: Grant, storedBytes: Int64, at now: SigningTime) async {
        await store.settle(UploadReservation(grant), storedBytes: storedBytes, at: now)
    }

    func release(_ upload: UploadReservation?, at now: SigningTime) async {
        if let upload { await store.release(upload, at: now) }
    }

    // MARK: What is told

    private func note(_ standings: [LimitStanding], _ record: RequestRecord) {
        let shown = standings.filter { $0.scope != .environment }
        record.update { $0.note(shown) }
    }

    private func problem(_ fault: LimitFault, _ record: RequestRecord) -> Problem {
        let retry: HTTPFields = [.retryAfter: String(fault.retryAfterSeconds)]
        guard let standing = fault.standing else {
            return Problem(.overloaded, "Too many uploads are open at one time: try again in a minute.", headers: retry)
        }
        record.update {
            $0.note([standing])
            $0.limit = standing.name
        }
        let who = standing.scope.words
        switch standing.kind {
        case .requests:
            return Problem(
                .tooManyRequests, "\(who) sent too many requests: wait \(fault.retryAfterSeconds) s, then send this one again.",
                headers: retry)
        case .uploads:
            return Problem(
                .tooManyOpenUploads,
                "\(who) has \(standing.quota) uploads open, as many as there may be: have some confirmed, or wait until their grants end.",
                headers: retry)
        case .bytes:
            return Problem(
                .dailyBytesExhausted,
                "\(who) has \(standing.left) bytes left of \(standing.quota) for today, fewer than this upload may have: send a smaller file, or "
                    + "wait for midnight (UTC).", headers: retry)
        }
    }
}

/// Says once that all clients may be counted as one.
private final class OneHint: Sendable {
    private let logger: Logger
    private let isGiven = Atomic(false)

    init(logger: Logger) {
        self.logger = logger
    }

    func give() {
        guard isGiven.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        logger.notice(
            "a request has come with X-Forwarded-For, and is counted by the address of whoever is connected; behind a proxy set COUNTERSIGN_TRUSTED_HOPS"
        )
    }
}

extension LimitStanding {
    /// As header fields and the log name it.
    var name: String { "\(scope.rawValue)-\(kind.rawValue)" }
}

extension LimitScope {
    fileprivate var words: String {
        switch self {
        case .caller: "This caller"
        case .address: "This address"
        case .environment: "The environment"
        }
    }
}

extension RequestRecord.State {
    /// Keeps the newest word about each limit: a batch hears of it with every ticket.
    mutating func note(_ standings: [LimitStanding]) {
        for standing in standings {
            limits.removeAll { $0.scope == standing.scope && $0.kind == standing.kind }
            limits.append(standing)
        }
    }
}
