import Hummingbird
import Uploads

/// Gives callers tickets that read what they uploaded.
struct DownloadHandlers: Sendable {
    private let admittance: Admittance
    private let configuration: UploadServiceConfiguration

    init(configuration: UploadServiceConfiguration, admittance: Admittance) {
        self.admittance = admittance
        self.configuration = configuration
    }

    func download(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await admittance.admit(request, context)
        guard admission.scope == nil else {
            throw Problem(.scopeTooNarrow, "A scoped token is for uploads only: ask for downloads from your own server.")
        }
        let json = try await BodyReader.json(of: request, maximumBytes: configuration.limits.maximumBodyBytes)
        let reader = try JSONObjectReader(json, path: "", known: ["key"])
        let key = try reader.string("key", reader.required("key", "name the object as its ticket did"))
        let ticket = try admission.office.issueDownload(of: key, to: admission.caller, at: configuration.clock())
        context.record.update { $0.key = ticket.key }
        return .json { ticket.write(to: &$0) }
    }
}
