import Libcrypto
import Testing
import Uploads

@testable import Settings

/// `callers` of an `uploads.yaml`.
@Suite struct TokenIssuerTests {
    private static let entry = """
        callers:
          - name: auth0
            issuer: https://example.eu.auth0.com/
            audience: https://api.example.com
            algorithms: [RS256]
            keys: https://example.eu.auth0.com/.well-known/jwks.json

        """

    private func issuers(_ yaml: String, _ files: [String: String] = [:]) throws -> [TokenIssuer] {
        let folder = try TemporaryPolicies(files.merging(["staging/uploads.yaml": validYAML + yaml]) { $1 })
        return try PolicyFolder.served(in: folder.path).tokenIssuers
    }

    @Test func `an entry has its defaults`() throws {
        #expect(
            try issuers(Self.entry) == [
                TokenIssuer(
                    name: "auth0", environment: "staging", issuer: "https://example.eu.auth0.com/", audiences: ["https://api.example.com"],
                    algorithms: [.rs256], keys: .url("https://example.eu.auth0.com/.well-known/jwks.json"), leewaySeconds: 30)
            ])
        #expect(try issuers("").isEmpty)
    }

    @Test func `every key of an entry arrives`() throws {
        let found = try issuers(
            """
            callers:
              - name: auth0
                issuer: https://example.eu.auth0.com/
                audience: [https://api.example.com, other]
                algorithms: [RS256, PS256, ES256, EdDSA]
                keys: jwks.json
                leeway: 2m
                require: {email_verified: true, "https://example.com/stage": staging, level: 3, text: "true", number: "3"}
                rules: [photos]
                groupClaim: org_id
              - name: own-backend
                issuer: https://backend.example.com
                audience: uploads
                algorithms: [HS256]
                leeway: 0
                rulesClaim: https://example.com/rules

            """, ["staging/jwks.json": #"{"keys":[]}"#])
        #expect(found[0].audiences == ["https://api.example.com", "other"] && found[0].algorithms == [.rs256, .ps256, .es256, .edDSA])
        guard case .file(let path, let content) = found[0].keys else {
            Issue.record("no file")
            return
        }
        #expect(path.hasSuffix("staging/jwks.json") && content == #"{"keys":[]}"#)
        #expect(found[0].leewaySeconds == 120 && found[0].rules == .these(["photos"]) && found[0].groupClaim == "org_id")
        #expect(
            found[0].requiredClaims == [
                "email_verified": .flag(true), "https://example.com/stage": .text("staging"), "level": .integer(3), "text": .text("true"),
                "number": .text("3"),
            ])
        #expect(found[1].keys == .variable("COUNTERSIGN_STAGING_JWT_SECRET_OWN_BACKEND") && found[1].leewaySeconds == 0)
        #expect(found[1].rules == .claim("https://example.com/rules", among: ["photos"]))
    }

    @Test(arguments: [
        ("    nme: x", "9:5 an entry of callers has no key \"nme\"; did you mean \"name\"?"),
        ("    rules: [photo]", "9:13 rules: there is no rule \"photo\"; did you mean \"photos\"?"),
        ("    rules: [photos]\n    rulesClaim: x", "rules and rulesClaim exclude each other"),
        ("    leeway: 6m", "leeway: use from 0 seconds to 5m"),
        ("    leeway: soon", "leeway: \"soon\" is not a time"), ("    require: {aud: x}", "require: aud is checked anyway"),
        ("    require: [x]", "require is a mapping"), ("    require: {a: [b]}", "is a single value"),
        ("    groupClaim: []", "groupClaim is a single value"),
    ])
    func `mistakes beside a good entry are told with their place`(line: String, says: String) throws {
        let yaml =
            "bucket: example-staging\nregion: eu-central-1\n"
            + Self.entry + "\(line)\nrules: {photos: {contentTypes: [image/png], maximumSize: 1, key: \"photos/{uuid}\"}}\n"
        let problems = try TemporaryPolicies.problems(yaml)
        #expect(problems.count == 1 && problems[0].contains(says), "\(problems)")
    }

    @Test(arguments: [
        ("name", "Auth0", "use 1 to 32 of a-z, 0-9 and \"-\""), ("name", String(repeating: "a", count: 33), "use 1 to 32"),
        ("name", "a~b", "use 1 to 32"),
        ("issuer", "countersign", "the service's own"), ("issuer", "[a]", "issuer is a single value"),
        ("audience", "[]", "audience is empty"),
        ("audience", "{a: b}", "audience is a single value"), ("algorithms", "RS256", "algorithms is a list"),
        ("algorithms", "[]", "algorithms is empty"),
        ("algorithms", "[none]", "\"none\" is not allowed; use HS256, RS256"), ("algorithms", "[RS512]", "not allowed"),
        ("algorithms", "[rs256]", "not allowed"), ("algorithms", "[HS256, RS256]", "HS256 stands alone"),
        ("algorithms", "[HS256]", "comes from the variable COUNTERSIGN_STAGING_JWT_SECRET_AUTH0"),
        ("keys", "http://example.com/jwks.json", "keys is the https URL"),
        ("keys", "http://127.0.0.1:8080/jwks.json", "keys is the https URL"),
        ("keys", "https://user:secret-part@example.com/", "keys is the https URL"), ("keys", "https://", "keys is the https URL"),
        ("keys", "https://example.com/#a", "keys is the https URL"), ("keys", "file:///etc/passwd", "keys is the https URL"),
        ("keys", "missing.json", "keys names no file"), ("keys", "../production/jwks.json", "keys names no file"),
        ("keys", ".hidden", "keys names no file"),
        ("keys", "secret-part-that-somebody-wrote-here", "keys names no file"),
    ])
    func `bad values are told without secrets`(key: String, value: String, says: String) throws {
        let lines = Self.entry.split(separator: "\n").map { line -> String in
            guard let range = line.firstRange(of: "\(key): ") else { return String(line) }
            return line[..<range.upperBound] + value
        }
        let problems = try TemporaryPolicies.problems(validYAML + lines.joined(separator: "\n") + "\n")
        #expect(!problems.isEmpty && problems.contains { $0.contains(says) }, "\(problems)")
        #expect(!problems.joined().contains("secret-part"))
    }

    @Test func `what is missing is told`() throws {
        let problems = try TemporaryPolicies.problems(validYAML + "callers:\n  - {}\n  - name: x\n    algorithms: [ES256]\n")
        for key in ["name", "issuer", "audience", "algorithms"] {
            #expect(problems.contains { $0.hasPrefix("9:5 an entry of callers needs \(key), for example \(key): ") }, "\(problems)")
        }
        #expect(problems.contains { $0.contains("an entry of callers needs keys") })
        #expect(try TemporaryPolicies.problems(validYAML + "callers: {name: x}\n")[0].contains("callers is a list of entries"))
        #expect(try TemporaryPolicies.problems(validYAML + "callers: [x]\n")[0].contains("an entry of callers is a mapping"))
    }

    // MARK: Several entries

    private func entry(_ name: String, audience: String = "a", require: String = "{}") -> String {
        """
          - name: \(name)
            issuer: https://id.example.com/
            audience: \(audience)
            algorithms: [RS256]
            keys: https://id.example.com/jwks.json
            require: \(require)

        """
    }

    @Test func `a token fits one entry of an environment at most`() throws {
        let twice = try TemporaryPolicies.problems(validYAML + "callers:\n" + entry("a") + entry("a", audience: "b"))
        #expect(twice.count == 1 && twice[0].hasPrefix("15:5 callers: the name \"a\" stands twice"), "\(twice)")
        let same = try TemporaryPolicies.problems(validYAML + "callers:\n" + entry("a") + entry("b", audience: "[b, a]"))
        #expect(same.count == 1 && same[0].contains("one token could be of b and of a in staging (line 9)"), "\(same)")
        #expect(try issuers("callers:\n" + entry("a") + entry("b", audience: "b")).count == 2)
        #expect(try issuers("callers:\n" + entry("a", require: "{kind: x}") + entry("b", require: "{kind: y}")).count == 2)
        for (one, other) in [("{kind: x}", "{}"), ("{kind: x}", "{other: y}"), ("{kind: x}", "{kind: x}")] {
            let problems = try TemporaryPolicies.problems(validYAML + "callers:\n" + entry("a", require: one) + entry("b", require: other))
            #expect(problems.count == 1, "\(one) \(other)")
        }
        // "3" and 3 are different values.
        #expect(try issuers("callers:\n" + entry("a", require: "{kind: 3}") + entry("b", require: "{kind: \"3\"}")).count == 2)
    }

    /// Also the environments that are not served count: the token of one must never open another.
    @Test(arguments: [["staging"], ["production"], []])
    func `a token fits one environment at most`(served: [String]) throws {
        func load(_ staging: String, _ production: String) throws -> [TokenIssuer] {
            let folder = try TemporaryPolicies([
                "staging/uploads.yaml": validYAML + "callers:\n" + staging,
                "production/uploads.yaml": validYAML.replacing("example-staging", with: "example-production") + "callers:\n" + production,
            ])
            return try (served.isEmpty ? PolicyFolder.served(in: folder.path) : PolicyFolder.served(in: folder.path, named: served))
                .tokenIssuers
        }
        let error = #expect(throws: SettingsError.self) { try load(entry("a"), entry("a")) }
        let message = error?.description ?? ""
        #expect(error?.problems.count == 1 && message.contains("one token could be of a and of a in"), "\(message)")
        #expect(
            message.contains("staging/uploads.yaml") && message.contains("production/uploads.yaml") && message.contains(":9"), "\(message)")
        #expect(throws: SettingsError.self) { try load(entry("a", require: "{stage: staging}"), entry("a")) }
        let apart = try load(entry("a", require: "{stage: staging}"), entry("a", require: "{stage: production}"))
        #expect(apart.map(\.environment) == (served.isEmpty ? ["production", "staging"] : served))
        #expect(try load(entry("a"), entry("a", audience: "b")).count == max(1, 2 - served.count))
        // A neighbour with other mistakes still counts.
        #expect(throws: SettingsError.self) { try load(entry("a"), entry("a") + "defaultLifetime: soon\n") }
    }

    // MARK: Secrets

    @Test func `secrets come from variables and are long`() throws {
        let folder = try TemporaryPolicies([
            "staging/uploads.yaml": validYAML
                + "callers: [{name: own-one, issuer: i, audience: a, algorithms: [HS256]}]\n"
        ])
        let name = "COUNTERSIGN_STAGING_JWT_SECRET_OWN_ONE"
        func callers(_ variables: [String: String]) throws -> CallerSettings {
            try CallerSettings(variables: variables, policiesFolder: folder.path, named: [])
        }
        #expect(
            throws: SettingsError([
                SettingsProblem(file: name, message: "it is missing; the JWTs of own-one in staging are signed with this secret (HS256)")
            ])
        ) {
            try callers([:])
        }
        let short = #expect(throws: SettingsError.self) { try callers([name: "short-secret-of-31-bytes-123456"]) }
        #expect(short?.problems.first?.file == name && short?.description.contains("short-secret") == false)
        let secret = "a-secret-of-exactly-32-bytes-123"
        let settings = try callers([name: secret])
        #expect(settings.tokenSecrets == [name: Secret(secret)] && settings.environments.map(\.name) == ["staging"])
        #expect(!"\(settings)".contains(secret))
    }

    @Test func `scoped tokens have one secret or two, long ones of their own`() throws {
        let folder = try TemporaryPolicies([
            "staging/uploads.yaml": validYAML + "callers: [{name: own, issuer: i, audience: a, algorithms: [HS256]}]\n"
        ])
        let issuers = "the-secret-of-the-issuer-called-own"
        func secrets(_ value: String?) throws -> [Secret] {
            let variables = ["COUNTERSIGN_TOKEN_SECRET": value, "COUNTERSIGN_STAGING_JWT_SECRET_OWN": issuers].compactMapValues(\.self)
            return try CallerSettings(variables: variables, policiesFolder: folder.path, named: []).scopedTokenSecrets
        }
        let (one, two) = ("a-secret-of-exactly-32-bytes-123", "another-secret-of-32-bytes-or-more")
        #expect(try secrets(nil) == [] && secrets(one) == [Secret(one)] && secrets(" \(one) , \(two)") == [Secret(one), Secret(two)])
        for bad in ["short", String(one.dropLast()), "\(one),", "\(one),short", "\(one),\(two),\(one)", issuers, "\(one),\(issuers)"] {
            let error = #expect(throws: SettingsError.self) { try secrets(bad) }
            #expect(error?.problems.map(\.file) == ["COUNTERSIGN_TOKEN_SECRET"] && error?.description.contains(bad) == false)
        }
    }
}
