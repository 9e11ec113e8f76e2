public import SigV4
public import Uploads

/// What a scoped token is good for: uploads under one rule, by pages of one origin, up to a number of bytes, until a time.
public struct TokenScope: Sendable, Equatable {
    /// How long a token lives at most, in seconds.
    public static let maximumLifetimeSeconds: Int64 = 900
    /// The largest budget, in bytes: 1 TiB.
    public static let maximumBudgetBytes: Int64 = 1 << 40

    /// Tells tokens apart; 32 hexadecimal digits.
    public let id: String
    public let environment: String
    /// The name of the API key whose holder got the token.
    public let keyName: String
    /// Which of the keys of that name it was (`APIKey.mark`); nil where it was none, as with the open caller of `dev`.
    public let keyMark: String?
    /// For whom the holder got it; nil for nobody in particular.
    public let subject: String?
    public let rule: String
    /// As browsers send it, never a pattern.
    public let origin: String
    /// How many bytes all tickets together may bind.
    public let budgetBytes: Int64
    public let expiresAt: SigningTime

    public init(
        id: String, environment: String, keyName: String, keyMark: String?, subject: String?, rule: String, origin: String,
        budgetBytes: Int64, expiresAt: SigningTime
    ) {
        self.id = id
        self.environment = environment
        self.keyName = keyName
        self.keyMark = keyMark
        self.subject = subject
        self.rule = rule
        self.origin = origin
        self.budgetBytes = budgetBytes
        self.expiresAt = expiresAt
    }

    /// Whose uploads they are: never the holder's own, whose files a public token must not come near.
    public var caller: Caller {
        Caller(.delegate(subject ?? "", of: keyName), environment: environment, rules: [rule])
    }
}
