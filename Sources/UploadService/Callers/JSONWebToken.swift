import Libcrypto
import S3Signing

/// A JWT taken apart (RFC 7519, JWS compact serialization of RFC 7515 section 7.1), with nothing verified yet.
///
/// The header's `jku`, `jwk`, `x5u` and `x5c` are not looked at: keys come from the configuration alone.
struct JSONWebToken: Sendable {
    /// A longer token is refused unread; header fields end at twice this size.
    static let maximumBytes = 8 * 1024
    private static let maximumKeyIDBytes = 256
    private static let types: Set<String> = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"]

    /// As the header says it; not yet one that is allowed.
    let algorithm: String
    let keyID: String?
    let claims: TokenClaims
    /// What is signed.
    let signingInput: [UInt8]
    let signature: [UInt8]

    init(_ text: String) throws(TokenFault) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw TokenFault(.form, "This token is longer than \(Self.maximumBytes) bytes: ask its issuer for one with fewer claims.")
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if parts.count == 5 { throw TokenFault(.form, "This token is encrypted (JWE): send a signed one.") }
        guard parts.count == 3 else {
            throw TokenFault(.form, "This is no whole JWT, which has three parts with a dot between them: send all of it.")
        }
        let header = try Self.object(parts[0], "header")
        algorithm = try Self.algorithm(header)
        keyID = try Self.keyID(header)
        try Self.checkExtensions(header)
        claims = try TokenClaims(Self.object(parts[1], "claims"))
        guard !parts[2].isEmpty, let signature = Base64URL.decode(parts[2]) else {
            throw TokenFault(.form, "The signature of this token is missing or is not base64url: send the token as its issuer gave it.")
        }
        self.signature = signature
        signingInput = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
    }

    private static func object(_ part: Substring.UTF8View, _ name: String) throws(TokenFault) -> JSON {
        guard let bytes = Base64URL.decode(part) else {
            throw TokenFault(.form, "The \(name) of this token is not base64url: send the token as its issuer gave it.")
        }
        do {
            let json = try JSONParser.parse(bytes)
            if case .object = json { return json }
        } catch {
            throw TokenFault(.form, "The \(name) of this token is not JSON: \(error.message).")
        }
        throw TokenFault(.form, "The \(name) of this token is not a JSON object.")
    }

    private static func algorithm(_ header: JSON) throws(TokenFault) -> String {
        guard let algorithm = header["alg"]?.string else { throw TokenFault(.form, "The header of this token names no algorithm (alg).") }
        guard algorithm.lowercased() != "none" else { throw TokenFault(.form, "This token is not signed (alg none): send a signed one.") }
        return algorithm
    }

    private static func keyID(_ header: JSON) throws(TokenFault) -> String? {
        guard let member = header["kid"] else { return nil }
        guard let id = member.string, (1...maximumKeyIDBytes).contains(id.utf8.count) else {
            throw TokenFault(.form, "The key id (kid) of this token must be a text of 1 to \(maximumKeyIDBytes) bytes.")
        }
        return id
    }

    private static func checkExtensions(_ header: JSON) throws(TokenFault) {
        // RFC 7515 section 4.1.11: what is critical and not understood makes a token invalid, and nothing is understood here.
        guard header["crit"] == nil else {
            throw TokenFault(.form, "This token has critical header parameters (crit), and none is known here.")
        }
        guard let type = header["typ"] else { return }
        guard let text = type.string, types.contains(text.lowercased()) else {
            throw TokenFault(.form, "This token is of another kind (typ) than JWT or at+jwt: send an ID or access token.")
        }
    }
}
