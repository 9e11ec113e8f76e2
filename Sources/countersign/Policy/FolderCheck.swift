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

    /// A report on each document of each environment.
    ///
    /// - Parameter names: The environments; none means all.
    func reports(of names: [String]) throws(SettingsError) -> [FindingReport] {
        let all = try PolicyFolder.environments(in: folder)
        let unknown = names.filter { name in !all.contains { $0.name == name } }
        guard unknown.isEmpty else {
            throw SettingsError(unknown.map { SettingsProblem(file: folder, message: "there is no environment \"\($0)\" here") })
        }
        let ignored = try IgnoreList(file: "\(folder)/\(IgnoreList.fileName)", mustExist: false, folder: folder)
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
