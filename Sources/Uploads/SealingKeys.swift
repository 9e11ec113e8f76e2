public import Libcrypto

/// What seals grants and marks the keys that were given out: secrets of the service, of which the first makes and all verify, so that
/// one can be replaced by another.
public struct SealingKeys: Sendable {
    /// What something is sealed or marked for. What was made for one use is nothing to another.
    public enum Use: String, Sendable, CaseIterable {
        case grant = "countersign grant"
        case issuedKey = "countersign issued key"
    }

    /// The least length of a secret, in bytes.
    public static let minimumByteCount = 32
    /// The longest token that is looked at, in bytes.
    static let maximumTokenByteCount = 8192

    private static let version: UInt8 = 1
    private static let saltByteCount = 16

    private let keys: [HMACSHA256Key]

    /// - Parameter secrets: at least one, each of ``minimumByteCount`` bytes or more.
    public init(secrets: [Secret]) {
        precondition(!secrets.isEmpty, "Without a secret nothing is sealed.")
        keys = secrets.map { $0.withBytes { HMACSHA256Key($0) } }
    }

    /// Encrypts a message (AES-256-GCM), with a key of its own that is derived from 128 random bits.
    ///
    /// - Returns: a text of letters, digits, `-` and `_`.
    func seal(_ message: [UInt8], for use: Use, using random: inout some RandomNumberGenerator) -> String {
        let salt = (0..<Self.saltByteCount / 8).flatMap { _ in
            let word = random.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        let sealed = AESGCM.seal(
            message, key: Self.subkey(of: keys[0], use, salt), nonce: Self.nonce, additional: Self.header(use))
        return Base64URL.encode([Self.version] + salt + sealed)
    }

    /// The message of a token; nil where it was not sealed here, for this use, exactly so.
    func open(_ token: String, for use: Use) -> [UInt8]? {
        guard token.utf8.count <= Self.maximumTokenByteCount, let bytes = Base64URL.decode(token.utf8), bytes.first == Self.version,
            bytes.count > Self.saltByteCount
        else { return nil }
        let salt = Array(bytes[1...Self.saltByteCount])
        let sealed = Array(bytes[(Self.saltByteCount + 1)...])
        for key in keys {
            let subkey = Self.subkey(of: key, use, salt)
            if let message = AESGCM.open(sealed, key: subkey, nonce: Self.nonce, additional: Self.header(use)) { return message }
        }
        return nil
    }

    /// A mark (HMAC-SHA-256, its first 128 bits) that only these secrets can make: 22 letters, digits, `-` and `_`.
    public func mark(_ message: String, for use: Use) -> String {
        Self.mark(message, use, keys[0])
    }

    /// Whether one of the secrets made the mark; compared in constant time.
    public func verifies(mark: String, of message: String, for use: Use) -> Bool {
        keys.contains { ConstantTime.equal(Self.mark(message, use, $0), mark) }
    }

    private static func mark(_ message: String, _ use: Use, _ key: HMACSHA256Key) -> String {
        Base64URL.encode(Array(key.authenticate("\(use.rawValue)\0mark\0\(message)").bytes.prefix(16)))
    }

    /// Each subkey seals one message, so that the nonce may always be the same.
    private static let nonce = [UInt8](repeating: 0, count: AESGCM.nonceByteCount)

    private static func subkey(of key: HMACSHA256Key, _ use: Use, _ salt: [UInt8]) -> SHA256Digest {
        key.authenticate((Array("\(use.rawValue)\0seal\0".utf8) + salt).span)
    }

    private static func header(_ use: Use) -> [UInt8] {
        [version] + Array(use.rawValue.utf8)
    }
}
