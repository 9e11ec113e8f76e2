import ArgumentParser
import Libcrypto
import Logging
import Settings
import UploadService
import Uploads

struct Dev: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs everything on this machine, without an account: the service, a bucket, a page.",
        discussion: """
            The environments of the policies folder are served with all their rules, but every bucket, endpoint and \
            credential is replaced by those of a local bucket that keeps objects in a folder; AWS's variables are \
            ignored, so nothing signed here is good anywhere else. Only this machine's own pages and programs are \
            answered.

            staging, or the first environment that is not production, needs no API key; the others get one each, shown \
            at the start. JWTs are taken as uploads.yaml says. Standard output has the URL of the page and that of the bucket, a line each. Ctrl-C stops it.

            The data folder gets a file aws-config with a profile for each environment, local-staging say, through which \
            the AWS CLI and SDKs use the local buckets.

            Example:
              countersign dev --port 3001
            """)

    @Option(help: ArgumentHelp("The port of the page and the API; 0 takes a free one.", valueName: "port"))
    var port: UInt16 = 8080

    @Option(help: ArgumentHelp("The port of the local bucket; 0 takes a free one.", valueName: "port"))
    var bucketPort: UInt16 = 9000

    @Option(help: ArgumentHelp("Where the local bucket keeps its objects.", valueName: "dir"))
    var data = ".countersign-dev"

    @Option(help: ArgumentHelp("The policies folder (default: COUNTERSIGN_POLICIES, else policies).", valueName: "dir"))
    var policies: String?

    func run() async throws {
        let context = CommandContext.current
        let folder = SigningSetup.policiesFolder(policies, context: context)
        let served = try Self.served(in: folder)
        let logger = ServiceLogging.logger(format: .auto, level: .info, context: context)
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        var desk = try DevDesk(environments: served.environments, policiesFolder: folder, dataFolder: data, using: &random)
        desk.tokens = try await Self.tokens(served.tokenIssuers, logger: logger, context: context)
        try await desk.run(port: Int(port), bucketPort: Int(bucketPort), logger: logger, context: context)
    }

    /// JWTs as the folder says; issuers whose secret is in no variable are left out, since nobody should need secrets to try something.
    private static func tokens(
        _ issuers: [TokenIssuer], logger: Logger, context: CommandContext
    ) async throws(CommandFailure) -> JWTAuthenticator {
        var secrets: [String: Secret] = [:]
        let usable = issuers.filter { issuer in
            guard case .variable(let name) = issuer.keys else { return true }
            guard let secret = context.variable(name) else {
                context.complain("\(issuer.environment): takes no JWTs of \(issuer.name) here; \(name) is not set.")
                return false
            }
            secrets[name] = Secret(secret)
            return true
        }
        do {
            return try await JWTAuthenticator(issuers: usable, secrets: secrets, logger: logger)
        } catch {
            throw .wrongUse(error.description)
        }
    }

    private static func served(in folder: String) throws(CommandFailure) -> PolicyFolder.Served {
        do {
            return try PolicyFolder.served(in: folder)
        } catch {
            throw .wrongUse("\(error.description)\ndev serves the environments of a policies folder; name one with --policies.")
        }
    }
}
