public import Configuration
public import Libcrypto
public import Uploads

/// Everything that `countersign serve` is told from outside: the environments of `policies/`, and the variables.
public struct ServiceSettings: Sendable {
    public enum LogFormat: String, Sendable, CaseIterable {
        /// Text on a terminal, JSON elsewhere.
        case auto
        case json, text
    }

    public enum LogLevel: String, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// What a command line says; it wins over the variables.
    public struct Overrides: Sendable {
        public var policiesFolder: String?
        /// Empty: what the variable says.
        public var environmentNames: [String]
        public var host: String?
        public var port: Int?

        public init(policiesFolder: String? = nil, environmentNames: [String] = [], host: String? = nil, port: Int? = nil) {
            self.policiesFolder = policiesFolder
            self.environmentNames = environmentNames
            self.host = host
            self.port = port
        }
    }

    public let host: String
    public let port: Int
    /// `nil`: `/metrics` is on the main port.
    public let metricsPort: Int?
    public let policiesFolder: String
    /// Those served; never empty.
    public let environments: [Environment]
    public let apiKeys: [APIKeyRecord]
    /// Whose JWTs the environments take.
    public let tokenIssuers: [TokenIssuer]
    /// The secrets of HS256, by their variables.
    public let tokenSecrets: [String: Secret]
    /// The secrets of scoped tokens: the first signs, all verify; empty where none are given.
    public let scopedTokenSecrets: [Secret]
    /// The secrets that grants are sealed with: the first seals, all open; never empty.
    public let sealingSecrets: [Secret]
    /// What each environment signs with, by its name: all of them have something configured, no two the same.
    public let signing: [String: AWSSettings]
    public let maxInFlight: Int
    public let maxConnections: Int
    /// Nil: any number.
    public let addressRequests: RequestRate?
    public let trustedHops: Int
    public let bodyDeadlineSeconds: Int
    public let idleTimeoutSeconds: Int
    public let logFormat: LogFormat
    public let logLevel: LogLevel

    /// Reads variables and files.
    ///
    /// - Throws: every mistake in both, at once; a secret is in none of the messages.
    public init(reader: ConfigReader, overrides: Overrides = Overrides()) throws(SettingsError) {
        var variables = VariableReader(reader: reader)
        host = overrides.host ?? variables.text("COUNTERSIGN_HOST") ?? "0.0.0.0"
        port = ServiceSettings.port(&variables, overrides)
        metricsPort = variables.integer("COUNTERSIGN_METRICS_PORT", in: 0...65535)
        maxInFlight = variables.integer("COUNTERSIGN_MAX_IN_FLIGHT", in: 1...100_000) ?? 256
        maxConnections = variables.integer("COUNTERSIGN_MAX_CONNECTIONS", in: 1...1_000_000) ?? max(1024, maxInFlight * 4)
        let addressRequests = variables.integer("COUNTERSIGN_ADDRESS_REQUESTS", in: 0...RequestRate.allowedPerSecond.upperBound) ?? 100
        self.addressRequests = addressRequests == 0 ? nil : RequestRate(perSecond: addressRequests)
        trustedHops = variables.integer("COUNTERSIGN_TRUSTED_HOPS", in: 0...16) ?? 0
        bodyDeadlineSeconds = variables.seconds("COUNTERSIGN_BODY_DEADLINE", in: 1...300) ?? 10
        idleTimeoutSeconds = variables.seconds("COUNTERSIGN_IDLE_TIMEOUT", in: 1...3600) ?? 75
        logFormat = variables.word("COUNTERSIGN_LOG_FORMAT", LogFormat.self) ?? .auto
        logLevel = variables.word("COUNTERSIGN_LOG_LEVEL", LogLevel.self) ?? .info
        policiesFolder = overrides.policiesFolder ?? variables.text("COUNTERSIGN_POLICIES") ?? "policies"
        let callers = CallerSettings(&variables, folder: policiesFolder, named: overrides.environmentNames)
        environments = callers.environments
        apiKeys = callers.apiKeys
        tokenIssuers = callers.tokenIssuers
        tokenSecrets = callers.tokenSecrets
        scopedTokenSecrets = callers.scopedTokenSecrets
        sealingSecrets = ServiceSettings.sealingSecrets(
            &variables, foreign: callers.scopedTokenSecrets + callers.tokenSecrets.values)
        signing = ServiceSettings.signing(&variables, environments.map(\.name))
        if maxConnections <= maxInFlight {
            variables.report(
                "COUNTERSIGN_MAX_CONNECTIONS", "use more than the \(maxInFlight) requests in flight, so that the next one is answered")
        }
        if let metricsPort, metricsPort == port, port != 0 {
            variables.report("COUNTERSIGN_METRICS_PORT", "\(port) is the main port; use another one or leave it out")
        }
        guard variables.problems.isEmpty else { throw SettingsError(variables.problems) }
    }

    private static func port(_ variables: inout VariableReader, _ overrides: Overrides) -> Int {
        if let port = overrides.port { return port }
        let name = variables.text("COUNTERSIGN_PORT") == nil ? "PORT" : "COUNTERSIGN_PORT"
        return variables.integer(name, in: 0...65535) ?? 8080
    }

    /// `COUNTERSIGN_STAGING_` for `staging`.
    static func prefix(of environment: String) -> String {
        "COUNTERSIGN_\(environment.uppercased().replacing("-", with: "_"))_"
    }

    // MARK: - Sealing

    private static let maximumSealingSecrets = 8

    private static func sealingSecrets(_ variables: inout VariableReader, foreign: [Secret]) -> [Secret] {
        let name = "COUNTERSIGN_SEALING_SECRET"
        guard let text = variables.text(name, isSecret: true) else {
            variables.report(
                name, "it is missing; grants are sealed with it. Set the same in every process: openssl rand -hex 32 makes one")
            return []
        }
        let secrets = text.split(separator: ",", omittingEmptySubsequences: false).map { Secret($0.filter { !$0.isWhitespace }) }
        guard secrets.count <= maximumSealingSecrets, secrets.allSatisfy({ $0.byteCount >= SealingKeys.minimumByteCount }) else {
            variables.report(
                name,
                "it must be secrets of at least \(SealingKeys.minimumByteCount) bytes with commas between, up to \(maximumSealingSecrets), of which "
                    + "the first seals; openssl rand -hex 32 makes one")
            return []
        }
        if secrets.contains(where: foreign.contains) {
            variables.report(name, "another variable has the same secret; use one of its own")
            return []
        }
        return secrets
    }

    // MARK: - Credentials

    private static func signing(_ variables: inout VariableReader, _ environments: [String]) -> [String: AWSSettings] {
        let reader = variables
        let machine = AWSSettings(readVariable: { reader.text($0, isSecret: true) })
        var all: [String: AWSSettings] = [:]
        var plans: [(environment: String, plan: CredentialPlan)] = []
        for name in environments {
            let settings = machine.ofEnvironment(name, isServedAlone: environments.count == 1)
            do throws(AWSSettingsError) {
                let plan = try settings.credentialPlan()
                if let other = plans.first(where: { $0.plan.isSame(as: plan) })?.environment {
                    variables.report(
                        prefix(of: name) + "AWS_ACCESS_KEY_ID", "\(other) has the same, \(plan.identity); give each environment its own")
                }
                plans.append((name, plan))
                all[name] = settings
            } catch {
                variables.report(error.place, error.message)
            }
        }
        return all
    }
}
