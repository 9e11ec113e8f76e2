import S3Policy
import Settings
import SigV4
import Uploads

/// What is wrong with the documents of a policies folder: each by itself, and beside its environment's rules.
struct FolderCheck {
    let folder: String
    /// The day, as YYYY-MM-DD, on which entries of the ignore list must still hold.
    let day: String

    init(folder: String, context: CommandContext) {
        self.folder = folder
        self.day = String(context.now().iso8601.prefix(10))
    }

    /// What is to be told of the ignore list's entries that took away nothing, by the reports on their files.
    func ignoreNotes(on reports: [FindingReport]) throws(SettingsError) -> [String] {
        try ignoreList()?.notes(used: reports.flatMap(\.ignored).map(\.entry), paths: reports.map(\.path), on: day) ?? []
    }

    private func ignoreList() throws(SettingsError) -> IgnoreList? {
        try IgnoreList(file: "\(folder)/\(IgnoreList.fileName)", mustExist: false, folder: folder)
    }

    /// A report on each document of each environment.
    ///
    /// - Parameter names: The environments; none means all.
    func reports(of names: [String]) throws(SettingsError) -> [FindingReport] {
        let all = try PolicyFolder.environments(in: folder)
        let unknown = names.filter { name in !all.contains { $0.name == name } }
        guard unknown.isEmpty else {
            throw SettingsError(unknown.map { SettingsProblem(file: folder, message: "there is no environment \"\($0)\" here") })
        }
        let ignored = try ignoreList()
        let reference: ServiceReference
        do { reference = try ReferenceData.current(policies: folder) } catch { throw SettingsError([error]) }
        var reports: [FindingReport] = []
        for environment in all where names.isEmpty || names.contains(environment.name) {
            for checked in try PolicyFolder.check(environment, in: folder, besides: all) {
                let findings = checked.file.findings(reference: reference) + checked.findings
                reports.append(FindingReport(file: checked.file, findings: findings, ignored: ignored, day: day))
            }
        }
        return reports
    }
}
