import ArgumentParser
import S3Policy
import Settings
import SigV4
import Uploads

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Holds each environment's rules against its bucket policy, CORS, lifecycle and signer policy.",
        discussion: """
            Every ticket that the rules can issue is put through the documents beside them, for several callers and all \
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
        let reports: [FindingReport]
        do throws(SettingsError) {
            reports = try self.reports(in: folder, context: context)
        } catch {
            throw CommandFailure.wrongUse(error.description)
        }
        let printer = FindingPrinter(format: format, isList: true, context: context)
        try printer.show(reports)
        if reports.flatMap(\.findings).contains(where: { failOn.types.contains($0.type) }) { throw CommandFailure.no("") }
    }

    private func reports(in folder: String, context: CommandContext) throws(SettingsError) -> [FindingReport] {
        let all = try PolicyFolder.environments(in: folder)
        let unknown = environments.filter { name in !all.contains { $0.name == name } }
        guard unknown.isEmpty else {
            throw SettingsError(unknown.map { SettingsProblem(file: folder, message: "there is no environment \"\($0)\" here") })
        }
        let ignored = try IgnoreList(file: "\(folder)/\(IgnoreList.fileName)", mustExist: false, folder: folder)
        let reference: ServiceReference
        do { reference = try ReferenceData.current(policies: folder) } catch { throw SettingsError([error]) }
        let day = String(context.now().iso8601.prefix(10))
        var reports: [FindingReport] = []
        for environment in all where environments.isEmpty || environments.contains(environment.name) {
            for checked in try PolicyFolder.check(environment, in: folder, besides: all) {
                let findings = checked.file.findings(reference: reference) + checked.findings
                reports.append(FindingReport(file: checked.file, findings: findings, ignored: ignored, day: day))
            }
        }
        return reports
    }
}
