import Foundation
import JWTKit
import Libcrypto
import Logging
import Settings

@testable import UploadService

/// A token that must not be taken, and words of the reason.
struct HostileToken {
    let name: String
    let text: String
    let says: String
}

/// What attackers, and careless issuers, send. Names say what is wrong; where a known attack stands behind one, its source follows.
struct HostileTokens {
    static let secret = Array("the-secret-of-the-HS256-issuer-is-long-enough".utf8)

    /// The issuers that the cases aim at: an RSA and two EC keys behind a URL, one secret, PS256 alone, one Ed25519 key without a kid.
    static func issuers() -> [TokenIssuer] {
        [
            .test(), .test("hs", issuer: "https://hs.example.com/", algorithms: [.hs256], keys: .variable("SECRET")),
            .test(
                "ps", issuer: "https://ps.example.com/", algorithms: [.ps256],
                keys: .file(path: "ps.json", content: JWKS.text([("rsa-1", RFCKeys.rsaJWK)]))),
            .test(
                "ed", issuer: "https://ed.example.com/", algorithms: [.edDSA],
                keys: .file(path: "ed.json", content: JWKS.text([(nil, RFCKeys.ed25519JWK)]))),
            .test(
                "strict", environment: "production", issuer: "https://strict.example.com/", algorithms: [.edDSA],
                keys: .file(path: "ed.json", content: JWKS.text([(nil, RFCKeys.ed25519JWK)])),
                require: ["stage": .text("production"), "verified": .flag(true), "level": .integer(3)],
                rules: .claim("rules", among: ["avatars"]),
                group: "org"),
        ]
    }

    static func authenticator(_ second: ES256PrivateKey, logger: Logger) async throws -> JWTAuthenticator {
        let jwks = JWKS.text([("rsa-1", RFCKeys.rsaJWK), ("ec-1", RFCKeys.p256JWK), ("ec-2", try JWKS.jwk(second))])
        return try await .test(issuers(), secrets: ["SECRET": Secret(secret)], fetcher: StubFetcher(.body(jwks)), logger: logger)
    }

    let rs: TestSigner, ps: TestSigner, es: TestSigner, ed: TestSigner, hs: TestSigner, foreign: TestSigner
    let foreignKey = ES256PrivateKey()
    let second: ES256PrivateKey

    init(second: ES256PrivateKey) async throws {
        self.second = second
        rs = try await .rs256()
        ps = try await .ps256()
        es = try await .es256()
        ed = try await .edDSA()
        hs = try await .hs256(Self.secret)
        foreign = try await .es256(foreignKey)
    }

    func all() async throws -> [HostileToken] {
        try forms() + headers() + keyIDs() + claimTypes() + times() + audiences() + mappings() + signatures() + (await confusions())
    }

    private func form(_ name: String, _ text: String, _ says: String) -> HostileToken { HostileToken(name: name, text: text, says: says) }

    // MARK: Form

