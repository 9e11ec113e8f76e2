import HTTPTypes
import Hummingbird
import NIOCore
import S3Signing
import SigV4
import Uploads

/// What better-upload's client (3) asks its server for: one PUT for each file, all of them or none. A route is a rule.
struct BetterUpload: Sendable {
    let desk: DialectDesk

    /// A file as the client describes it: it finds its URL by these three, so they are answered as they came.
    private struct File {
        let name: String
        let size: Int64
        let type: String
    }

    func upload(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await desk.admit(.betterUpload, request, context)
        let json = try await BodyReader.json(of: request, maximumBytes: desk.limits.maximumBatchBodyBytes)
        let reader = try JSONObjectReader(json, path: "", known: nil)
        let rule = try admission.office.environment.rule(
            named: reader.string("route", reader.required("route", "name the upload rule")), for: admission.caller)
        let metadata = rule.metadata(from: reader.metadata("metadata"))
        var issued: [(file: File, ticket: Ticket)] = []
        do {
            for file in try Self.files(reader) {
                let upload = UploadRequest(
                    rule: rule.name, filename: file.name, size: file.size, type: file.type, metadata: metadata,
                    method: UploadMethod.put.rawValue)
                issued.append((file, try await desk.single(upload, admission, context)))
            }
        } catch {
            for (_, ticket) in issued { await desk.steps.withdraw(ticket, admission) }
            throw error
        }
        return .json { json in
            json.object { json in
                json.name("files")
                json.array { json in
                    for (file, ticket) in issued { Self.write(file, ticket, to: &json) }
                }
                json.name("metadata")
                json.object { _ in }
            }
        }
    }

    /// The client sets Content-Type itself, and a header that is set twice has both values: so it is not among `headers`. For the same
    /// reason metadata and Cache-Control are there, and not in `objectInfo`.
    private static func write(_ file: File, _ ticket: Ticket, to json: inout JSONWriter) {
        json.object { json in
            json.member("signedUrl", ticket.url)
            json.name("file")
            json.object { json in
                json.member("name", file.name)
                json.member("size", file.size)
                json.member("type", file.type)
                json.name("objectInfo")
                json.object { json in
                    json.member("key", ticket.key)
                    json.name("metadata")
                    json.object { _ in }
                }
            }
            json.headers("headers", ticket.headers.filter { $0.name != "content-type" })
            json.member("grant", ticket.grant)
        }
    }

    private static func files(_ reader: JSONObjectReader) throws -> [File] {
        let elements = try reader.array("files", in: 1...UploadHandlers.maximumBatchCount, "send an array of files") {
            Problem(.invalidBatch, "'files' holds \($0): send 1 to \(UploadHandlers.maximumBatchCount).", field: "files")
        }
        return try elements.enumerated().map { index, element in
            let file = try JSONObjectReader(element, path: "files[\(index)]", known: nil)
            guard let size = try file.optionalByteCount("size") else {
                throw Problem(
                    .missingField, "'files[\(index)].size' is missing: say the file's size in bytes.", field: "files[\(index)].size")
            }
            return File(
                name: try file.string("name", file.required("name", "send the name of the file")), size: size,
                type: try file.string("type", file.required("type", "send the content type of the file")))
        }
    }
}

extension Problem {
    /// The problem in better-upload's words: `{"error":{"type","message"}}`. Its client knows nine types.
    var betterUploadResponse: Response {
        let type =
            switch code {
            case Refusal.Code.tooLarge.rawValue: "file_too_large"
            case Refusal.Code.typeNotAllowed.rawValue, Refusal.Code.invalidType.rawValue: "invalid_file_type"
            case ProblemCode.invalidBatch.rawValue: "too_many_files"
            case _ where status.kind == .serverError: "unknown"
            case _ where [.unauthorized, .forbidden, .tooManyRequests].contains(status): "rejected"
            default: "invalid_request"
            }
        var response = Response.json(status) { json in
            json.object { json in
                json.name("error")
                json.object { json in
                    json.member("type", type)
                    json.member("message", detail)
                    json.member("code", code)
                }
            }
        }
        response.headers.append(contentsOf: headers)
        return response
    }
}
