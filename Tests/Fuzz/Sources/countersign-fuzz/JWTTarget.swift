import Logging
import Uploads

@testable import Libcrypto
@testable import S3Signing
@testable import Settings
@testable import SigV4
@testable import UploadService

/// JWTs, scoped tokens and JWK Sets: what nobody signed names no caller, and what an issuer signed names one exactly as its claims say.
struct JWTTarget: FuzzTarget {
    private static let now: Int64 = 1_800_000_000
    private let secret = Secret("fuzzing-fuzzing-fuzzing-fuzzing-fuzzing")
    private let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
    private let key: HMACSHA256Key
    private let authenticator: JWTAuthenticator
    private let scopedTokens: ScopedTokens

    init() {
        let secret = secret
        key = secret.withBytes { HMACSHA256Key($0) }
        scopedTokens = ScopedTokens(secrets: [secret])
        authenticator = awaited {
            let issuer = TokenIssuer(
                name: "auth", environment: "staging", issuer: "https://issuer.example.com/", audiences: ["uploads"], algorithms: [.hs256],
                keys: .variable("SECRET"))
            do {
                return try await JWTAuthenticator(
                    issuers: [issuer], secrets: ["SECRET": secret], clock: { SigningTime(secondsSinceEpoch: Self.now) },
                    logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
            } catch {
                fatalError("\(error)")
            }
        }
    }

    func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        checkForeign(text)
        guard let json = try? JSONParser.parse(input) else { return }
        // Mutations of base64url seldom give other JSON: the same claims once more, signed as an issuer would.
        checkSigned(input, json)
        checkScoped(json)
        if case .array? = json["keys"] { checkKeys(input) }
    }

    private func checkForeign(_ text: String) {
        if let token = try? JSONWebToken(text) { expect(text.utf8.starts(with: token.signingInput), "what is signed is not what was sent") }
        expect(caller(of: text) == nil, "verified what nobody signed")
        expect((try? scopedTokens.scope(of: text, at: SigningTime(secondsSinceEpoch: Self.now))) == nil, "took what nobody signed")
    }

    // MARK: Tokens of an issuer

    private func checkSigned(_ claims: [UInt8], _ json: JSON) {
        let token = signed("\(header).\(Base64URL.encode(claims))")
        let expected = token.utf8.count <= JSONWebToken.maximumBytes ? Self.expected(json) : nil
        let verified = caller(of: token)
        expect(verified?.caller == expected?.caller, "\(verified as Any) instead of \(expected as Any)")
        guard let verified, let expected else { return }
        expect(verified.expiresAt.secondsSinceEpoch == expected.end, "ends at \(verified.expiresAt), not \(expected.end)")
        expect(caller(of: String(token.dropLast(1))) == nil, "verified with half a signature")
        expect(
            caller(of: "\(token.dropLast(43))\(Base64URL.encode([UInt8](repeating: 0, count: 32)))") == nil,
            "verified with another signature")
    }

    private func signed(_ input: String) -> String {
        "\(input).\(Base64URL.encode(key.authenticate(input).bytes))"
    }

    private func caller(of token: String) -> JWTAuthenticator.Verified? {
        let authenticator = authenticator
        return awaited { try? await authenticator.verify(token) }
    }

    /// Who the claims say it is, read by hand from RFC 7519.
    private static func expected(_ json: JSON) -> (caller: Caller, end: Int64)? {
        guard case .object = json, json["iss"]?.string?.isSame(as: "https://issuer.example.com/") == true,
            let subject = json["sub"]?.string, (1...256).contains(subject.utf8.count), isForUs(json["aud"]),
            let end = seconds(json["exp"]), Double(now) < end + 30
        else { return nil }
        for name in ["nbf", "iat"] where json[name] != nil {
            guard let start = seconds(json[name]), start <= Double(now) + 30 else { return nil }
        }
        return (Caller(.subject(subject, issuer: "auth"), environment: "staging"), Int64(end))
    }

    private static func isForUs(_ audience: JSON?) -> Bool {
        switch audience {
        case .string(let text)?: text == "uploads"
        case .array(let items)?: items.contains(.string("uploads")) && items.allSatisfy { $0.string != nil }
        default: false
        }
    }

    private static func seconds(_ value: JSON?) -> Double? {
        let number: Double? =
            switch value {
            case .integer(let number)?: Double(number)
            case .number(let text)?: Double(text)
            default: nil
            }
        return number.flatMap { (0...253_402_300_799).contains($0) ? $0 : nil }
    }

    // MARK: Scoped tokens and keys

    /// A scope of the input's texts is the same when it is read, and every other spelling of its token is refused.
    private func checkScoped(_ json: JSON) {
        guard let rule = json["rule"]?.string, let origin = json["origin"]?.string, case .integer(let bytes)? = json["bytes"] else {
            return
        }
        let now = SigningTime(secondsSinceEpoch: Self.now)
        let scope = TokenScope(
            id: String(repeating: "0", count: 32), environment: "staging", keyName: json["key"]?.string ?? "key", keyMark: nil,
            subject: json["for"]?.string, rule: rule, origin: origin, budgetBytes: bytes, expiresAt: now.adding(seconds: 60))
        let token = scopedTokens.token(for: scope)
        guard let read = try? scopedTokens.scope(of: token, at: now) else { return }
        expect(read == scope, "\(read) instead of \(scope)")
        expect(caller(of: token) == nil, "a scoped token passes for an issuer's")
        expect((try? scopedTokens.scope(of: token + "=", at: now)) == nil, "a token with two spellings")
        expect((try? scopedTokens.scope(of: token, at: scope.expiresAt)) == nil, "a token that never ends")
    }

    private func checkKeys(_ document: [UInt8]) {
        guard let set = awaited({ try? await KeySet(jwks: document, algorithms: TokenIssuer.Algorithm.allCases) }) else { return }
        expect(!set.keys.isEmpty && set.keys.allSatisfy { $0.algorithm != .hs256 }, "a set whose readers could sign")
        for key in set.keys {
            expect(!key.verifies(document, over: document), "a signature of nobody verifies")
            expect(set.keys.count { $0.id != nil && $0.id == key.id && $0.algorithm == key.algorithm } <= 1, "two keys of one name")
        }
    }
}
