import Settings
import SigV4
import UploadService
import Uploads

/// Credentials together with the place they came from, for messages.
struct FoundCredentials: Sendable {
    let signing: SigningCredentials
    /// Such as `the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`.
    let source: String

    var credentials: Credentials { signing.credentials }

    /// Those of AWS's chain, where an environment's own variables come first.
    ///
    /// - Parameter asksInstance: whether the instance's metadata are asked when nothing is configured.
    static func find(environment: String?, asksInstance: Bool = true, context: CommandContext) async throws(CommandFailure)
        -> FoundCredentials
    {
        var settings = AWSSettings(variables: context.variables)
        if let environment { settings = settings.ofEnvironment(environment) }
        do {
            let plan = try settings.credentialPlan()
            if !asksInstance, case .instance(let metadata) = plan.step, let lookedAt = metadata.lookedAt {
                throw CredentialFault("\(lookedAt) (not asked)")
            }
            return FoundCredentials(signing: try await CredentialFetcher().fetch(plan, at: context.now()), source: plan.origin)
        } catch {
            let message = (error as? AWSSettingsError)?.description ?? (error as? CredentialFault)?.message
            throw .outside(Quoting.terminal(message ?? "the credentials could not be fetched"))
        }
    }

    /// Says on standard error where a signature dies before its time.
    func tellEnd(before expiresAt: SigningTime, context: CommandContext) {
        guard let end = signing.expiresAt, end < expiresAt else { return }
        context.complain("\(context.paint("note:", .yellow)) these credentials end at \(end.iso8601), and what they sign with them")
    }
}
