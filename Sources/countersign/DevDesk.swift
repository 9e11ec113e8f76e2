import Connections
import Foundation
import Hummingbird
import Libcrypto
import LocalBucket
import Logging
import NIOCore
import S3Policy
import S3Signing
import ServiceLifecycle
import Settings
import SigV4
import UploadService
import Uploads

/// Service and bucket of `countersign dev`: the environments' rules on buckets, credentials and API keys made for one run.
struct DevDesk: Sendable {
    struct Place: Sendable {
        let environment: Uploads.Environment
        /// Stands in for the environment's bucket: no ticket of a run names a real one.
        let bucket: BucketName
        let credentials: Credentials
        let cors: CORSConfiguration?
        /// The environment's own, with its own bucket's name in it.
        let policy: Policy?
        /// Nil for the open caller's environment.
        let apiKey: APIKey?
    }

    static let region = "us-east-1"
    static let callerName = "dev"
    let places: [Place]
    let dataFolder: String
    /// Signs the scoped tokens of one run.
    private let scopedTokenSecret: Secret
    /// Seals the grants of one run.
    private let sealingSecret: Secret
    /// Who knows callers by JWTs, where that is wanted.
    var tokens: JWTAuthenticator?

    init(
        environments: [Uploads.Environment], policiesFolder: String, dataFolder: String, using random: inout some RandomNumberGenerator
    ) throws(CommandFailure) {
        // Whoever may ask without a key must never be production's caller.
        let open = (environments.first { $0.name == "staging" } ?? environments.first { $0.name != "production" })?.name
        var places: [Place] = []
        for environment in environments.sorted(by: { $0.name == open && $1.name != open }) {
            let cors: CORSConfiguration?
            let policy: Policy?
            let bucket: BucketName
            do throws(SettingsError) {
                cors = try PolicyFolder.corsConfiguration(in: policiesFolder, environment: environment.name)
                policy = try PolicyFolder.bucketPolicy(in: policiesFolder, environment: environment.name)
            } catch {
                throw .wrongUse(error.description)
            }
            do { bucket = try BucketName("local-\(environment.name)-bucket") } catch { throw .wrongUse(error.message) }
            let apiKey = environment.name == open ? nil : APIKey.mint(using: &random)
            places.append(
                Place(
                    environment: environment, bucket: bucket, credentials: Self.credentials(using: &random),
                    cors: cors.map(Self.forLoopback), policy: policy, apiKey: apiKey))
        }
        self.places = places
        self.dataFolder = dataFolder
        func secret() -> Secret { Secret((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }) }
        self.scopedTokenSecret = secret()
        self.sealingSecret = secret()
    }

    /// Made up anew for each run, so that nothing signed in one run is good in another, or anywhere else.
    private static func credentials(using random: inout some RandomNumberGenerator) -> Credentials {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        func text(_ alphabet: String, count: Int) -> String {
            String((0..<count).map { _ in alphabet.randomElement(using: &random) ?? "A" })
        }
        // Nothing that a configuration file would have to quote.
        return Credentials(
            accessKeyID: "LOCAL" + text(letters, count: 15), secretAccessKey: Secret(text(letters + letters.lowercased(), count: 40)))
    }

    /// The same rules for the pages of this machine.
    private static func forLoopback(_ cors: CORSConfiguration) -> CORSConfiguration {
        CORSConfiguration(
            rules: cors.rules.map { rule in
                var rule = rule
                rule.allowedOrigins = ["http://localhost:*", "http://127.0.0.1:*"]
                return rule
            })
    }

    /// Listens until SIGTERM or SIGINT. The bucket comes first: tickets name its port.
    func run(port: Int, bucketPort: Int, logger: Logger, context: CommandContext) async throws {
        try prepareDataFolder()
        // Those of the service and of the bucket, of which each may have a file open.
        _ = DescriptorLimit.makeRoom(connections: 2_048)
        let service = DevService(desk: self, port: port, bucketPort: bucketPort, logger: logger, context: context)
        try await runUntilTerminated([service], logger: Self.quiet(logger))
    }

