import Foundation
import Libcrypto
import S3Signing
import Settings
import Testing

@testable import countersign

@Suite struct TokenVerifyTests {
    private static let secret = "a-secret-of-the-tests-long-enough-for-HS256"
    private static let secretVariable = "COUNTERSIGN_STAGING_JWT_SECRET_OWN"

    private static func policies() throws -> PolicyFiles {
        func environment(_ name: String, _ callers: String) -> String {
            """
            bucket: example-\(name)
            region: eu-central-1
            rules:
              photos: {contentTypes: [image/png], maximumSize: 1 MiB, key: "photos/{caller}/{uuid}"}
              films: {contentTypes: [video/mp4], maximumSize: 1 MiB, key: "films/{caller}/{uuid}"}
            callers:
            \(callers)

            """
        }
        let own =
            "  - {name: own, issuer: https://own.example.com, audience: uploads, algorithms: [HS256], rulesClaim: rules, groupClaim: org}"
        // The Ed25519 key of RFC 8037 section A.2.
        let file = "  - {name: ed, issuer: https://ed.example.com, audience: uploads, algorithms: [EdDSA], keys: jwks.json}"
        return try PolicyFiles([
            "staging/uploads.yaml": environment("staging", own), "production/uploads.yaml": environment("production", file),
            "production/jwks.json":
                #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
        ])
    }

    private static func token(_ claims: String, header: String = #"{"alg":"HS256"}"#) -> String {
        let input = [header, claims].map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
        let mac = HMACSHA256.authenticate(input.utf8.span, key: secret.utf8.span)
        return "\(input).\(Base64URL.encode(mac.bytes))"
    }

    /// At 2013-05-24T00:00:00Z, the tests' now, it has an hour to live.
    private static let good = token(
        #"{"iss":"https://own.example.com","sub":"al\u001bice","aud":"uploads","exp":1369357200,"org":"acme","rules":["films","x"]}"#)

    private func verify(
        _ arguments: [String], variables: [String: String] = [secretVariable: secret], input: String = ""
    ) async throws -> CommandRun {
        let files = try Self.policies()
        return await CommandRun.command(
            ["token", "verify", "--policies", files.folder] + arguments, variables: variables, input: input)
    }

    @Test func saysWhoseATokenIs() async throws {
        let expected = """
            caller       'own:al\\u{1B}ice'
            environment  staging
            key segment  own=acme
            rules        films
            group        acme
            expires      2013-05-24T01:00:00Z

            """
        let run = try await verify([Self.good])
        #expect(run.code == 0 && run.diagnostics == "")
        #expect(!run.output.contains("\u{1B}"))
        #expect(run.output.split(separator: "\n").dropFirst() == expected.split(separator: "\n").dropFirst())
        let piped = try await verify(["-", "--environment", "staging", "--format", "json"], input: Self.good + "\n")
        #expect(piped.code == 0 && piped.json["valid"] == .bool(true) && piped.json["keySegment"] == .string("own=acme"))
        #expect(piped.json["rules"] == .array([.string("films")]) && piped.json["expiresAt"] == .string("2013-05-24T01:00:00Z"))
        #expect(piped.json["group"] == .string("acme") && piped.json["environment"] == .string("staging"))
    }

    @Test func saysWhoseAnAPIKeyIs() async throws {
        var random = SeededGenerator(seed: 5)
        let key = APIKey.mint(using: &random)
        let variables = [Self.secretVariable: Self.secret, "COUNTERSIGN_PRODUCTION_API_KEYS": "web:\(key.sha256.hex)"]
        let run = try await verify([key.text], variables: variables)
        #expect(run.code == 0)
        #expect(
            run.output == "caller       web\nenvironment  production\nkey segment  web\nrules        photos, films\nexpires      never\n")
        #expect(try await verify([key.text]).code == 1)
    }

