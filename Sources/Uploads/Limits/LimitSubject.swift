internal import Libcrypto
internal import SigV4

/// Whose taking is counted, as 128 bits of a SHA-256: long names take no more memory than short ones.
public struct LimitSubject: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// A caller; subjects of JWTs each by themselves, also where they share a prefix.
    public init(_ caller: Caller) {
        self.init(.caller, environment: caller.environment) { $0.append(caller.identity) }
    }

    /// A client address, within an environment.
    ///
    /// - Parameter environment: empty for requests, which are counted before anybody knows what they are for.
    public init(address: String, environment: String = "") {
        self.init(.address, environment: environment) { $0.append(address) }
    }

    public init(environment: String) {
        self.init(.environment, environment: environment) { _ in }
    }

    /// A ticket, by what its grant says.
    init(key: String, holder: Caller.Identity, environment: String, bytes: Int64, endsAt: SigningTime) {
        self.init(nil, environment: environment) { fields in
            fields.append(key)
            fields.append(holder)
            fields.append(number: bytes)
            fields.append(number: endsAt.secondsSinceEpoch)
        }
    }

    private init(_ scope: LimitScope?, environment: String, _ write: (inout FieldWriter) -> Void) {
        var fields = FieldWriter()
        fields.append(scope?.rawValue ?? "ticket")
        fields.append(environment)
        write(&fields)
        let words = SHA256.hash(fields.bytes).bytes.prefix(16).reduce(into: (high: UInt64(0), low: UInt64(0))) { words, byte in
            words = (words.high << 8 | words.low >> 56, words.low << 8 | UInt64(byte))
        }
        high = words.high
        low = words.low
    }
}
