import JWTKit
import Libcrypto
import Settings

extension KeySet {
    /// The set with one secret, for HS256.
    ///
    /// - Throws: `KeySetFault` where the secret is shorter than the digest (RFC 7518 section 3.2).
    init(secret: Secret) async throws {
        guard secret.byteCount >= TokenIssuer.minimumSecretBytes else {
            throw KeySetFault("the secret is shorter than \(TokenIssuer.minimumSecretBytes) bytes; make a longer one")
        }
        self.init(keys: [try await .secret(secret)], notes: [], sourceDigest: SHA256.hash(""))
    }

    /// Reads a file: a JWK Set, or one public key or certificate in PEM (RFC 7468).
    ///
    /// - Throws: `KeySetFault` where it holds no key of an allowed algorithm, or a private one.
    init(file content: String, algorithms: [TokenIssuer.Algorithm]) async throws {
        guard content.contains("-----BEGIN ") else {
            try await self.init(jwks: Array(content.utf8), algorithms: algorithms)
            return
        }
        guard !content.contains("PRIVATE KEY-----") else {
            throw KeySetFault("the file holds a private key; put the public key there, and give the private one to the issuer alone")
        }
        guard content.split(separator: "-----BEGIN ").count(where: { $0.contains("-----END ") }) == 1 else {
            throw KeySetFault("the file is no single PEM block; put several keys into a JWKS")
        }
        var keys: [VerificationKey] = []
        for algorithm in algorithms {
            if let key = try? await Self.key(pem: content, algorithm: algorithm) { keys.append(key) }
        }
        guard !keys.isEmpty else {
            throw KeySetFault(
                "the file holds no public key for \(algorithms.map(\.rawValue).joined(separator: ", ")): RSA of at least "
                    + "\(VerificationKey.rsaBits.lowerBound) bits, P-256 or Ed25519")
        }
        self.init(keys: keys, notes: [], sourceDigest: SHA256.hash(content))
    }

    private static func key(pem: String, algorithm: TokenIssuer.Algorithm) async throws -> VerificationKey? {
        let isCertificate = pem.contains("-----BEGIN CERTIFICATE-----")
        switch algorithm {
        case .hs256: return nil
        case .rs256, .ps256:
            let key = isCertificate ? try Insecure.RSA.PublicKey(certificatePEM: pem) : try Insecure.RSA.PublicKey(pem: pem)
            return try await .rsa(key, id: nil, algorithm: algorithm)
        case .es256:
            return try await .p256(isCertificate ? ES256PublicKey(certificate: pem) : ES256PublicKey(pem: pem), id: nil)
        case .edDSA: return try await .ed25519(EdDSA.PublicKey(pem: pem), id: nil)
        }
    }
}
