internal import CLibcrypto

/// The digests that bodies are checked with, and the cipher that seals, fetched once: fetching costs more than a short hash.
///
/// Fetched objects are immutable and may be shared by threads (openssl-threads(7)).
@safe
final class Algorithms: @unchecked Sendable {
    static let shared = Algorithms()

    /// In the order of `DigestAlgorithm.allCases`.
    private let digests: [OpaquePointer?]
    private let cipher: OpaquePointer?

    private init() {
        unsafe digests = DigestAlgorithm.allCases.map { unsafe EVP_MD_fetch(nil, $0.name, nil) }
        unsafe cipher = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    }

    /// AES-256 in Galois/Counter Mode.
    var aes256GCM: OpaquePointer { unsafe Algorithms.require(cipher, "AES-256-GCM") }

    /// The fetched digest; a libcrypto without it (MD5 under a FIPS provider, say) cannot run what asked for it.
    func digest(_ algorithm: DigestAlgorithm) -> OpaquePointer {
        unsafe Algorithms.require(digests[algorithm.rawValue], algorithm.name)
    }

    /// libcrypto returns NULL only when it has no memory or lacks the algorithm: nothing can be signed or checked then.
    static func require<Value>(_ value: Value?, _ what: @autoclosure () -> String) -> Value {
        guard let value else { fatalError("libcrypto cannot provide \(what())") }
        return value
    }

    /// Every call that returns 1 for success goes through here; a silent failure would yield a wrong signature.
    @inline(__always)
    static func check(_ status: Int32, _ what: @autoclosure () -> String) {
        if status != 1 { fatalError("libcrypto failed: \(what())") }
    }
}

/// A digest that S3 or its clients ask for.
public enum DigestAlgorithm: Int, Sendable, CaseIterable {
    case md5, sha1, sha256, sha512

    /// Length of the digest in bytes.
    public var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }

    var name: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha512: "SHA512"
        }
    }
}
