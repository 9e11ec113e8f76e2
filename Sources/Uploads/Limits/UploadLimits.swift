/// How much of an environment callers may take: each by itself, each client address, and all together.
public struct UploadLimits: Sendable, Equatable {
    /// Of each caller.
    public var caller: Allowance
    /// Of each client address. Its requests are counted before anybody knows which environment they are for, so not here.
    public var address: Allowance
    /// Of all callers together.
    public var environment: Allowance

    /// Without a word about it, nothing is limited.
    public init(caller: Allowance = Allowance(), address: Allowance = Allowance(), environment: Allowance = Allowance()) {
        self.caller = caller
        self.address = address
        self.environment = environment
    }

    /// What is wrong about them among an environment's rules; `field` is the key below `limits`.
    func problems(among rules: [UploadRule]) -> [InvalidValue] {
        LimitScope.allCases.flatMap { scope -> [InvalidValue] in
            guard let bytes = self[scope].bytesPerDay else { return [] }
            return rules.filter { $0.sizeBytes.upperBound > bytes }.map { rule in
                InvalidValue(
                    field: "\(scope.rawValue).bytesPerDay",
                    "the rule \(rule.name) takes files of \(rule.sizeBytes.upperBound) bytes, more than all of a day; allow at least as much, "
                        + "or lower its maximumSize")
            }
        }
    }

    public subscript(scope: LimitScope) -> Allowance {
        switch scope {
        case .caller: caller
        case .address: address
        case .environment: environment
        }
    }
}

/// Whose taking is counted.
public enum LimitScope: String, Sendable, CaseIterable {
    case caller, address, environment
}

/// What one of them may take; nil is as much as it likes.
public struct Allowance: Sendable, Equatable {
    public var requests: RequestRate?
    /// Uploads that have a ticket and are neither confirmed nor aborted, and whose grant has not ended.
    public var openUploads: Int?
    /// Bytes of the tickets of one day, from midnight to midnight UTC.
    public var bytesPerDay: Int64?

    public init(requests: RequestRate? = nil, openUploads: Int? = nil, bytesPerDay: Int64? = nil) {
        self.requests = requests
        self.openUploads = openUploads
        self.bytesPerDay = bytesPerDay
    }

    /// Whether tickets are counted at all.
    public var limitsUploads: Bool { openUploads != nil || bytesPerDay != nil }

    /// The largest number of bytes that `RateLimit` fields can name (RFC 9651 section 3.3.1).
    public static let maximumBytesPerDay: Int64 = 999_999_999_999_999
    /// The most uploads that may be open: what one process keeps count of.
    public static let maximumOpenUploads = 200_000
}
