import Foundation
public import Libcrypto
import S3Signing
public import SigV4
import Uploads

/// Makes and reads scoped tokens: JWTs (RFC 7519) of the service's own, signed with HMAC-SHA-256 (HS256, RFC 7518 section 3.2).
public struct ScopedTokens: Sendable {
    /// No issuer of `uploads.yaml` is called so, and no key of one verifies these tokens.
    static let issuer = "urn:countersign:scoped"
    static let audience = "countersign"
    private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))

    /// The first signs, all verify.
    private let keys: [HMACSHA256Key]

    /// - Parameter secrets: at least one; the first signs, and the others still verify, so that a secret can be replaced.
    public init(secrets: [Secret]) {
        precondition(!secrets.isEmpty, "Without a secret there are no scoped tokens.")
        keys = secrets.map { $0.withBytes { HMACSHA256Key($0) } }
    }

    /// Whether a bearer's token says that it is one of these, good or not.
    public static func isOne(_ text: String) -> Bool {
        (try? JSONWebToken(text))?.claims.issuer == issuer
    }

    func token(for scope: TokenScope) -> String {
        var json = JSONWriter(reserving: 512)
        json.object { json in
            json.member("iss", Self.issuer)
            json.member("aud", Self.audience)
            json.member("sub", scope.caller.name)
            json.member("exp", scope.expiresAt.secondsSinceEpoch)
            json.member("jti", scope.id)
            json.member("env", scope.environment)
            json.member("key", scope.keyName)
            json.member("for", scope.subject)
            json.member("rule", scope.rule)
            json.member("origin", scope.origin)
            json.member("bytes", scope.budgetBytes)
        }
        let input = "\(Self.header).\(Base64URL.encode(json.bytes))"
        return "\(input).\(Base64URL.encode(keys[0].authenticate(input).bytes))"
    }

    /// What a token is good for, if it is one of these and has not ended.
    public func scope(of text: String, at now: SigningTime) throws(AuthenticationFailure) -> TokenScope {
        let token: JSONWebToken
        do { token = try JSONWebToken(text) } catch { throw AuthenticationFailure(.invalid, error.message) }
        guard token.claims.issuer == Self.issuer, token.claims.audiences == [Self.audience], token.algorithm == "HS256",
            keys.contains(where: { ConstantTime.equal($0.authenticate(token.signingInput.span).bytes, token.signature) }),
            let scope = TokenScope(token.claims)
        else { throw AuthenticationFailure(.invalid, "This is no scoped token of this service: get a new one from your own server.") }
        guard now < scope.expiresAt else {
            throw AuthenticationFailure(.invalid, "This scoped token has expired: get a new one from your own server.")
        }
        return scope
    }
}

extension TokenScope {
    /// Nil where a claim is missing or of another type than tokens have.
    fileprivate init?(_ claims: TokenClaims) {
        guard let id = claims["jti"]?.string, let environment = claims["env"]?.string, let keyName = claims["key"]?.string,
            let rule = claims["rule"]?.string, let origin = claims["origin"]?.string, case .integer(let bytes)? = claims["bytes"]
        else { return nil }
        self.init(
            id: id, environment: environment, keyName: keyName, subject: claims["for"]?.string, rule: rule, origin: origin,
            budgetBytes: bytes, expiresAt: SigningTime(secondsSinceEpoch: Int64(claims.expiresAt)))
    }
}
