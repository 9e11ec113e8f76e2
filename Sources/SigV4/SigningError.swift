/// Why a request cannot be signed, in words that say what to change.
public struct SigningError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A stable name in snake case.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    public let code: Code
    /// The header, parameter or part of the request that is to blame, where it is one.
    public let field: String?
    public let message: String

    public init(_ code: Code, field: String? = nil, _ message: String) {
        self.code = code
        self.field = field
        self.message = message
    }

    public var description: String {
        "\(code.rawValue): \(message)"
    }
}

extension SigningError.Code {
    /// The lifetime is outside 1…604800 seconds.
    public static let expiryOutOfRange = SigningError.Code(rawValue: "expiry_out_of_range")
    /// A header's name is not an HTTP token, or its value holds a byte that no client can send.
    public static let invalidHeader = SigningError.Code(rawValue: "invalid_header")
    /// A header that its sender cannot set, or that changes on the way.
    public static let headerNotSignable = SigningError.Code(rawValue: "header_not_signable")
    /// There is no `Host` header, or more than one.
    public static let invalidHost = SigningError.Code(rawValue: "invalid_host")
    /// A header or parameter that the signature itself sets.
    public static let reserved = SigningError.Code(rawValue: "reserved_name")
}
