import ArgumentParser
import Logging
import Settings
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
            at the start. Standard output has the URL of the page and that of the bucket, a line each. Ctrl-C stops it.

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
        let environments = try Self.environments(in: folder)
        let logger = ServiceLogging.logger(format: .auto, level: .info, context: context)
        var random = SystemRandomNumberGenerator()
        let desk = try DevDesk(environments: environments, policiesFolder: folder, dataFolder: data, using: &random)
        try await desk.run(port: Int(port), bucketPort: Int(bucketPort), logger: logger, context: context)
    }

    private static func environments(in folder: String) throws(CommandFailure) -> [Environment] {
        do {
            return try PolicyFolder.environments(in: folder)
        } catch {
            throw .wrongUse("\(error.description)\ndev serves the environments of a policies folder; name one with --policies.")
        }
    }
}