    /// The folder hides itself from version control.
    private func prepareDataFolder() throws(CommandFailure) {
        let ignore = dataFolder + "/.gitignore"
        do {
            try FileManager.default.createDirectory(atPath: dataFolder, withIntermediateDirectories: true)
            if !FileManager.default.fileExists(atPath: ignore) { try Data("*\n".utf8).write(to: URL(filePath: ignore)) }
        } catch {
            throw .wrongUse("cannot keep objects in \(Quoting.terminal(dataFolder)): \(error.localizedDescription)")
        }
    }

    private static func quiet(_ logger: Logger) -> Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }

    func bucketConfiguration(port: Int) -> LocalBucketConfiguration {
        LocalBucketConfiguration(
            folder: dataFolder, region: Self.region,
            buckets: places.map { place in
                .init(
                    name: place.bucket, credentials: [place.credentials], cors: place.cors, policy: place.policy,
                    policyBucketName: place.environment.location.bucket.name)
            },
            port: port, clock: { SigningTime(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)) })
    }

    func serviceConfiguration(port: Int, bucketPort: Int) throws -> UploadServiceConfiguration {
        let endpoint = try Endpoint(baseURL: "http://localhost:\(bucketPort)", region: Self.region)
        let sealingKeys = SealingKeys(secrets: [sealingSecret])
        let offices = try places.map { place in
            let location = try S3Location(endpoint: endpoint, bucket: place.bucket, style: .path)
            let environment = place.environment.replacing(location: location, publicBaseURL: nil, allowedOrigins: [])
            return SigningOffice(environment: environment, sealingKeys: sealingKeys, credentials: place.credentials)
        }
        var configuration = UploadServiceConfiguration(offices: offices, authenticator: authenticator)
        configuration.port = port
        configuration.showsDemonstrationPage = true
        configuration.isLoopbackOnly = true
        configuration.scopedTokens = ScopedTokens(secrets: [scopedTokenSecret])
        configuration.backgroundServices = tokens.map { [$0] } ?? []
        return configuration
    }

    private var authenticator: any CallerAuthenticator {
        let records = places.compactMap { place in
            place.apiKey.map { APIKeyRecord(name: Self.callerName, environment: place.environment.name, sha256: $0.sha256) }
        }
        let apiKeys = APIKeyAuthenticator(records: records)
        let keys: any CallerAuthenticator = tokens.map { CombinedAuthenticator(apiKeys: apiKeys, tokens: $0) } ?? apiKeys
        guard let open = places.first(where: { $0.apiKey == nil }) else { return keys }
        return OpenCaller(caller: Caller(name: Self.callerName, environment: open.environment.name), else: keys)
    }
}

/// Bucket and API as one service: the API begins when the bucket listens, and both drain together.
struct DevService: Service {
    let desk: DevDesk
    let port: Int
    let bucketPort: Int
    let logger: Logger
    let context: CommandContext

    func run() async throws {
        let bucketPorts = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { bucketPorts.continuation.finish() }
                try await runBucket { bucketPorts.continuation.yield($0) }
            }
            for await bucketPort in bucketPorts.stream {
                try DevProfiles(desk: desk, bucketPort: bucketPort).write()
                group.addTask { try await runAPI(bucketPort: bucketPort) }
                break
            }
            // A fault of one ends the other; draining ends both.
            for try await _ in group {}
        }
    }

    private func runBucket(onPort: @escaping @Sendable (Int) -> Void) async throws {
        do {
            let bucket = try buildLocalBucket(desk.bucketConfiguration(port: bucketPort), logger: logger) { channel in
                onPort(channel.localAddress?.port ?? bucketPort)
            }
            try await bucket.run()
        } catch let error as LocalBucketError {
            throw CommandFailure.wrongUse(error.message)
        } catch {
            throw ListeningFault.failure(error, address: "localhost:\(bucketPort)", option: "--bucket-port")
        }
    }

    private func runAPI(bucketPort: Int) async throws {
        do {
            let configuration = try desk.serviceConfiguration(port: port, bucketPort: bucketPort)
            let api = try buildUploadService(configuration, logger: logger) { channel in
                DevGuide(desk: desk, port: channel.localAddress?.port ?? port, bucketPort: bucketPort).show(context)
            }
            try await api.run()
        } catch let error as UploadServiceConfigurationError {
            throw CommandFailure.wrongUse(error.description)
        } catch {
            throw ListeningFault.failure(error, address: "localhost:\(port)", option: "--port")
        }
    }
}