    @Test func saysWhatAScopedTokenIsGoodFor() async throws {
        let digest = try #require(SHA256Digest(hex: String(repeating: "0", count: 64)))
        let claims = """
            {"iss":"countersign","aud":"/u","sub":"web/alice","exp":1369354500,"jti":"1","env":"staging","key":"web",\
            "mark":"\(APIKey.mark(ofSHA256: digest))","for":"alice","rule":"photos","origin":"https://app.example.com","bytes":5000}
            """
        func token(_ claims: String) -> String { Self.token(claims, header: #"{"alg":"HS256","typ":"countersign-scoped+jwt"}"#) }
        var variables = [Self.secretVariable: Self.secret + "-of-own", "COUNTERSIGN_TOKEN_SECRET": Self.secret]
        #expect(try await verify([token(claims)], variables: variables).diagnostics.contains("is gone"))
        variables["COUNTERSIGN_STAGING_API_KEYS"] = "web:\(digest.hex)"
        let run = try await verify([token(claims)], variables: variables)
        #expect(
            run.output == """
                caller       web/alice
                environment  staging
                key segment  web.alice
                rules        photos
                origin       https://app.example.com
                bytes        5000
                expires      2013-05-24T00:15:00Z

                """, "\(run.diagnostics)")
        let json = try await verify(["-", "--format", "json"], variables: variables, input: token(claims)).json
        #expect(json["origin"] == .string("https://app.example.com") && json["bytes"] == .integer(5000))
        let ended = token(claims.replacing("1369354500", with: "1369353600"))
        #expect(try await verify([ended], variables: variables).diagnostics.contains("has expired"))
        #expect(try await verify([token(claims)]).code == 1)
        #expect(try await verify([Self.token(claims)], variables: variables).diagnostics.contains("issuer"))
    }

    @Test func saysWhatIsWrong() async throws {
        let expired = Self.token(#"{"iss":"https://own.example.com","sub":"a","aud":"uploads","exp":1369353600,"org":"x"}"#)
        let cases: [(String, String)] = [
            (Self.token(#"{"iss":"https://own.example.com","sub":"a","aud":"uploads","exp":1369353500,"org":"x"}"#), "has expired"),
            (String(Self.good.dropLast(4)) + "AAAA", "does not verify"), (Self.good + ".x", "no whole JWT"),
            ("csk_unknown", "mistyped or cut off"), ("unknown", "not known here"),
            (Self.token(#"{"iss":"https://ed.example.com","sub":"a","aud":"uploads","exp":1369357200}"#), "not allowed for its issuer"),
        ]
        for (token, says) in cases {
            let run = try await verify([token])
            #expect(run.code == 1 && run.output == "" && run.diagnostics.contains(says), "\(run.diagnostics)")
            let json = try await verify(["-", "--format", "json"], input: token)
            #expect(json.code == 1 && json.json["valid"] == .bool(false) && json.json["detail"]?.string?.contains(says) == true)
            #expect(!(run.diagnostics + json.output).contains(token.prefix(20)))
        }
        #expect(try await verify([expired]).code == 0, "the leeway is 30 seconds")
        #expect(
            try await verify([Self.good, "--environment", "production"], variables: [:]).diagnostics.contains(
                "not one that this service takes"))
    }

    @Test func wrongUseIsTold() async throws {
        #expect(try await verify(["-"]).code == 2)
        #expect(try await verify(["-"], input: String(repeating: "a", count: 2 << 20)).code == 2)
        let missing = try await verify([Self.good], variables: [:])
        #expect(missing.code == 2 && missing.diagnostics.contains(Self.secretVariable))
        #expect(try await verify([Self.good, "--environment", "qa"]).code == 2)
    }

    /// Nothing listens on port 1: the keys do not come, which is a fault outside and not the token's.
    @Test func keysThatDoNotComeAreAFaultOutside() async throws {
        let files = try Self.policies()
        let yaml = try files.text("production/uploads.yaml").replacing("jwks.json", with: "\"https://127.0.0.1:1/jwks.json\"")
        try files.write("production/uploads.yaml", yaml)
        let token = [#"{"alg":"EdDSA"}"#, #"{"iss":"https://ed.example.com","sub":"a","aud":"uploads","exp":1369357200}"#, "x"]
            .map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
        let run = await CommandRun.command(
            ["token", "verify", token, "--policies", files.folder, "--environment", "production"], variables: [:])
        #expect(run.code == 3)
        #expect(run.diagnostics.contains("the keys of ed in production could not be fetched"), "\(run.diagnostics)")
    }
}