    private func forms() throws -> [HostileToken] {
        let good = try rs.token(kid: "rsa-1")
        let parts = good.split(separator: ".").map(String.init)
        let (header, claims, signature) = (parts[0], parts[1], parts[2])
        func long(_ bytes: Int) throws -> String { try rs.token(kid: "rsa-1", ["pad": "\"\(String(repeating: "a", count: bytes))\""]) }
        func raw(_ json: [UInt8]) -> String { "\(header).\(Base64URL.encode(json)).\(signature)" }
        return [
            form("truncated after the claims", "\(header).\(claims)", "no whole JWT"), form("header alone", header, "no whole JWT"),
            form("four parts", good + ".x", "no whole JWT"), form("an encrypted token", good + ".x.y", "JWE"),
            form("dots alone", "..", "header of this token is not JSON"), form("empty header", ".\(claims).\(signature)", "header"),
            form("empty claims", "\(header)..\(signature)", "claims of this token is not JSON"),
            form("no signature", "\(header).\(claims).", "signature of this token is missing"),
            form("half a signature", String(good.dropLast(102)), "does not verify"),
            form("one character less", String(good.dropLast(1)), "signature"),
            form("padding", good + "=", "base64url"), form("standard alphabet", "\(header).\(claims).++//", "base64url"),
            form("white space", "\(header). \(claims).\(signature)", "base64url"),
            form("a line break", "\(header).\(claims).\n\(signature)", "base64url"),
            form("a NUL byte", "\(header).\(claims)\0.\(signature)", "base64url"),
            form("set bits behind the last byte", "\(header).\(claims).\(signature.dropLast())x", "base64url"),
            form("8 KiB of claims", try long(8 * 1024), "longer than"), form("64 KiB", try long(64 * 1024), "longer than"),
            form("64 KiB of dots", String(repeating: ".", count: 64 * 1024), "longer than"),
            form("8 KiB of dots", String(repeating: ".", count: 8 * 1024), "no whole JWT"),
            form("claims that are an array", raw(Array("[1]".utf8)), "not a JSON object"),
            form("claims that are a text", raw(Array(#""iss""#.utf8)), "not a JSON object"),
            form("claims cut off", raw(Array(#"{"iss":"https://id.example.com/""#.utf8)), "not JSON"),
            form("claims with something behind", raw(Array("\(Claims.json([:])) {}".utf8)), "not JSON"),
            form("claims that are no UTF-8", raw(Array(#"{"iss":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)), "not JSON"),
            form("claims with a BOM", raw([0xEF, 0xBB, 0xBF] + Array(Claims.json([:]).utf8)), "not JSON"),
            form("arrays 1,000 deep", raw(Array(String(repeating: "[", count: 1000).utf8)), "not JSON"),
            form("the JSON serialization of a JWS", #"{"payload":"a.b","signatures":[]}"#, "no whole JWT"),
            form("a doubled claim", try doubled(#""exp":9999999999"#), "not JSON"),
            form("a doubled audience", try doubled(#""aud":"https://api.example.com""#), "not JSON"),
            form("a doubled claim in escapes", try doubled(#""\u0073ub":"mallory""#), "not JSON"),
        ]
    }

    /// The valid claims with one more member, well signed.
    private func doubled(_ member: String) throws -> String {
        try rs.token(header: #"{"alg":"RS256","kid":"rsa-1"}"#, claims: "{\(member),\(Claims.json([:]).dropFirst())")
    }

    // MARK: Headers

    private func headers() throws -> [HostileToken] {
        let attacker = try JWKS.jwk(foreignKey)
        let cases: [(String, TestSigner, String, String)] = [
            ("alg none", rs, #"{"alg":"none"}"#, "not signed"), ("alg nOnE", rs, #"{"alg":"nOnE","kid":"rsa-1"}"#, "not signed"),
            ("no alg", rs, #"{"kid":"rsa-1"}"#, "no algorithm"), ("alg null", rs, #"{"alg":null}"#, "no algorithm"),
            ("alg a number", rs, #"{"alg":256}"#, "no algorithm"), ("alg a list", rs, #"{"alg":["RS256"]}"#, "no algorithm"),
            ("alg in lower case", rs, #"{"alg":"rs256","kid":"rsa-1"}"#, "not allowed"),
            ("alg with a blank", rs, #"{"alg":"RS256 ","kid":"rsa-1"}"#, "not allowed"),
            ("alg unknown", rs, #"{"alg":"XX256","kid":"rsa-1"}"#, "not allowed"),
            ("alg RS1", rs, #"{"alg":"RS1","kid":"rsa-1"}"#, "not allowed"),
            ("alg RS512", rs, #"{"alg":"RS512","kid":"rsa-1"}"#, "not allowed"),
            ("alg doubled, the first good", rs, #"{"alg":"RS256","alg":"none","kid":"rsa-1"}"#, "not JSON"),
            ("alg doubled, the last good", rs, #"{"alg":"none","alg":"RS256","kid":"rsa-1"}"#, "not JSON"),
            ("kid doubled", rs, #"{"alg":"RS256","kid":"x","kid":"rsa-1"}"#, "not JSON"),
            ("header a list", rs, #"[{"alg":"RS256"}]"#, "not a JSON object"),
            ("crit of something unknown", rs, #"{"alg":"RS256","kid":"rsa-1","crit":["exp"],"exp":1}"#, "critical"),
            ("crit empty", rs, #"{"alg":"RS256","kid":"rsa-1","crit":[]}"#, "critical"),
            ("crit of b64 (RFC 7797)", rs, #"{"alg":"RS256","kid":"rsa-1","crit":["b64"],"b64":false}"#, "critical"),
            ("crit null", rs, #"{"alg":"RS256","kid":"rsa-1","crit":null}"#, "critical"),
            ("typ of a logout token", rs, #"{"alg":"RS256","kid":"rsa-1","typ":"logout+jwt"}"#, "another kind"),
            ("typ of a DPoP proof", rs, #"{"alg":"RS256","kid":"rsa-1","typ":"dpop+jwt"}"#, "another kind"),
            ("typ a number", rs, #"{"alg":"RS256","kid":"rsa-1","typ":1}"#, "another kind"),
            ("jwk of the attacker's key (CVE-2018-0114)", foreign, #"{"alg":"ES256","kid":"ec-1","jwk":\#(attacker)}"#, "does not verify"),
            ("jwk and a kid of one's own", foreign, #"{"alg":"ES256","kid":"evil","jwk":\#(attacker)}"#, "not one of its issuer's"),
            (
                "jku to the attacker's set", foreign, #"{"alg":"ES256","kid":"evil","jku":"https://evil.example/jwks"}"#,
                "not one of its issuer's"
            ),
            (
                "x5u to the attacker's certificate", foreign, #"{"alg":"ES256","kid":"ec-1","x5u":"https://evil.example/c"}"#,
                "does not verify"
            ),
            ("x5c of the attacker's certificate", foreign, #"{"alg":"ES256","kid":"ec-1","x5c":["MIIB"]}"#, "does not verify"),
        ]
        return try cases.map { form($0.0, try $0.1.token(header: $0.2, claims: Claims.json([:])), $0.3) }
    }

    private func keyIDs() throws -> [HostileToken] {
        let long = String(repeating: "k", count: 257)
        let cases: [(String, TestSigner, String, String)] = [
            ("kid unknown", rs, #""rsa-2""#, "not one of its issuer's"), ("kid in upper case", rs, #""RSA-1""#, "not one of its issuer's"),
            ("kid with a NUL behind", rs, #""rsa-1\u0000""#, "not one of its issuer's"),
            ("kid as a path", rs, #""../../../../dev/null""#, "not one of its issuer's"),
            ("kid as SQL", rs, #""x' UNION SELECT 'secret'--""#, "not one of its issuer's"),
            ("kid as a URL", rs, #""https://evil.example/k""#, "not one of its issuer's"),
            ("kid empty", rs, #""""#, "1 to 256"), ("kid of 257 bytes", rs, #""\#(long)""#, "1 to 256"),
            ("kid a number", rs, "1", "1 to 256"),
            ("kid null", rs, "null", "1 to 256"), ("kid a list", rs, #"["rsa-1"]"#, "1 to 256"),
            ("RS256 with the kid of an EC key", rs, #""ec-1""#, "not one of its issuer's"),
            ("ES256 with the kid of the RSA key", es, #""rsa-1""#, "not one of its issuer's"),
            ("ES256 with the kid of the other EC key", es, #""ec-2""#, "does not verify"),
        ]
        var tokens = try cases.map {
            form($0.0, try $0.1.token(header: #"{"alg":"\#($0.1.name)","kid":\#($0.2)}"#, claims: Claims.json([:])), $0.3)
        }
        tokens.append(form("no kid, and two keys", try es.token(), "does not name its key"))
        return tokens
    }

    // MARK: Claims

    private func claimTypes() throws -> [HostileToken] {
        let cases: [(String, String, String?, String)] = [
            ("no iss", "iss", nil, "lacks the claim iss"), ("iss a number", "iss", "5", "must be a text"),
            ("iss a list", "iss", #"["https://id.example.com/"]"#, "must be a text"), ("iss empty", "iss", #""""#, "must be a text"),
            ("iss of somebody else", "iss", #""https://evil.example/""#, "not one that this service takes"),
            ("iss without its slash", "iss", #""https://id.example.com""#, "not one that this service takes"),
            ("iss in upper case", "iss", #""HTTPS://ID.EXAMPLE.COM/""#, "not one that this service takes"),
            ("iss of the service itself", "iss", #""countersign""#, "not one that this service takes"),
            ("no sub", "sub", nil, "lacks the claim sub"), ("sub empty", "sub", #""""#, "must be a text"),
            ("sub a number", "sub", "7", "must be a text"), ("sub null", "sub", "null", "must be a text"),
            ("sub of 257 bytes", "sub", "\"\(String(repeating: "s", count: 257))\"", "longer than 256"),
            ("no exp", "exp", nil, "no end"), ("exp a text", "exp", "\"\(Claims.now + 600)\"", "number of seconds"),
            ("exp null", "exp", "null", "number of seconds"), ("exp true", "exp", "true", "number of seconds"),
            ("exp an object", "exp", "{}", "number of seconds"), ("exp negative", "exp", "-1", "number of seconds"),
            ("exp infinite", "exp", "1e400", "number of seconds"),
            ("exp beyond every calendar", "exp", "99999999999999999999", "number of seconds"),
            ("exp in milliseconds", "exp", "\((Claims.now + 600) * 1000)", "number of seconds"),
            ("exp the largest integer", "exp", "9223372036854775807", "number of seconds"),
            ("nbf a text", "nbf", #""0""#, "number of seconds"), ("iat a list", "iat", "[0]", "number of seconds"),
            ("no aud", "aud", nil, "lacks the claim aud"), ("aud a number", "aud", "1", "text or an array"),
            ("aud an object", "aud", #"{"https://api.example.com":true}"#, "text or an array"),
            ("aud a list with a number", "aud", #"["https://api.example.com",1]"#, "text or an array"),
        ]
        return try cases.map { form($0.0, try rs.token(kid: "rsa-1", [$0.1: $0.2]), $0.3) }
    }

    private func times() throws -> [HostileToken] {
        let cases: [(String, String, Int64, String)] = [
            ("expired an hour ago", "exp", -3600, "expired"), ("expired, at the end of the leeway", "exp", -30, "expired"),
            ("exp 1970", "exp", -Claims.now, "expired"),
            ("not valid yet, just beyond the leeway", "nbf", 31, "not valid yet"),
            ("far-future nbf", "nbf", 10 * 365 * 86_400, "not valid yet"),
            ("issued in the future", "iat", 31, "issued in the future"),
            ("issued in ten years", "iat", 10 * 365 * 86_400, "issued in the future"),
        ]
        return try cases.map { form($0.0, try rs.token(kid: "rsa-1", [$0.1: "\(Claims.now + $0.2)"]), $0.3) }
    }

    private func audiences() throws -> [HostileToken] {
        let cases: [(String, String)] = [
            ("aud of another service", #""https://other.example.com""#),
            ("aud a list of others", #"["https://a.example","https://b.example"]"#),
            ("aud an empty list", "[]"), ("aud as a prefix", #""https://api.example.com.evil.example""#), ("aud empty", #""""#),
        ]
        return try cases.map { form($0.0, try rs.token(kid: "rsa-1", ["aud": $0.1]), "another audience") }
    }

    private func mappings() throws -> [HostileToken] {
        let good: [String: String?] = [
            "iss": #""https://strict.example.com/""#, "stage": #""production""#, "verified": "true", "level": "3", "org": #""acme""#,
        ]
        let cases: [(String, String, String?, String)] = [
            ("a required claim missing", "stage", nil, "value that this service requires"),
            ("a required text of another value", "stage", #""staging""#, "value that this service requires"),
            ("a required flag as a text", "verified", #""true""#, "value that this service requires"),
            ("a required flag as a number", "verified", "1", "value that this service requires"),
            ("a required number as a text", "level", #""3""#, "value that this service requires"),
            ("a required value inside an object", "stage", #"{"production":true}"#, "value that this service requires"),
            ("no group", "org", nil, "names its group"), ("group empty", "org", #""""#, "names its group"),
            ("group a list", "org", #"["acme"]"#, "names its group"),
            ("group a number", "org", "1", "names its group"), ("rules a number", "rules", "1", "names its rules"),
            ("rules a list with a number", "rules", #"["avatars",1]"#, "names its rules"),
        ]
        return try cases.map { name, claim, value, says in form(name, try ed.token(good.merging([claim: value]) { $1 }), says) }
    }

    // MARK: Signatures

    private func signatures() throws -> [HostileToken] {
        let header = #"{"alg":"ES256","kid":"ec-1"}"#
        let input = "\(Base64URL.encode(Array(header.utf8))).\(Base64URL.encode(Array(Claims.json([:]).utf8)))"
        let signature = try es.signature(of: input)
        func token(_ signature: [UInt8]) -> String { "\(input).\(Base64URL.encode(signature))" }
        let integers = [signature.prefix(32), signature.suffix(32)].flatMap { [0x02, UInt8(33), 0] + $0 }
        let other = try rs.token(kid: "rsa-1", ["sub": #""bob""#]).split(separator: ".")[2]
        let mine = try rs.token(kid: "rsa-1").split(separator: ".")
        let short = try hs.token(["iss": #""https://hs.example.com/""#]).split(separator: ".")
        let edToken = try ed.token(["iss": #""https://ed.example.com/""#])
        return [
            form("r and s zero (CVE-2022-21449)", token([UInt8](repeating: 0, count: 64)), "does not verify"),
            form("an EC signature in DER", token([0x30, UInt8(integers.count)] + integers), "does not verify"),
            form("an EC signature of 63 bytes", token(Array(signature.dropLast())), "does not verify"),
            form("an EC signature of 65 bytes", token(signature + [0]), "does not verify"),
            form("r and s exchanged", token(Array(signature.suffix(32) + signature.prefix(32))), "does not verify"),
            form("the signature of another token", "\(mine[0]).\(mine[1]).\(other)", "does not verify"),
            form("half a MAC", "\(short[0]).\(short[1]).\(short[2].prefix(22))", "signature"),
            form(
                "an Ed25519 signature of zeros",
                "\(edToken.split(separator: ".").prefix(2).joined(separator: ".")).\(Base64URL.encode([UInt8](repeating: 0, count: 64)))",
                "does not verify"),
            form(
                "claims exchanged under a signature",
                "\(mine[0]).\(Base64URL.encode(Array(Claims.json(["sub": "\"root\""]).utf8))).\(mine[2])", "does not verify"),
        ]
    }

    /// A key of one kind used as one of another (RFC 8725 section 2.1).
    private func confusions() async throws -> [HostileToken] {
        let pem = try RFCKeys.rsa().publicKey.pemRepresentation
        let der = [UInt8](try RFCKeys.rsa().publicKey.derRepresentation)
        let secrets: [(String, [UInt8])] = [
            ("the public key's PEM", Array(pem.utf8)),
            ("the public key's PEM without its last line break", Array(pem.trimmingCharacters(in: .newlines).utf8)),
            ("the public key's DER", der), ("the modulus", Base64URL.decode(RFCKeys.modulus.utf8) ?? []),
            ("the JWK", Array(RFCKeys.rsaJWK.utf8)),
        ]
        var tokens: [HostileToken] = []
        for (name, secret) in secrets {
            let signer = try await TestSigner.hs256(secret)
            tokens.append(form("HS256 with \(name) as secret", try signer.token(kid: "rsa-1"), "not allowed"))
            tokens.append(
                form(
                    "RS256 in the header, a MAC with \(name)",
                    try signer.token(header: #"{"alg":"RS256","kid":"rsa-1"}"#, claims: Claims.json([:])), "does not verify"))
        }
        let hsIssuer: [String: String?] = ["iss": #""https://hs.example.com/""#]
        let psIssuer: [String: String?] = ["iss": #""https://ps.example.com/""#]
        let edIssuer: [String: String?] = ["iss": #""https://ed.example.com/""#]
        let empty = try await TestSigner.hs256([UInt8](repeating: 0, count: 32))
        return tokens + [
            form("HS256 with 32 zeros as secret", try empty.token(hsIssuer), "does not verify"),
            form("RS256 to the HS256 issuer", try rs.token(hsIssuer), "not allowed"),
            form("RS256 to the PS256 issuer, same key", try rs.token(kid: "rsa-1", psIssuer), "not allowed"),
            form("PS256 to the RS256 issuer, same key", try ps.token(kid: "rsa-1"), "not allowed"),
            form(
                "PS256 in the header, PKCS #1 in the signature",
                try rs.token(header: #"{"alg":"PS256","kid":"rsa-1"}"#, claims: Claims.json(psIssuer)), "does not verify"),
            form(
                "RS256 in the header, PSS in the signature",
                try ps.token(header: #"{"alg":"RS256","kid":"rsa-1"}"#, claims: Claims.json([:])), "does not verify"),
            form("EdDSA to the ES256 issuer", try ed.token(kid: "ec-1"), "not allowed"),
            form(
                "ES256 in the header, an Ed25519 signature",
                try ed.token(header: #"{"alg":"ES256","kid":"ec-1"}"#, claims: Claims.json([:])), "does not verify"),
            form(
                "EdDSA in the header, an ES256 signature", try es.token(header: #"{"alg":"EdDSA"}"#, claims: Claims.json(edIssuer)),
                "does not verify"),
            form("a good token of one issuer for another", try hs.token(edIssuer), "not allowed"),
            form("signed by a stranger", try foreign.token(kid: "ec-1"), "does not verify"),
        ]
    }
}
