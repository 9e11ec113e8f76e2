import Foundation
public import Libcrypto
import S3Signing
public import SigV4
import Uploads

/// Makes and reads scoped tokens: JWTs (RFC 7519) of the service's own, signed with HMAC-SHA-256 (HS256, RFC 7518 section 3.2).
///
/// All have one header, whose `typ` is no issuer's (RFC 8725 section 3.11): what verifies issuers' tokens refuses these for their type, and
/// these are told by that header, whatever names and secrets the two may share.
public struct ScopedTokens: Sendable {
    /// `uploads.yaml` takes no issuer of that name.
    static let issuer = "countersign"
    static let audience = "/u"
    private static let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"countersign-scoped+jwt"}"#.utf8))

    /// The first signs, all verify.
    private let keys: [HMACSHA256Key]

    /// - Parameter secrets: at least one; the first signs, and the others still verify, so that a secret can be replaced.
    public init(secrets: [Secret]) {
        precondition(!secrets.isEmpty, "Without a secret there are no scoped tokens.")
        keys = secrets.map { $0.withBytes { HMACSHA256Key($0) } }
    }

    /// Whether a bearer's token says that it is one of these, good or not. It costs next to nothing: every JWT is asked.
    public static func isOne(_ text: String) -> Bool {
        text.utf8.starts(with: header.utf8) && text.utf8.dropFirst(header.utf8.count).first == UInt8(ascii: ".")
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
            json.member("mark", scope.keyMark)
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
        let parts = text.utf8.count <= JSONWebToken.maximumBytes ? text.split(separator: ".", omittingEmptySubsequences: false) : []
        guard parts.count == 3, Self.isOne(text), verifies(parts[2], over: "\(parts[0]).\(parts[1])"),
            let bytes = Base64URL.decode(parts[1].utf8), let json = try? JSONParser.parse(bytes), let claims = try? TokenClaims(json),
            claims.issuer == Self.issuer, claims.audiences == [Self.audience], let scope = TokenScope(claims)
        else { throw AuthenticationFailure(.invalid, "This is no scoped token of this service: get a new one from your own server.") }
        guard now < scope.expiresAt else {
            throw AuthenticationFailure(.invalid, "This scoped token has expired: get a new one from your own server.")
        }
        return scope
    }

    /// The same, where the API key is still known that the token came from: a token ends with it, whoever else has its name.
    public func scope(
        of text: String, at now: SigningTime, from authenticator: any CallerAuthenticator
    ) throws(AuthenticationFailure) -> TokenScope {
        let scope = try scope(of: text, at: now)
        guard authenticator.knowsAPIKey(named: scope.keyName, mark: scope.keyMark, environment: scope.environment) else {
            throw AuthenticationFailure(.invalid, "The API key that this scoped token came from is gone: get a new one.")
        }
        return scope
    }

    /// Texts are compared, so that there is one spelling of a signature.
    private func verifies(_ signature: Substring, over input: String) -> Bool {
        keys.contains { ConstantTime.equal(Base64URL.encode($0.authenticate(input).bytes), String(signature)) }
    }
}

extension TokenScope {
    /// Nil where a claim is missing or of another type than tokens have.
    fileprivate init?(_ claims: TokenClaims) {
        guard let id = claims["jti"]?.string, let environment = claims["env"]?.string, let keyName = claims["key"]?.string,
            let rule = claims["rule"]?.string, let origin = claims["origin"]?.string, case .integer(let bytes)? = claims["bytes"]
        else { return nil }
        self.init(
            id: id, environment: environment, keyName: keyName, keyMark: claims["mark"]?.string, subject: claims["for"]?.string, rule: rule,
            origin: origin,
            budgetBytes: bytes, expiresAt: SigningTime(secondsSinceEpoch: Int64(claims.expiresAt)))
    }
}
