import ArgumentParser
import Connections
import Foundation
import Hummingbird
import Logging
import NIOCore
import S3Policy
import Settings
import UploadService
import Uploads

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the signing service.",
        discussion: """
            Configuration comes from variables (the README has the table) and from the policies folder; the options \
            win. Every mistake in either is reported at once, and then nothing starts. What check finds in the bucket's \
            documents is logged; with --strict nothing starts then either. SIGTERM and SIGINT let requests \
            finish and end the process within ten seconds.

            Examples:
              countersign serve
              countersign serve --strict --environment production --port 8080
            """)

    @Option(help: ArgumentHelp("The policies folder (default: COUNTERSIGN_POLICIES, else policies).", valueName: "dir"))
    var policies: String?

    @Option(
        name: .customLong("environment"),
        help: ArgumentHelp("Serve this environment (repeatable; default: COUNTERSIGN_ENVIRONMENT, else all).", valueName: "name"))
    var environments: [String] = []

    @Option(help: ArgumentHelp("The address to listen on (default: COUNTERSIGN_HOST, else 0.0.0.0).", valueName: "host"))
    var host: String?

    @Option(help: ArgumentHelp("The port; 0 takes a free one (default: COUNTERSIGN_PORT, PORT, else 8080).", valueName: "port"))
    var port: UInt16?

    @Flag(help: "Refuse to start while check has errors or warnings.")
    var strict = false

    func run() async throws {
        let context = CommandContext.current
        let settings = try settings(context)
        let logger = ServiceLogging.logger(format: settings.logFormat, level: settings.logLevel, context: context)
        try check(settings, logger: logger, context: context)
        let address = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        do {
            let configuration = try await Self.configuration(of: settings, logger: logger)
            let service = try buildUploadService(configuration, logger: logger) { channel in
                let port = channel.localAddress?.port ?? settings.port
                logger.notice("listening", metadata: ["url": "http://\(address):\(port)/"])
                try? context.say("http://\(address):\(port)/")
                try? context.output.flush()
            }
            try await runUntilTerminated([service], logger: logger)
        } catch let error as UploadServiceConfigurationError {
            throw CommandFailure.wrongUse(error.description)
        } catch let error as SettingsError {
            throw CommandFailure.wrongUse("the service does not start; keys cannot be used:\n\(error.description)")
        } catch {
            throw ListeningFault.failure(error, address: "\(address):\(settings.port)", option: "--port")
        }
    }

    /// Tells what S3 or a browser would refuse later.
    private func check(_ settings: ServiceSettings, logger: Logger, context: CommandContext) throws(CommandFailure) {
        let check = FolderCheck(folder: settings.policiesFolder, context: context)
        let reports: [FindingReport]
        do { reports = try check.reports(of: settings.environments.map(\.name)) } catch { throw .wrongUse(error.description) }
        var isClean = true
        for report in reports {
            for finding in report.findings where PolicyValidate.Threshold.warning.types.contains(finding.type) {
                isClean = false
                let line = report.text.position(at: finding.ranges.first?.lowerBound ?? 0).line
                logger.warning(
                    "\(finding.message)", metadata: ["code": "\(finding.code)", "file": "\(report.path)", "line": "\(line)"])
            }
        }
        if strict, !isClean { throw .no("the service does not start: --strict, and check has findings; countersign check shows them.") }
    }

    private func settings(_ context: CommandContext) throws(CommandFailure) -> ServiceSettings {
        let overrides = ServiceSettings.Overrides(
            policiesFolder: policies, environmentNames: environments, host: host, port: port.map(Int.init))
        do {
            return try ServiceSettings(variables: context.variables, overrides: overrides)
        } catch {
            let count = error.problems.count
            throw .wrongUse(
                "the service does not start; \(count == 1 ? "one thing is" : "\(count) things are") wrong:\n\(error.description)")
        }
    }

    /// What may come later is waited for; credentials that nothing but a guess leads to, and that are not there, will never come.
    private static func checkConfigured(_ office: SigningOffice, _ settings: ServiceSettings) throws(CommandFailure) {
        let name = office.environment.name
        guard let plan = try? settings.signing[name]?.credentialPlan(), case .instance(let metadata) = plan.step, metadata.lookedAt != nil
        else { return }
        throw .wrongUse("the service does not start; \(name) has nothing to sign with: \(Quoting.terminal(office.credentials.fault ?? ""))")
    }

    private static func configuration(of settings: ServiceSettings, logger: Logger) async throws -> UploadServiceConfiguration {
        let metrics = UploadServiceConfiguration.makeMetrics()
        let keys = AccessKeys()
        let sealingKeys = SealingKeys(secrets: settings.sealingSecrets)
        let offices = settings.environments.compactMap { environment in
            settings.signing[environment.name].map { signing in
                let credentials = CredentialSource(
                    environment: environment.name, settings: signing, keys: keys, metrics: metrics, logger: logger)
                return SigningOffice(office: TicketOffice(environment: environment, sealingKeys: sealingKeys), credentials: credentials)
            }
        }
        let credentials = CredentialRefresher(offices.map(\.credentials))
        await credentials.load()
        for office in offices where office.credentials.current == nil { try checkConfigured(office, settings) }
        let tokens = try await JWTAuthenticator(issuers: settings.tokenIssuers, secrets: settings.tokenSecrets, logger: logger)
        let callers = CombinedAuthenticator(apiKeys: APIKeyAuthenticator(records: settings.apiKeys), tokens: tokens)
        var configuration = UploadServiceConfiguration(offices: offices, authenticator: callers)
        if !settings.scopedTokenSecrets.isEmpty { configuration.scopedTokens = ScopedTokens(secrets: settings.scopedTokenSecrets) }
        configuration.backgroundServices = [tokens, credentials]
        configuration.metrics = metrics
        configuration.host = settings.host
        configuration.port = settings.port
        configuration.metricsPort = settings.metricsPort
        let connections = DescriptorLimit.makeRoom(connections: settings.maxConnections)
        configuration.limits.maximumConnections = connections
        configuration.limits.maximumInFlight = settings.maxInFlight
        if connections < settings.maxConnections {
            configuration.limits.maximumInFlight = min(settings.maxInFlight, connections - 1)
            logger.warning(
                "the limit of open files allows fewer connections; raise it (ulimit -Hn)",
                metadata: ["connections": "\(connections)", "requestsInFlight": "\(configuration.limits.maximumInFlight)"])
        }
        configuration.limits.addressRequests = settings.addressRequests
        configuration.limits.trustedHops = settings.trustedHops
        tellOfNarrowAddresses(settings, logger: logger)
        configuration.limits.bodyDeadline = .seconds(settings.bodyDeadlineSeconds)
        configuration.limits.idleTimeout = .seconds(settings.idleTimeoutSeconds)
        return configuration
    }

    /// A back end has one address, and is held to both limits.
    private static func tellOfNarrowAddresses(_ settings: ServiceSettings, logger: Logger) {
        guard let address = settings.addressRequests else { return }
        for environment in settings.environments {
            guard let caller = environment.limits.caller.requests, caller.perSecond > address.perSecond else { continue }
            logger.notice(
                "a caller may send more requests than one address; raise COUNTERSIGN_ADDRESS_REQUESTS where a back end needs them",
                metadata: [
                    "environment": "\(environment.name)", "caller": "\(caller.perSecond)/s", "address": "\(address.perSecond)/s",
                ])
        }
    }
}

/// The logger of `serve` and `dev`: to standard error, since results go to standard output.
enum ServiceLogging {
    static func logger(format: ServiceSettings.LogFormat, level: ServiceSettings.LogLevel, context: CommandContext) -> Logger {
        let handler = ServiceLogHandler.standardError(
            format: format, logLevel: Logger.Level(rawValue: level.rawValue) ?? .info, noColor: context.variable("NO_COLOR") != nil)
        return Logger(label: "countersign") { _ in handler }
    }
}

/// Why a server could not begin to listen, in words.
enum ListeningFault {
    static func failure(_ error: any Error, address: String, option: String) -> CommandFailure {
        if let failure = error as? CommandFailure { return failure }
        guard let system = error as? IOError else { return .outside("the service stopped: \(error)") }
        switch system.errnoCode {
        case EADDRINUSE: return .outside("\(address) is in use by another program; stop that, or choose another port with \(option).")
        case EACCES: return .outside("\(address) needs more rights than this user has; choose a port above 1023 with \(option).")
        case EADDRNOTAVAIL: return .outside("\(address) is no address of this machine.")
        default: return .outside("cannot listen on \(address): \(String(cString: strerror(system.errnoCode)))")
        }
    }
}
