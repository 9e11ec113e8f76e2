import ArgumentParser
import S3Policy
import S3Signing
import Settings
import SigV4

struct PolicyData: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Shows the S3 reference data that policies are checked with, or takes newer ones from a file.",
        discussion: """
            Countersign comes with S3's actions, resource types and condition keys as of a date. Newer ones are taken from a \
            file in the shape of AWS's service reference, downloaded by whoever has a network, and kept in the policies \
            folder as .s3-reference.json, to be committed with the policies. Data that are older than those at hand, or of a \
            day to come, are refused.

            Example:
              countersign policy data --update s3.json --date 2027-01-31
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Option(help: ArgumentHelp("Take the data of this file.", valueName: "file"))
    var update: String?

    @Option(help: ArgumentHelp("The day of the data, where the file does not tell it, as YYYY-MM-DD.", valueName: "day"))
    var date: String?

    @Option(help: ArgumentHelp("The policies folder (default: COUNTERSIGN_POLICIES, else policies).", valueName: "dir"))
    var policies: String?

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = Format.text

    func validate() throws {
        if let date, PolicyDate.midnight(ofDay: date) == nil { throw ValidationError("--date is a day such as 2027-01-31.") }
        if date != nil, update == nil { throw ValidationError("--date tells the day of the data that --update takes.") }
    }

    func run() async throws {
        let context = CommandContext.current
        let folder = SigningSetup.policiesFolder(policies, context: context)
        let data: ReferenceData
        do throws(SettingsProblem) {
            let today = PolicyDate(millisecondsSinceEpoch: context.now().secondsSinceEpoch * 1000)
            if let update { try ReferenceData.update(from: update, date: date, today: today, in: folder) }
            data = try ReferenceData(policies: folder)
        } catch {
            throw CommandFailure.wrongUse("\(error)")
        }
        try context.output.write((format == .json ? Self.json(data).pretty : Self.text(data)) + "\n")
    }

    private static func text(_ data: ReferenceData) -> String {
        let reference = data.reference
        let counts =
            "\(reference.actions.count) actions, \(reference.resourceTypes.count) resource types, "
            + "\(reference.conditionKeys.count) condition keys"
        return "S3 as of \(reference.date): \(counts)\nfrom \(data.path ?? "Countersign itself")"
    }

    private static func json(_ data: ReferenceData) -> JSON {
        let reference = data.reference
        return .object([
            .init("date", .string(reference.date)), .init("file", data.path.map { .string($0) } ?? .null),
            .init("actions", .integer(Int64(reference.actions.count))),
            .init("resourceTypes", .integer(Int64(reference.resourceTypes.count))),
            .init("conditionKeys", .integer(Int64(reference.conditionKeys.count))),
        ])
    }
}
