import JWTKit
import Libcrypto
import S3Signing
import Settings

extension KeySet {
    private static let maximumKeys = 100

    /// Reads a JWK Set (RFC 7517 section 5). Keys that cannot be used are left out, so that one bad key does not take away the others.
    ///
    /// - Throws: `KeySetFault` where it is none, or holds no key of an allowed algorithm.
    init(jwks bytes: [UInt8], algorithms: [TokenIssuer.Algorithm]) async throws {
        let json: JSON
        do { json = try JSONParser.parse(bytes) } catch {
            let looksLikeHTML = bytes.first { $0 > 0x20 } == UInt8(ascii: "<")
            throw KeySetFault(looksLikeHTML ? "this is HTML, not a JWKS" : "this is not JSON: \(error)")
        }
        guard case .array(let members)? = json["keys"] else { throw KeySetFault("this is no JWKS: it has no array \"keys\"") }
        guard members.count <= Self.maximumKeys else { throw KeySetFault("the JWKS has more than \(Self.maximumKeys) keys") }
        var keys: [VerificationKey] = []
        var notes: [String] = []
        for (index, member) in members.enumerated() {
            do {
                for key in try await JSONWebKey(member).verificationKeys(algorithms) {
                    guard !keys.contains(where: { $0.id == key.id && $0.id != nil && $0.algorithm == key.algorithm }) else {
                        throw KeySetFault("an earlier key has the same kid")
                    }
                    keys.append(key)
                }
            } catch {
                notes.append("key \(index + 1): \((error as? KeySetFault)?.message ?? "it is not valid")")
            }
        }
        guard !keys.isEmpty else {
            let reasons = notes.isEmpty ? "it is empty" : notes.prefix(3).joined(separator: "; ")
            throw KeySetFault("the JWKS has no key for \(algorithms.map(\.rawValue).joined(separator: ", ")): \(reasons)")
        }
        self.init(keys: keys, notes: notes, sourceDigest: SHA256.hash(bytes))
    }
}

/// One member of a JWK Set (RFC 7517 section 4).
private struct JSONWebKey {
    private let json: JSON

    init(_ json: JSON) throws(KeySetFault) {
        guard case .object = json else { throw KeySetFault("it is no object") }
        self.json = json
    }

    /// The key once for each allowed algorithm that it may verify.
    func verificationKeys(_ allowed: [TokenIssuer.Algorithm]) async throws -> [VerificationKey] {
        guard let kind = try text("kty") else { throw KeySetFault("it has no kty") }
        // Whoever reads the set could sign tokens.
        guard kind != "oct" else { throw KeySetFault("it is a secret (oct), which does not belong in a JWKS") }
        guard json["d"] == nil else { throw KeySetFault("it is a private key, which does not belong in a JWKS") }
        if let use = try text("use"), use != "sig" { throw KeySetFault("it is not for signatures (use)") }
        if let operations = json["key_ops"] {
            guard case .array(let names) = operations, names.contains(.string("verify")) else {
                throw KeySetFault("it is not for verifying (key_ops)")
            }
        }
        let algorithms = try algorithms(of: kind, among: allowed)
        let id = try text("kid")
        if let id, !(1...256).contains(id.utf8.count) { throw KeySetFault("its kid is no text of 1 to 256 bytes") }
        do {
            return try await keys(kind, id: id, algorithms)
        } catch let fault as KeySetFault {
            throw fault
        } catch {
            throw KeySetFault("it is no valid \(kind) key")
        }
    }

    private func algorithms(of kind: String, among allowed: [TokenIssuer.Algorithm]) throws(KeySetFault) -> [TokenIssuer.Algorithm] {
        let fitting: [TokenIssuer.Algorithm]
        switch kind {
        case "RSA": fitting = [.rs256, .ps256]
        case "EC": fitting = [.es256]
        case "OKP": fitting = [.edDSA]
        default: throw KeySetFault("its kty is not known")
        }
        let named = try text("alg")
        // RFC 9864 names EdDSA on this curve Ed25519.
        let isNamed = { (algorithm: TokenIssuer.Algorithm) in
            named == nil || named == algorithm.rawValue || (algorithm == .edDSA && named == "Ed25519")
        }
        let algorithms = fitting.filter { allowed.contains($0) && isNamed($0) }
        guard !algorithms.isEmpty else { throw KeySetFault("it is for an algorithm that is not allowed") }
        return algorithms
    }

    private func keys(_ kind: String, id: String?, _ algorithms: [TokenIssuer.Algorithm]) async throws -> [VerificationKey] {
        switch kind {
        case "RSA":
            try checkRSA()
            let key = try Insecure.RSA.PublicKey(modulus: text("n") ?? "", exponent: text("e") ?? "")
            var keys: [VerificationKey] = []
            for algorithm in algorithms { keys.append(try await .rsa(key, id: id, algorithm: algorithm)) }
            return keys
        case "EC":
            guard try text("crv") == "P-256" else { throw KeySetFault("its curve is not P-256") }
            guard try bytes("x").count == 32, try bytes("y").count == 32 else { throw KeySetFault("its point is not of P-256") }
            return [try await .p256(ES256PublicKey(parameters: (text("x") ?? "", text("y") ?? "")), id: id)]
        default:
            guard try text("crv") == "Ed25519" else { throw KeySetFault("its curve is not Ed25519") }
            guard try bytes("x").count == 32 else { throw KeySetFault("its point is not of Ed25519") }
            return [try await .ed25519(EdDSA.PublicKey(x: text("x") ?? "", curve: .ed25519), id: id)]
        }
    }

    private func checkRSA() throws(KeySetFault) {
        let modulus = try bytes("n").drop { $0 == 0 }
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
        guard VerificationKey.rsaBits.contains(bits) else {
            let range = VerificationKey.rsaBits
            throw KeySetFault("its modulus has \(bits) bits; RSA keys have \(range.lowerBound) to \(range.upperBound)")
        }
        let exponent = try bytes("e").drop { $0 == 0 }
        guard (1...4).contains(exponent.count), let last = exponent.last, last & 1 == 1, exponent.count > 1 || last > 1 else {
            throw KeySetFault("its exponent is not an odd number from 3 to 2^32")
        }
    }

    private func text(_ name: String) throws(KeySetFault) -> String? {
        guard let value = json[name] else { return nil }
        guard let text = value.string else { throw KeySetFault("its \(name) is no text") }
        return text
    }

    private func bytes(_ name: String) throws(KeySetFault) -> [UInt8] {
        guard let bytes = try text(name).flatMap({ Base64URL.decode($0.utf8) }) else { throw KeySetFault("its \(name) is not base64url") }
        return bytes
    }
}
