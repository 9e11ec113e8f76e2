import Libcrypto
public import Settings
public import Uploads

/// Decides which caller sent a request, from the two header fields that can say so.
public protocol CallerAuthenticator: Sendable {
    /// - Parameters:
    ///   - authorization: the value of Authorization, if there is one.
    ///   - apiKey: the value of X-Api-Key, if there is one.
    func authenticate(authorization: String?, apiKey: String?) async throws(AuthenticationFailure) -> Caller

    /// Whether there is an API key of that name and mark in an environment: scoped tokens end with the key that they came from.
    func knowsAPIKey(named name: String, mark: String?, environment: String) -> Bool

    /// The issuers whose JWTs are taken, for readiness.
    var issuers: [JWTAuthenticator.IssuerStatus] { get }
}

extension CallerAuthenticator {
    public var issuers: [JWTAuthenticator.IssuerStatus] { [] }
}

/// Why a request has no caller.
public struct AuthenticationFailure: Error, Sendable, Equatable {
    public enum Reason: Sendable, Equatable {
        /// The request carries no credentials.
        case missing
        /// It carries some, and they are not valid.
        case invalid
        /// It carries two that contradict each other.
        case conflicting
        /// What verifies them is not here yet; worth another try after this time.
        case unavailable(retryAfterSeconds: Int)
    }

    public let reason: Reason
    /// For the client: what to change. Never holds what the client sent.
    public let message: String

    public init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    static let missing = AuthenticationFailure(.missing, "Send an API key or a JWT: 'Authorization: Bearer …', or 'X-Api-Key: csk_…'.")
}

/// Knows callers by API keys, of which it holds only the SHA-256.
public struct APIKeyAuthenticator: CallerAuthenticator {
    private let known: [(digest: [UInt8], mark: String, caller: Caller)]

    public init(records: [APIKeyRecord]) {
        known = records.map { ($0.sha256.bytes, $0.mark, $0.caller) }
    }

    public func authenticate(authorization: String?, apiKey: String?) async throws(AuthenticationFailure) -> Caller {
        let token = try authorization.map(Self.bearerToken)
        if let token, let apiKey, !ConstantTime.equal(token, apiKey) {
            throw AuthenticationFailure(.conflicting, "Authorization and X-Api-Key carry different keys: send one of them.")
        }
        guard let key = token ?? apiKey else { throw .missing }
        return try caller(holding: key)
    }

    public func knowsAPIKey(named name: String, mark: String?, environment: String) -> Bool {
        known.contains { $0.mark == mark && $0.caller == Caller(name: name, environment: environment) }
    }

    /// The mark of the key that a request carries; nil where it carries none.
    static func mark(authorization: String?, apiKey: String?) throws(AuthenticationFailure) -> String? {
        try (authorization.map(Self.bearerToken) ?? apiKey).map { APIKey.mark(ofSHA256: SHA256.hash($0)) }
    }

    /// Compares with every record, so that the time taken tells nothing about which one matched.
    private func caller(holding key: String) throws(AuthenticationFailure) -> Caller {
        let digest = SHA256.hash(key).bytes
        var match: Caller?
        for record in known where ConstantTime.equal(record.digest, digest) {
            match = record.caller
        }
        if let match { return match }
        // The checksum costs whoever guesses nothing: anybody can compute it.
        if key.hasPrefix(APIKey.prefix), APIKey(key) == nil {
            throw AuthenticationFailure(.invalid, "This API key is mistyped or cut off: send all of what 'countersign token mint' printed.")
        }
        throw AuthenticationFailure(.invalid, "This API key is not known here: check that it belongs to this service.")
    }

    /// RFC 6750 section 2.1; the scheme's name is case-insensitive (RFC 9110 section 11.1).
    static func bearerToken(_ authorization: String) throws(AuthenticationFailure) -> String {
        let scheme = "bearer ".utf8
        let token = authorization.utf8.dropFirst(scheme.count)
        guard authorization.utf8.prefix(scheme.count).elementsEqual(scheme, by: { $0 | 0x20 == $1 }), !token.isEmpty,
            !token.contains(UInt8(ascii: " "))
        else {
            throw AuthenticationFailure(.invalid, "Authorization must read 'Bearer' and one API key or JWT.")
        }
        return String(Substring(token))
    }
}

/// Takes requests without credentials for one known caller, and asks another authenticator about the rest (only `dev` uses it).
public struct OpenCaller: CallerAuthenticator {
    private let caller: Caller
    private let other: any CallerAuthenticator

    public var issuers: [JWTAuthenticator.IssuerStatus] { other.issuers }

    public init(caller: Caller, else other: any CallerAuthenticator) {
        self.caller = caller
        self.other = other
    }

    public func authenticate(authorization: String?, apiKey: String?) async throws(AuthenticationFailure) -> Caller {
        if authorization == nil, apiKey == nil { return caller }
        return try await other.authenticate(authorization: authorization, apiKey: apiKey)
    }

    public func knowsAPIKey(named name: String, mark: String?, environment: String) -> Bool {
        mark == nil && caller == Caller(name: name, environment: environment)
            || other.knowsAPIKey(named: name, mark: mark, environment: environment)
    }
}
