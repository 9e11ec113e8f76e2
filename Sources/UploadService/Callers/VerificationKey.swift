import FoundationEssentials
import JWTKit
import Libcrypto
import Settings

/// One key that verifies one algorithm. It is chosen by us: the library is given no choice of keys or algorithms.
struct VerificationKey: Sendable {
    /// RSA keys below this are factored; RFC 7518 section 3.3.
    static let rsaBits = 2048...8192

    /// The `kid` of the key; nil for a key that has none, as in PEM.
    let id: String?
    let algorithm: TokenIssuer.Algorithm
    private let verifier: any JWTAlgorithm

    func verifies(_ signature: [UInt8], over input: [UInt8]) -> Bool {
        (try? verifier.verify(signature, signs: input)) ?? false
    }

    private init(id: String?, algorithm: TokenIssuer.Algorithm, _ add: (isolated JWTKeyCollection) -> Void) async throws {
        let collection = JWTKeyCollection()
        await add(collection)
        self.id = id
        self.algorithm = algorithm
        self.verifier = try await collection.getKey()
    }

    // MARK: Kinds of keys

    static func secret(_ secret: Secret) async throws -> VerificationKey {
        let key = HMACKey(from: secret.withBytes { bytes in bytes.indices.map { bytes[$0] } })
        return try await VerificationKey(id: nil, algorithm: .hs256) { $0.add(hmac: key, digestAlgorithm: .sha256) }
    }

    static func rsa(_ key: Insecure.RSA.PublicKey, id: String?, algorithm: TokenIssuer.Algorithm) async throws -> VerificationKey {
        try await VerificationKey(id: id, algorithm: algorithm) { keys in
            if algorithm == .ps256 {
                keys.add(pss: key, digestAlgorithm: .sha256)
            } else {
                keys.add(rsa: key, digestAlgorithm: .sha256)
            }
        }
    }

    static func p256(_ key: ES256PublicKey, id: String?) async throws -> VerificationKey {
        try await VerificationKey(id: id, algorithm: .es256) { $0.add(ecdsa: key) }
    }

    static func ed25519(_ key: EdDSA.PublicKey, id: String?) async throws -> VerificationKey {
        try await VerificationKey(id: id, algorithm: .edDSA) { $0.add(eddsa: key) }
    }
}
