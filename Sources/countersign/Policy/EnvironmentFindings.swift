import S3Policy
import Settings
import Uploads

/// What `policy validate` adds for files that belong to an environment: those of `policies/<environment>/`, and those that
/// `--environment` says so of.
struct EnvironmentFindings {
    let folder: String
    /// The environment of every file, whatever its folder.
    let name: String?
    let context: CommandContext

    /// The findings for a file beside its environment's rules; none when it belongs to no environment.
    func of(_ file: PolicyFile) throws -> [Finding] {
        guard let (folder, name) = place(of: file) else { return [] }
        let all: [Uploads.Environment]
        do throws(SettingsError) {
            all = try PolicyFolder.environments(in: folder)
            guard let environment = all.first(where: { $0.name == name }) else {
                throw SettingsError([SettingsProblem(file: folder, message: "there is no environment \"\(name)\" here")])
            }
            return try PolicyFolder.check(environment, in: folder, besides: all, replacing: file)
                .first { $0.file.path == file.path }?.findings ?? []
        } catch {
            if self.name != nil { throw CommandFailure.wrongUse(error.description) }
            context.complain(
                "note: \(file.path) is judged without its environment, whose files have mistakes: \(error.problems.first?.description ?? "")"
            )
            return []
        }
    }

    private func place(of file: PolicyFile) -> (folder: String, name: String)? {
        if let name { return (folder, name) }
        let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.last.map(String.init) == file.kind.fileName else { return nil }
        let parent = parts.dropLast(2).joined(separator: "/")
        let folder = parts.count == 2 ? "." : parent.isEmpty ? "/" : parent
        let name = String(parts[parts.count - 2])
        return PolicyFolder.hasEnvironment(name, in: folder) ? (folder, name) : nil
    }
}
