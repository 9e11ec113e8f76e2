import Hummingbird
import S3Signing
import Uploads

/// What pages ask Shrine's `presign_endpoint` for (Shrine 3).
///
/// It is a form with the rule's range of sizes; or a PUT, where the page says `size` too, in bytes.
struct ShrinePresign: Sendable {
    let desk: DialectDesk

    func presign(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await desk.admit(.shrine, request, context)
        let query = try FormQuery(request.uri.query ?? "")
        let rule = try desk.rule(for: .shrine, admission)
        let upload = UploadRequest(
            rule: rule.name, filename: try query.required("filename", "send the name of the file"), size: try Self.size(query),
            type: try query.required("type", "send the content type of the file"),
            metadata: rule.metadata(from: query.members(of: "metadata")), method: rule.takes(.post) ? nil : UploadMethod.put.rawValue)
        let ticket = try await desk.single(upload, admission, context)
        return .json { json in
            json.object { json in
                json.member("method", ticket.method.rawValue.lowercased())
                json.member("url", ticket.url)
                json.headers("fields", ticket.fields)
                json.headers("headers", ticket.headers)
                json.member("grant", ticket.grant)
            }
        }
    }

    private static func size(_ query: FormQuery) throws(Problem) -> Int64? {
        guard let text = try query.value("size") else { return nil }
        guard let size = Int64(text), String(size) == text else {
            throw Problem(.wrongType, "'size' must be a whole number of bytes.", field: "size")
        }
        return size
    }
}
