import Libcrypto
import SigV4
import Testing
import Uploads

@testable import Settings

@Suite struct ServiceSettingsTests {
    private static let digest = String(repeating: "ab", count: 32)
    private static let otherDigest = String(repeating: "cd", count: 32)
    private static let staging = [
        "COUNTERSIGN_STAGING_AWS_ACCESS_KEY_ID": "AKIASTAGING", "COUNTERSIGN_STAGING_AWS_SECRET_ACCESS_KEY": "s3cr3t-one",
    ]
    private static let production = [
        "COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID": "AKIAPROD", "COUNTERSIGN_PRODUCTION_AWS_SECRET_ACCESS_KEY": "s3cr3t-two",
    ]
    private static let both = staging.merging(production) { one, _ in one }

    private func settings(_ variables: [String: String], overrides: ServiceSettings.Overrides? = nil) throws -> ServiceSettings {
        var overrides = overrides ?? .init()
        overrides.policiesFolder = overrides.policiesFolder ?? shippedPolicies
        return try ServiceSettings(reader: reader(sealing.merging(variables) { $1 }), overrides: overrides)
    }

    @Test func `without variables there are defaults`() throws {
        let settings = try settings(Self.both)
        #expect(settings.host == "0.0.0.0" && settings.port == 8080 && settings.metricsPort == nil)
        #expect(settings.environments.map(\.name) == ["production", "staging"] && settings.apiKeys.isEmpty)
        #expect(settings.maxInFlight == 256 && settings.maxConnections == 1024)
        #expect(settings.bodyDeadlineSeconds == 10 && settings.idleTimeoutSeconds == 75)
        #expect(settings.logFormat == .auto && settings.logLevel == .info)
        #expect(
            settings.credentials("staging")?.accessKeyID == "AKIASTAGING" && settings.credentials("production")?.accessKeyID == "AKIAPROD")
    }

    @Test func `every variable is honoured`() throws {
        let variables = [
            "COUNTERSIGN_HOST": "127.0.0.1", "COUNTERSIGN_PORT": "9090", "PORT": "7070", "COUNTERSIGN_METRICS_PORT": "9100",
            "COUNTERSIGN_ENVIRONMENT": "staging", "COUNTERSIGN_STAGING_API_KEYS": "web:\(Self.digest)",
            "COUNTERSIGN_API_KEYS": " cron : \(Self.otherDigest.uppercased()) ,",
            "COUNTERSIGN_MAX_IN_FLIGHT": "8", "COUNTERSIGN_MAX_CONNECTIONS": "16", "COUNTERSIGN_BODY_DEADLINE": "5s",
            "COUNTERSIGN_IDLE_TIMEOUT": "2m",
            "COUNTERSIGN_LOG_FORMAT": "json", "COUNTERSIGN_LOG_LEVEL": "DEBUG", "COUNTERSIGN_STAGING_AWS_SESSION_TOKEN": "token",
        ].merging(Self.staging) { one, _ in one }
        let settings = try settings(variables)
        #expect(settings.host == "127.0.0.1" && settings.port == 9090 && settings.metricsPort == 9100)
        #expect(settings.environments.map(\.name) == ["staging"])
        #expect(settings.apiKeys.map(\.name) == ["web", "cron"] && settings.apiKeys[1].sha256.hex == Self.otherDigest)
        #expect(settings.apiKeys[0].caller == Caller(name: "web", environment: "staging"))
        #expect(settings.maxInFlight == 8 && settings.maxConnections == 16)
        #expect(settings.bodyDeadlineSeconds == 5 && settings.idleTimeoutSeconds == 120)
        #expect(settings.logFormat == .json && settings.logLevel == .debug)
        #expect(settings.credentials("staging")?.sessionToken == "token")
    }

    @Test func `PORT counts without COUNTERSIGN_PORT, and the command line wins`() throws {
        let variables = Self.both.merging(["PORT": "7070"]) { one, _ in one }
        #expect(try settings(variables).port == 7070)
        let overrides = ServiceSettings.Overrides(environmentNames: ["production"], host: "::1", port: 0)
        let settings = try settings(variables, overrides: overrides)
        #expect(settings.port == 0 && settings.host == "::1" && settings.environments.map(\.name) == ["production"])
    }

    @Test func `plain AWS variables count when one environment is served`() throws {
        let aws = ["AWS_ACCESS_KEY_ID": "AKIAPLAIN", "AWS_SECRET_ACCESS_KEY": "plain", "COUNTERSIGN_ENVIRONMENT": "staging"]
        #expect(try settings(aws).credentials("staging")?.accessKeyID == "AKIAPLAIN")
        #expect(try settings(aws.merging(Self.staging) { one, _ in one }).credentials("staging")?.accessKeyID == "AKIASTAGING")
        let all = problems(["AWS_ACCESS_KEY_ID": "AKIAPLAIN", "AWS_SECRET_ACCESS_KEY": "plain"])
        #expect(all.count == 2 && all[0].hasPrefix("COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID: there is nothing to sign with"))
    }

    @Test func `all mistakes are told at once, and no secret`() throws {
        let secret = "very-s3cret-value"
        let found = problems([
            "COUNTERSIGN_PORT": "http", "COUNTERSIGN_METRICS_PORT": "70000", "COUNTERSIGN_MAX_IN_FLIGHT": "0",
            "COUNTERSIGN_BODY_DEADLINE": "soon",
            "COUNTERSIGN_IDLE_TIMEOUT": "2h", "COUNTERSIGN_LOG_FORMAT": "xml", "COUNTERSIGN_LOG_LEVEL": "loud",
            "COUNTERSIGN_STAGING_API_KEYS": "web:\(secret),:\(Self.digest),a b/c:\(Self.digest)",
            "COUNTERSIGN_API_KEYS": "web:\(Self.digest)",
            "COUNTERSIGN_STAGING_AWS_SECRET_ACCESS_KEY": secret, "COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID": "AK IA",
            "COUNTERSIGN_PRODUCTION_AWS_SECRET_ACCESS_KEY": secret,
        ])
        let names = found.map { String($0.prefix { $0 != ":" }) }
        #expect(
            names == [
                "COUNTERSIGN_PORT", "COUNTERSIGN_METRICS_PORT", "COUNTERSIGN_MAX_IN_FLIGHT", "COUNTERSIGN_BODY_DEADLINE",
                "COUNTERSIGN_IDLE_TIMEOUT",
                "COUNTERSIGN_LOG_FORMAT", "COUNTERSIGN_LOG_LEVEL", "COUNTERSIGN_API_KEYS", "COUNTERSIGN_STAGING_API_KEYS",
                "COUNTERSIGN_STAGING_API_KEYS",
                "COUNTERSIGN_STAGING_API_KEYS", "COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID", "COUNTERSIGN_STAGING_AWS_ACCESS_KEY_ID",
            ], "\(found.joined(separator: "\n"))")
        #expect(!found.joined().contains(secret))
    }

    @Test func `two environments with one access key do not load`() {
        let same = Self.both.merging(["COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID": "AKIASTAGING"]) { $1 }
        let found = problems(same)
        #expect(found.count == 1 && found[0].contains("production has the same, the access key AKIASTAGING"))
    }

    @Test func `a key belongs to one caller of one environment`() throws {
        let shared = ["COUNTERSIGN_STAGING_API_KEYS": "web:\(Self.digest)", "COUNTERSIGN_PRODUCTION_API_KEYS": "web:\(Self.digest)"]
        let found = problems(Self.both.merging(shared) { one, _ in one })
        #expect(found.count == 1 && found[0].hasPrefix("COUNTERSIGN_STAGING_API_KEYS: the key of web is also web's in production"))
        let rotation = ["COUNTERSIGN_STAGING_API_KEYS": "web:\(Self.digest),web:\(Self.otherDigest)"]
        #expect(try settings(Self.both.merging(rotation) { one, _ in one }).apiKeys.count == 2)
    }

    @Test func `the mistakes of files and variables come together`() throws {
        let folder = try TemporaryPolicies(["staging/uploads.yaml": "bucket: x\n"])
        let found = problems(["COUNTERSIGN_PORT": "x"], in: folder.path)
        #expect(
            found.first?.hasPrefix("COUNTERSIGN_PORT") == true && found.dropFirst().allSatisfy { $0.contains("uploads.yaml") }
                && found.count > 2)
    }

    @Test func `the connection limit is above the limit in flight`() {
        let found = problems(Self.both.merging(["COUNTERSIGN_MAX_CONNECTIONS": "256"]) { one, _ in one })
        #expect(found.count == 1 && found[0].hasPrefix("COUNTERSIGN_MAX_CONNECTIONS"))
    }

    @Test func `an environment's name becomes a variable's prefix`() {
        #expect(ServiceSettings.prefix(of: "qa-2") == "COUNTERSIGN_QA_2_")
    }

    @Test(arguments: ["", "short", "a-secret-of-32-bytes-or-more-for-tests,b", ",", "a-secret-of-32-bytes-or-more-for-tests,short"])
    func `without a good sealing secret nothing starts, and the message has none of it`(value: String) {
        let found = problems(Self.both.merging(["COUNTERSIGN_SEALING_SECRET": value]) { $1 })
        #expect(found.count == 1 && found[0].hasPrefix("COUNTERSIGN_SEALING_SECRET: it ") && found[0].contains("openssl rand -hex 32"))
        #expect(value.count < 2 || !found[0].contains(value))
    }

    @Test func `sealing secrets are replaced one by one, and are none of the others`() throws {
        let (old, new) = (String(repeating: "o", count: 32), String(repeating: "n", count: 32))
        let variables = Self.both.merging(["COUNTERSIGN_SEALING_SECRET": "\(new), \(old)"]) { $1 }
        #expect(try settings(variables).sealingSecrets == [Secret(new), Secret(old)])
        let found = problems(variables.merging(["COUNTERSIGN_TOKEN_SECRET": old]) { $1 })
        #expect(found == ["COUNTERSIGN_SEALING_SECRET: another variable has the same secret; use one of its own"])
    }

    @Test func `two environments with one secret of HS256 do not load`() throws {
        func policies(_ name: String, _ callers: String...) -> String {
            validYAML.replacing("example-staging", with: "example-\(name)") + "callers:\n"
                + callers.map { #"  - {name: \#($0), issuer: "https://\#($0).example.com/", audience: \#(name), algorithms: [HS256]}\#n"# }
                .joined()
        }
        let folder = try TemporaryPolicies([
            "staging/uploads.yaml": policies("staging", "one", "two"), "production/uploads.yaml": policies("production", "one"),
        ])
        let (own, other) = (String(repeating: "s", count: 32), String(repeating: "p", count: 32))
        let variables = Self.both.merging([
            "COUNTERSIGN_STAGING_JWT_SECRET_ONE": own, "COUNTERSIGN_STAGING_JWT_SECRET_TWO": own,
            "COUNTERSIGN_PRODUCTION_JWT_SECRET_ONE": other,
        ]) { $1 }
        #expect(problems(variables, in: folder.path) == [])
        let found = problems(variables.merging(["COUNTERSIGN_PRODUCTION_JWT_SECRET_ONE": own]) { $1 }, in: folder.path)
        #expect(!found.isEmpty && found.allSatisfy { $0.contains("another environment's JWTs have the same secret") && !$0.contains(own) })
    }

    @Test func `every key is documented once, secrets are marked`() {
        let names = ServiceSettings.keys.map(\.name)
        #expect(Set(names).count == names.count)
        let secrets = ServiceSettings.keys.filter(\.isSecret).map(\.name)
        let marks = ["_SECRET_ACCESS_KEY", "_SESSION_TOKEN", "_JWT_SECRET_", "_TOKEN_SECRET", "_SEALING_SECRET"]
        #expect(secrets.allSatisfy { name in marks.contains { name.contains($0) } })
        #expect(secrets.count == 7)
        #expect(ServiceSettings.keys.allSatisfy { $0.meaning.hasSuffix(".") && !$0.type.isEmpty })
    }
}

extension ServiceSettings {
    /// The keys that an environment signs with, where they are in variables.
    fileprivate func credentials(_ environment: String) -> Credentials? {
        guard let plan = try? signing[environment]?.credentialPlan(), case .fixed(let signing) = plan.step else { return nil }
        return signing.credentials
    }
}
