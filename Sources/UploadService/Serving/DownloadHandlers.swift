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
        let reader = try JSONObjectReader(json, path: "", known: ["key", "grant"])
        let ticket = try ticket(reader, admission)
        context.record.update { $0.key = ticket.key }
        return .json { ticket.write(to: &$0) }
    }

    private func ticket(_ reader: JSONObjectReader, _ admission: Admission) throws -> DownloadTicket {
        let now = configuration.clock()
        guard let token = try reader.optionalString("grant") else {
            let key = try reader.string("key", reader.required("key", "name the object as its ticket did, or send the ticket's grant"))
            return try admission.office.sign { try $0.issueDownload(of: key, to: admission.caller, with: $1, at: now) }
        }
        guard reader.value("key") == nil else {
            throw Problem(.unknownField, "The grant holds the key: leave 'key' out.", field: "key")
        }
        let grant = try admission.office.office.open(token, for: admission.caller, at: now)
        return try admission.office.sign { try $0.issueDownload(of: grant, to: admission.caller, with: $1, at: now) }
    }
}
