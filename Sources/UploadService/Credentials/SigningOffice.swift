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
    public init(environment: Environment, sealingKeys: SealingKeys, credentials: Credentials) {
        self.init(
            office: TicketOffice(environment: environment, sealingKeys: sealingKeys),
            credentials: CredentialSource(environment: environment.name, fixed: credentials))
    }

    public var environment: Environment { office.environment }

    /// Whether a ticket can be signed.
    func canSign(at now: SigningTime) -> Bool {
        guard let credentials = credentials.current else { return false }
        return credentials.remainingSeconds(at: now).map { $0 >= TicketOffice.minimumRemainingSeconds } ?? true
    }

    /// Has something signed with the credentials of this moment, and never waits for others.
    func sign<Signed>(_ sign: (TicketOffice, SigningCredentials) throws -> Signed) throws -> Signed {
        let signing = try signingCredentials()
        do {
            return try sign(office, signing)
        } catch let refusal as Refusal where refusal.code == .credentialsExpiring {
            throw Problem(refusal, headers: retryAfter)
        }
    }

    /// What the store is asked with now.
    func signingCredentials() throws(Problem) -> SigningCredentials {
        credentials.refreshIfDue()
        guard let current = credentials.current else {
            throw Problem(
                .environmentUnavailable, "Environment '\(environment.name)' has nothing to sign with yet: try again.", headers: retryAfter)
        }
        return current
    }

    private var retryAfter: HTTPFields { [.retryAfter: String(credentials.pauseSeconds)] }
}
