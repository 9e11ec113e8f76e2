/// Whose JWTs an environment takes, and what their claims mean: one entry of `callers` in its `uploads.yaml`.
public struct TokenIssuer: Sendable, Equatable {
    /// How a token may be signed (RFC 7518 section 3.1, RFC 8037 section 3.1).
    public enum Algorithm: String, Sendable, CaseIterable {
        case hs256 = "HS256"
        case rs256 = "RS256"
        case ps256 = "PS256"
        case es256 = "ES256"
        case edDSA = "EdDSA"
    }

    /// Where the keys come from that verify tokens.
    public enum Keys: Sendable, Hashable {
        /// A JWK Set (RFC 7517 section 5) behind https.
        case url(String)
        /// A JWK Set or PEM, in a file beside `uploads.yaml`.
        case file(path: String, content: String)
        /// The secret of HS256, in the variable of this name.
        case variable(String)
    }

    /// What a claim is held against.
    public enum ClaimValue: Sendable, Hashable {
        case text(String)
        case integer(Int64)
        case flag(Bool)
    }

    /// Which of the environment's rules the tokens' subjects may use.
    public enum Rules: Sendable, Equatable {
        case all
        case these(Set<String>)
        /// Those that a claim names, as an array or between blanks; a token without the claim may use none. Names outside `among` do not count.
        case claim(String, among: Set<String>)
    }

    /// In keys of objects and in logs; unique in its environment.
    public let name: String
    public let environment: String
    /// The exact `iss` of its tokens.
    public let issuer: String
    /// One of them must be in a token's `aud`.
    public let audiences: [String]
    public let algorithms: [Algorithm]
    public let keys: Keys
    /// How far the issuer's clock may be off, in seconds.
    public let leewaySeconds: Int
    /// Claims that must have exactly this value, or hold it where the claim is an array.
    public let requiredClaims: [String: ClaimValue]
    public let rules: Rules
    /// Tokens with the same text in this claim share a prefix.
    public let groupClaim: String?

    public static let defaultLeewaySeconds = 30
    /// An HS256 secret is at least as long as its digest (RFC 7518 section 3.2).
    public static let minimumSecretBytes = 32

    public init(
        name: String, environment: String, issuer: String, audiences: [String], algorithms: [Algorithm], keys: Keys,
        leewaySeconds: Int = defaultLeewaySeconds, requiredClaims: [String: ClaimValue] = [:], rules: Rules = .all,
        groupClaim: String? = nil
    ) {
        self.name = name
        self.environment = environment
        self.issuer = issuer
        self.audiences = audiences
        self.algorithms = algorithms
        self.keys = keys
        self.leewaySeconds = leewaySeconds
        self.requiredClaims = requiredClaims
        self.rules = rules
        self.groupClaim = groupClaim
    }

    /// Whether some token could be one of both: same issuer, an audience in common, and no required claim that tells them apart.
    func isAmbiguous(beside other: TokenIssuer) -> Bool {
        guard issuer == other.issuer, audiences.contains(where: other.audiences.contains) else { return false }
        return !requiredClaims.contains { claim, value in other.requiredClaims[claim].map { $0 != value } ?? false }
    }
}
