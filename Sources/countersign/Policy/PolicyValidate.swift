import ArgumentParser
import S3Policy
import S3Signing
import Settings
import SigV4

struct PolicyValidate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Finds what is wrong with bucket policies, IAM policies, CORS and lifecycle documents.",
        discussion: """
            Names files and folders; of a folder every *.json file below it. The codes are those of IAM Access Analyzer, \
            and S3_… for what S3 itself refuses. What a file is follows from its name (bucket-policy.json, \
            signer-policy.json, cors.json, lifecycle.json), else from its content; --kind says so instead.

            Files of an environment's folder, and those that --environment names one for, are also held against that \
            environment's rules, as check does.

            Findings that are meant can be listed in .countersign-ignore.yaml of the policies folder, each with its \
            code, file, reason and last day.

            The exit code is 1 when there is a finding as grave as --fail-on, or a file that is no policy.

            Examples:
              countersign policy validate policies/
              countersign policy validate --format sarif policies/ > findings.sarif
              countersign policy validate --fix bucket-policy.json
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json, sarif, github }

    enum Kind: String, CaseIterable, ExpressibleByArgument { case auto, bucket, identity, cors, lifecycle }

    enum Threshold: String, CaseIterable, ExpressibleByArgument {
        case error
        case securityWarning = "security-warning"
        case warning
        case suggestion

        /// The gravities that fail.
        var types: [FindingType] {
            switch self {
            case .error: [.error]
            case .securityWarning: [.error, .securityWarning]
            case .warning: [.error, .securityWarning, .warning]
            case .suggestion: FindingType.allCases
            }
        }
    }

    @Argument(help: ArgumentHelp("Files and folders.", valueName: "path"))
    var paths: [String]

    @Option(help: ArgumentHelp("What the files are.", valueName: "kind"))
    var kind = Kind.auto

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = Format.text

    @Option(help: ArgumentHelp("The least grave finding that fails.", valueName: "type"))
    var failOn = Threshold.warning

    @Option(
        help: ArgumentHelp(
            "The list of findings that are meant (default: .countersign-ignore.yaml of the policies folder).", valueName: "file"))
    var ignoreFile: String?

    @Option(help: ArgumentHelp("The policies folder (default: COUNTERSIGN_POLICIES, else policies).", valueName: "dir"))
    var policies: String?

    @Option(help: ArgumentHelp("The environment that the files belong to.", valueName: "name"))
    var environment: String?

    @Flag(help: "Make the changes to policies that are certain and let nobody do more than before.")
    var fix = false

    func run() async throws {
        let context = CommandContext.current
        let folder = SigningSetup.policiesFolder(policies, context: context)
        let ignored = try ignoreList(in: folder)
        let reports = try self.reports(ignored: ignored, context: context)
        let isList = reports.count != 1 || paths.first != reports.first?.path
        try FindingPrinter(format: format, isList: isList, context: context).show(reports)
        let day = String(context.now().iso8601.prefix(10))
        let notes = ignored?.notes(used: reports.flatMap(\.ignored).map(\.entry), paths: reports.map(\.path), on: day) ?? []
        for note in notes { context.complain(note) }
        let failing = reports.flatMap(\.findings).filter { failOn.types.contains($0.type) }
        if !failing.isEmpty { throw CommandFailure.no("") }
    }

    private func reports(ignored: IgnoreList?, context: CommandContext) throws -> [FindingReport] {
        let names: [String]
        let reference: ServiceReference
        do throws(SettingsProblem) {
            names = try PolicyFile.paths(of: paths)
            reference = try ReferenceData.current(policies: SigningSetup.policiesFolder(policies, context: context))
        } catch { throw CommandFailure.wrongUse("\(error)") }
        guard !names.isEmpty else {
            throw CommandFailure.wrongUse("there is no *.json file below \(paths.joined(separator: ", ")); nothing was looked at.")
        }
        let day = context.now().iso8601.prefix(10)
        let environments = EnvironmentFindings(
            folder: SigningSetup.policiesFolder(policies, context: context), name: environment, context: context)
        var fixer = PolicyFixer(reference: reference, ignored: ignored, day: String(day))
        let reports = try names.map { path in
            var file: PolicyFile
            do throws(SettingsProblem) {
                file = try PolicyFile(path: path, kind: BucketDocumentKind(rawValue: kind.rawValue))
            } catch {
                return FindingReport(unreadable: path, message: error.message)
            }
            if fix { file = try fixer.fix(file) }
            let findings = file.findings(reference: reference) + (try environments.of(file))
            return FindingReport(file: file, findings: findings, ignored: ignored, day: String(day))
        }
        for note in fixer.notes { context.complain(note) }
        return reports
    }

    private func ignoreList(in folder: String) throws -> IgnoreList? {
        do throws(SettingsError) {
            return try IgnoreList(file: ignoreFile ?? "\(folder)/\(IgnoreList.fileName)", mustExist: ignoreFile != nil, folder: folder)
        } catch {
            throw CommandFailure.wrongUse(error.description)
        }
    }
}
