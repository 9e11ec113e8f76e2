import ArgumentParser
import S3Policy
import Settings

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Holds each environment's rules against its bucket policy, CORS, lifecycle and signer policy.",
        discussion: """
            Every ticket that the rules can issue is put through the documents beside them, for all callers and all \
            allowed origins: what S3 or a browser would refuse later is an error now, with both places named. The \
            documents themselves are validated as policy validate does. No network, no account.

            The exit code is 1 when there is a finding as grave as --fail-on.

            Example:
              countersign check --policies policies
            """)

    @Option(help: ArgumentHelp("The policies folder (default: COUNTERSIGN_POLICIES, else policies).", valueName: "dir"))
    var policies: String?

    @Option(
        name: .customLong("environment"),
        help: ArgumentHelp("Check this environment only (repeatable; default: all).", valueName: "name"))
    var environments: [String] = []

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = PolicyValidate.Format.text

    @Option(help: ArgumentHelp("The least grave finding that fails.", valueName: "type"))
    var failOn = PolicyValidate.Threshold.warning

    func run() async throws {
        let context = CommandContext.current
        let folder = SigningSetup.policiesFolder(policies, context: context)
        let check = FolderCheck(folder: folder, context: context)
        let reports: [FindingReport]
        let notes: [String]
        do throws(SettingsError) {
            reports = try check.reports(of: environments)
            notes = try check.ignoreNotes(on: reports)
        } catch {
            throw CommandFailure.wrongUse(error.description)
        }
        let printer = FindingPrinter(format: format, isList: true, context: context)
        try printer.show(reports)
        for note in notes { context.complain(note) }
        if reports.flatMap(\.findings).contains(where: { failOn.types.contains($0.type) }) { throw CommandFailure.no("") }
    }
}
