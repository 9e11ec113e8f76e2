import Hummingbird
import S3Signing
import Uploads

/// Uppy's `@uppy/aws-s3` 6.3 and later with `signRequest`: the client performs every step itself, with what is signed here.
///
/// Its later requests carry a key and the store's upload id. So the key is ours, and ends in a mark that only this service can make.
struct UppySigning: Sendable {
    let desk: DialectDesk

    /// What a client asks to have signed.
    private struct Asked {
        let method: String
        let key: String
        let uploadID: String?
        let partNumber: Int?
        let contentType: String?
    }

    func presign(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await desk.admit(.uppy, request, context)
        let json = try await BodyReader.json(of: request, maximumBytes: desk.limits.maximumBodyBytes)
        let asked = try Self.asked(json)
        let rule = try desk.rule(for: .uppy, admission)
        guard let uploadID = asked.uploadID else { return try await begin(asked, rule, admission, context) }
        let grant = try desk.steps.open(key: asked.key, rule: rule.name, uploadID: uploadID, admission)
        desk.note(grant, context)
        let step: PresignedStep
        switch (asked.method, asked.partNumber) {
        case ("PUT", let number?): step = try desk.steps.parts([number], of: grant, admission).parts[0].step
        case ("POST", nil): step = try await desk.steps.completion(of: grant, admission)
        case ("GET", nil): step = try desk.steps.presignedSteps(of: grant, admission).list
        case ("DELETE", nil): step = try desk.steps.presignedSteps(of: grant, admission).abort
        default: throw Self.unknownStep
        }
        return .json { json in
            json.object { json in
                json.member("url", step.url)
                json.headers("headers", step.headers)
            }
        }
    }

    /// An object in one form, or the creation of an upload in parts. The client's own key gives the file's name, and nothing else.
    private func begin(_ asked: Asked, _ rule: UploadRule, _ admission: Admission, _ context: ServiceContext) async throws -> Response {
        guard asked.partNumber == nil, ["PUT", "POST"].contains(asked.method) else { throw Self.unknownStep }
        guard let type = asked.contentType else {
            throw Problem(
                .missingField, "'contentType' is missing: pass on the one that signRequest gets, or the file's type.", field: "contentType")
        }
        var upload = UploadRequest(rule: rule.name, filename: Self.filename(ofKey: asked.key), size: nil, type: type)
        if asked.method == "PUT" {
            upload.method = UploadMethod.post.rawValue
            try UppyCompanion.checkForm(of: rule)
            let issued = try await desk.tickets.issue(upload, admission, context.record) { [upload] random in
                .single(try await desk.steps.issueMarked(upload, admission, using: &random))
            }
            guard case .single(let ticket) = issued else { throw Self.unknownStep }
            return .json { json in
                json.object { json in
                    json.member("url", ticket.url)
                    json.member("key", ticket.key)
                    json.headers("fields", ticket.fields)
                    json.member("grant", ticket.grant)
                }
            }
        }
        upload.method = UploadMethod.multipart.rawValue
        let issued = try await desk.tickets.issue(upload, admission, context.record) { [upload] random in
            .multipart(try await desk.steps.beginMarked(upload, admission, using: &random))
        }
        guard case .multipart(let ticket) = issued, let create = ticket.create else { throw Self.unknownStep }
        return .json { json in
            json.object { json in
                json.member("url", create.url)
                json.headers("headers", create.headers)
                json.member("key", ticket.key)
                json.member("grant", ticket.grant)
            }
        }
    }

    private static func asked(_ json: JSON) throws(Problem) -> Asked {
        let reader = try JSONObjectReader(json, path: "", known: nil)
        return Asked(
            method: try reader.string("method", reader.required("method", "pass on what signRequest gets")),
            key: try reader.string("key", reader.required("key", "pass on what signRequest gets")),
            uploadID: try reader.optionalString("uploadId"), partNumber: try reader.optionalInteger("partNumber"),
            contentType: try reader.optionalString("contentType"))
    }

    /// Uppy proposes a random UUID, a hyphen and the file's name.
    private static func filename(ofKey key: String) -> String {
        let name = key.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        let groups = name.split(separator: "-", maxSplits: 5, omittingEmptySubsequences: false)
        let isUUID =
            groups.count == 6 && groups[..<5].map(\.count) == [8, 4, 4, 4, 12] && groups[..<5].allSatisfy { $0.allSatisfy(\.isHexDigit) }
        return String(isUUID && !groups[5].isEmpty ? groups[5] : name)
    }

    private static var unknownStep: Problem {
        Problem(
            .invalidStep,
            "There is no such step: PUT is a file, PUT with uploadId and partNumber a part, POST creates an upload in parts, and with uploadId "
                + "POST completes, GET lists and DELETE aborts it.", field: "method")
    }
}
