internal import S3Signing
public import SigV4

/// What one ticket may put into the bucket, as it is counted until its end.
public struct UploadReservation: Sendable, Equatable {
    /// One object by one holder: however many tickets there are for it, confirming ends them all.
    let object: LimitSubject
    /// As many as the ticket allows.
    let bytes: Int64
    /// When the grant ends.
    let endsAt: SigningTime

    /// What a grant was reserved as.
    public init(_ grant: Grant) {
        object = LimitSubject(key: grant.key, holder: grant.holder, environment: grant.environment)
        bytes = grant.sizeBytes.upperBound
        endsAt = grant.expiresAt
    }

    fileprivate init(key: String, rule: UploadRule, sizeBytes: ClosedRange<Int64>, _ caller: Caller, at now: SigningTime) {
        object = LimitSubject(key: key, holder: caller.identity, environment: caller.environment)
        bytes = sizeBytes.upperBound
        endsAt = now.adding(seconds: Int64(rule.grantLifetimeSeconds))
    }
}

extension TicketOffice {
    /// What a ticket that is issued now is to reserve.
    public func reservation(of ticket: Ticket, for caller: Caller, at now: SigningTime) -> UploadReservation? {
        environment.rule(named: ticket.rule).map {
            UploadReservation(key: ticket.key, rule: $0, sizeBytes: ticket.sizeBytes, caller, at: now)
        }
    }

    /// What an upload in parts that begins now is to reserve.
    public func reservation(of start: MultipartStart, at now: SigningTime) -> UploadReservation {
        UploadReservation(key: start.key.name, rule: start.upload.rule, sizeBytes: start.sizeBytes, start.caller, at: now)
    }
}
