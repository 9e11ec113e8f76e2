import HTTPTypes
import Hummingbird
import S3Signing
import Uploads

/// What the JavaScript of Rails' Active Storage (6.1 to 8) asks for: the blob's attributes in, the same and a PUT out.
///
/// `signed_id` is the grant. Rails confirms it, and then makes its Blob with the key that the service answers.
struct ActiveStorageUploads: Sendable {
    /// The names that Active Storage has for what an upload request says.
    private static let fields = ["filename": "filename", "size": "byte_size", "type": "content_type", "md5": "checksum"]

    let desk: DialectDesk

    func directUpload(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await desk.admit(.activeStorage, request, context)
        let json = try await BodyReader.json(of: request, maximumBytes: desk.limits.maximumBodyBytes)
        let body = try JSONObjectReader(json, path: "", known: nil)
        let blob = try JSONObjectReader(body.required("blob", "send the blob's attributes"), path: "blob", known: nil)
        let rule = try desk.rule(for: .activeStorage, admission)
        let upload = UploadRequest(
            rule: rule.name, filename: try blob.string("filename", blob.required("filename", "send the name of the file")),
            size: try blob.optionalByteCount("byte_size"),
            type: try blob.string("content_type", blob.required("content_type", "send the content type of the file")),
            md5: try blob.string("checksum", blob.required("checksum", "send the base64 of the file's MD5")),
            metadata: rule.metadata(from: blob.metadata("metadata")), method: UploadMethod.put.rawValue)
        let ticket: Ticket
        do {
            ticket = try await desk.single(upload, admission, context)
        } catch let refusal as Refusal {
            let field = refusal.field.map { Self.fields[$0] ?? $0 }
            throw Problem(Refusal(refusal.code, field: field, refusal.detail), path: "blob")
        }
        return .json { json in
            json.object { json in
                json.member("key", ticket.key)
                json.member("filename", upload.filename)
                json.member("content_type", ticket.contentType.text)
                json.name("metadata")
                json.object { json in
                    for (name, value) in upload.metadata.sorted(by: { $0.key < $1.key }) { json.member(name, value) }
                }
                json.member("byte_size", ticket.sizeBytes.upperBound)
                json.member("checksum", upload.md5)
                json.member("signed_id", ticket.grant)
                json.name("direct_upload")
                json.object { json in
                    json.member("url", ticket.url)
                    json.headers("headers", ticket.headers)
                }
            }
        }
    }
}
