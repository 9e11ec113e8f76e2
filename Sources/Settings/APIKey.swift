public import Libcrypto
public import Uploads

/// The secret that a back end presents: `csk_`, 256 random bits as 43 characters of base64url, `_`, and six digits of a checksum.
///
/// The prefix lets scanners of source code find one that leaked; the checksum tells a mistyped key from an unknown one. Configuration
/// holds `sha256` only: with 256 random bits a plain digest cannot be turned back.
public struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public static let prefix = "csk_"

    /// The whole key. It is a secret: show it once, to the one who made it.
    public let text: String

    /// Reads a key; `nil` where form or checksum are wrong.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == APIKey.byteCount, text.hasPrefix(APIKey.prefix), bytes[47] == UInt8(ascii: "_") else { return nil }
        let body = String(decoding: bytes[..<47], as: UTF8.self)
        let isBase64 = bytes[4..<47].allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isBase64, ConstantTime.equal(Array(APIKey.checksum(of: body).utf8), Array(bytes[48...])) else { return nil }
        self.text = text
    }

    /// Makes a new key.
    public static func mint(using random: inout some RandomNumberGenerator) -> APIKey {
        let words = (0..<4).map { _ in random.next() as UInt64 }
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
        let base64 = Base64.encode(bytes).compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 }
        let body = prefix + String(base64)
        return APIKey(unchecked: "\(body)_\(checksum(of: body))")
    }

    private init(unchecked text: String) {
        self.text = text
    }

    /// What configuration holds instead of the key: the SHA-256 of its whole text.
    public var sha256: SHA256Digest { SHA256.hash(text) }

    /// Tells the keys of one name apart in public: 16 hexadecimal digits of the digest of what configuration holds.
    public static func mark(ofSHA256 digest: SHA256Digest) -> String { String(SHA256.hash(digest.bytes).hex.prefix(16)) }

    public var description: String { "APIKey(<redacted>)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    private static let byteCount = 54

    private static func checksum(of body: String) -> String {
        String(SHA256.hash(body).hex.prefix(6))
    }
}

/// What configuration knows of an API key.
public struct APIKeyRecord: Sendable, Equatable {
    /// The caller's name, in keys and logs.
    public let name: String
    public let environment: String
    public let sha256: SHA256Digest

    public init(name: String, environment: String, sha256: SHA256Digest) {
        self.name = name
        self.environment = environment
        self.sha256 = sha256
    }

    /// Tells it apart from the other keys of its name.
    public var mark: String { APIKey.mark(ofSHA256: sha256) }

    /// Who presents that key.
    public var caller: Caller { Caller(name: name, environment: environment) }
}
