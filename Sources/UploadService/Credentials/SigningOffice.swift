import HTTPTypes
public import SigV4
public import Uploads

/// A ticket office, with what it signs with.
public struct SigningOffice: Sendable {
    public let office: TicketOffice
    public let credentials: CredentialSource

    public init(office: TicketOffice, credentials: CredentialSource) {
        self.office = office
        self.credentials = credentials
    }

    /// An office whose credentials stay.
    public init(environment: Environment, credentials: Credentials) {
        self.init(
            office: TicketOffice(environment: environment), credentials: CredentialSource(environment: environment.name, fixed: credentials)
        )
    }

    public var environment: Environment { office.environment }

    /// Whether a ticket can be signed.
    func canSign(at now: SigningTime) -> Bool {
        guard let credentials = credentials.current else { return false }
        return credentials.remainingSeconds(at: now).map { $0 >= TicketOffice.minimumRemainingSeconds } ?? true
    }

    /// Issues a ticket with the credentials of this moment, and never waits for others.
    func issue(
        _ request: UploadRequest, to caller: Caller, at now: SigningTime, using random: inout some RandomNumberGenerator
    ) throws -> Ticket {
        let signing = try signingCredentials()
        do {
            return try office.issue(request, to: caller, with: signing, at: now, using: &random)
        } catch let refusal where refusal.code == .credentialsExpiring {
            throw Problem(refusal, headers: retryAfter)
        }
    }

    /// The same for a ticket that reads.
    func issueDownload(of key: String, to caller: Caller, at now: SigningTime) throws -> DownloadTicket {
        let signing = try signingCredentials()
        do {
            return try office.issueDownload(of: key, to: caller, with: signing, at: now)
        } catch let refusal where refusal.code == .credentialsExpiring {
            throw Problem(refusal, headers: retryAfter)
        }
    }

    private func signingCredentials() throws(Problem) -> SigningCredentials {
        credentials.refreshIfDue()
        guard let current = credentials.current else {
            throw Problem(
                .environmentUnavailable, "Environment '\(environment.name)' has nothing to sign with yet: try again.", headers: retryAfter)
        }
        return current
    }

    private var retryAfter: HTTPFields { [.retryAfter: String(credentials.pauseSeconds)] }
}
