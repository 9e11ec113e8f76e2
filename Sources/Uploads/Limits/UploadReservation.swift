internal import S3Signing
public import SigV4

/// What one ticket may put into the bucket, as it is counted until its end.
public struct UploadReservation: Sendable, Equatable {
    let environment: String
    let ticket: LimitSubject
    /// As many as the ticket allows.
    let bytes: Int64
    /// When the grant ends.
    let endsAt: SigningTime

    /// What a grant was reserved as.
    public init(_ grant: Grant) {
        self.init(
            key: grant.key, holder: grant.holder, environment: grant.environment, bytes: grant.sizeBytes.upperBound, endsAt: grant.expiresAt
        )
    }

    fileprivate init(key: String, holder: Caller.Identity, environment: String, bytes: Int64, endsAt: SigningTime) {
        self.environment = environment
        ticket = LimitSubject(key: key, holder: holder, environment: environment, bytes: bytes, endsAt: endsAt)
        self.bytes = bytes
        self.endsAt = endsAt
    }
}

extension TicketOffice {
    /// What a ticket that is issued now is to reserve.
    public func reservation(of ticket: Ticket, for caller: Caller, at now: SigningTime) -> UploadReservation? {
        environment.rule(named: ticket.rule).map {
            reservation(key: ticket.key, rule: $0, bytes: ticket.sizeBytes.upperBound, caller, at: now)
        }
    }

    /// What an upload in parts that begins now is to reserve.
    public func reservation(of start: MultipartStart, at now: SigningTime) -> UploadReservation {
        reservation(key: start.key.name, rule: start.upload.rule, bytes: start.sizeBytes.upperBound, start.caller, at: now)
    }

    private func reservation(key: String, rule: UploadRule, bytes: Int64, _ caller: Caller, at now: SigningTime) -> UploadReservation {
        UploadReservation(
            key: key, holder: caller.identity, environment: environment.name, bytes: bytes,
            endsAt: now.adding(seconds: Int64(rule.grantLifetimeSeconds)))
    }
}
