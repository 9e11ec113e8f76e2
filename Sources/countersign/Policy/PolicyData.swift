import ArgumentParser
import Foundation
import S3Policy
import Settings

struct PolicyData: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Shows the S3 reference data that policies are checked with, or takes newer ones from a file.",
        discussion: """
            Countersign comes with S3's actions, resource types and condition keys as of a date. Newer ones are taken from a \
            file in the shape of AWS's service reference, downloaded by whoever has a network, and kept in the policies \
            folder as .s3-reference.json, to be committed with the policies.

            Example:
              countersign policy data --update s3.json --date 2027-01-31
            """)

    @Option(help: ArgumentHelp("Take the data of this file.", valueName: "file"))
    var update: String?

    @Option(help: ArgumentHelp("The day of the data, where the file does not tell it, as YYYY-MM-DD.", valueName: "day"))
    var date: String?

    @Option(help: ArgumentHelp("The policies folder (default: COUNTERSIGN_POLICIES, else policies).", valueName: "dir"))
    var policies: String?

    func validate() throws {
        if let date, date.utf8.count != 10 || PolicyDate(date) == nil { throw ValidationError("--date is a day such as 2027-01-31.") }
    }

    func run() async throws {
        let context = CommandContext.current
        let folder = SigningSetup.policiesFolder(policies, context: context)
        do throws(SettingsProblem) {
            if let update { try take(update, into: folder) }
            let reference = try ReferenceData.current(policies: folder)
            try? context.say(
                "S3 as of \(reference.date): \(reference.actions.count) actions, \(reference.resourceTypes.count) resource types, "
                    + "\(reference.conditionKeys.count) condition keys")
        } catch {
            throw CommandFailure.wrongUse("\(error)")
        }
    }

    /// Keeps newer data as they are, with their date.
    private func take(_ file: String, into folder: String) throws(SettingsProblem) {
        let reference = try ReferenceData.read(file, date: date)
        let current = try ReferenceData.current(policies: folder)
        guard reference.date >= current.date else {
            throw SettingsProblem(file: file, message: "these data are of \(reference.date), older than those of \(current.date) at hand")
        }
        try ReferenceData.store(file, date: reference.date, in: folder)
    }
}
