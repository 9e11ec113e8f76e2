import HTTPTypes
import Hummingbird
import S3Signing
import SigV4
import Uploads

/// Uppy's `@uppy/aws-s3` 4 and 5, and 6 with `companionEndpoint`: the S3 routes of Companion.
///
/// Uppy names no size: small files go by a form with the rule's range, large ones in parts that are counted before they become the object.
/// The `uploadId` given out is the sealed grant. It holds the store's own id, the key and the caller, so `key` is only compared.
struct UppyCompanion: Sendable {
    static let uploadParameter = "uploadId"
    static let partParameter = "partNumber"
    /// Uppy up to 5 takes `expires` for the time that a transfer may take, though S3 looks at it only when one begins: shorter is not told.
    private static let shortestExpirySeconds: Int64 = 3600

    let desk: DialectDesk

    // MARK: One form

    func parameters(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await desk.admit(.uppy, request, context)
        let query = try FormQuery(request.uri.query ?? "")
        let rule = try desk.rule(for: .uppy, admission)
        let upload = UploadRequest(
            rule: rule.name, filename: try query.required("filename", "send the name of the file"), size: nil,
            type: try query.required("type", "send the content type of the file"),
            metadata: rule.metadata(from: query.members(of: "metadata")), method: UploadMethod.post.rawValue)
        try Self.checkForm(of: rule)
        let ticket = try await desk.single(upload, admission, context)
        return .json { json in
            json.object { json in
                json.member("method", "POST")
                json.member("url", ticket.url)
                json.headers("fields", ticket.fields)
                json.member("grant", ticket.grant)
            }
        }
    }

    /// A client that names no size gets a form with the rule's range of sizes, or nothing.
    static func checkForm(of rule: UploadRule) throws(Refusal) {
        guard rule.takes(.post) else {
            throw Refusal(
                .sizeRequired, field: "size",
                "this client names no size, so the file needs a form with a range of sizes, and the rule \(rule.name) has none; "
                    + "give it method: POST, or have the client send all files in parts")
        }
    }

    // MARK: Parts

    func create(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await desk.admit(.uppy, request, context)
        let json = try await BodyReader.json(of: request, maximumBytes: desk.limits.maximumBodyBytes)
        let reader = try JSONObjectReader(json, path: "", known: nil)
        let rule = try desk.rule(for: .uppy, admission)
        let upload = UploadRequest(
            rule: rule.name, filename: try reader.string("filename", reader.required("filename", "send the name of the file")), size: nil,
            type: try reader.string("type", reader.required("type", "send the content type of the file")),
            metadata: rule.metadata(from: reader.metadata("metadata")), method: UploadMethod.multipart.rawValue)
        let ticket = try await desk.multipart(upload, admission, context)
        return .json { json in
            json.object { json in
                json.member("key", ticket.key)
                json.member("uploadId", ticket.grant)
                json.member("bucket", ticket.bucket)
            }
        }
    }

    func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let (admission, grant, _) = try await open(request, context)
        let parts = try await desk.steps.storedParts(of: grant, admission)
        return .json { json in
            json.array { json in
                for part in parts {
                    json.object { json in
                        json.member("PartNumber", part.number)
                        json.member("Size", part.sizeBytes)
                        json.member("ETag", part.etag)
                    }
                }
            }
        }
    }

    func part(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let (admission, grant, _) = try await open(request, context)
        let number = try Self.partNumber(context.parameters.get(Self.partParameter) ?? "")
        let part = try desk.steps.parts([number], of: grant, admission).parts[0].step
        let lifetimeSeconds = part.expiresAt.secondsSinceEpoch - desk.tickets.configuration.clock().secondsSinceEpoch
        return .json { json in
            json.object { json in
                json.member("url", part.url)
                if lifetimeSeconds >= Self.shortestExpirySeconds { json.member("expires", lifetimeSeconds) }
            }
        }
    }

    func batch(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let (admission, grant, query) = try await open(request, context)
        let texts = try query.required("partNumbers", "name the parts, such as partNumbers=1,2").split(
            separator: ",", omittingEmptySubsequences: false)
        guard texts.count <= StepHandlers.maximumPartCount else {
            throw Problem(
                .invalidPartCount, "'partNumbers' holds \(texts.count): send 1 to \(StepHandlers.maximumPartCount).", field: "partNumbers")
        }
        let numbers = try texts.map { text throws(Problem) in try Self.partNumber(text) }
        let parts = try desk.steps.parts(numbers, of: grant, admission).parts
        return .json { json in
            json.object { json in
                json.name("presignedUrls")
                json.object { json in
                    for part in parts { json.member(String(part.number), part.step.url) }
                }
            }
        }
    }

    func complete(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let (admission, grant, _) = try await open(request, context)
        let json = try await BodyReader.json(of: request, maximumBytes: desk.limits.maximumBatchBodyBytes)
        let parts = try JSONObjectReader(json, path: "", known: nil).completedParts(number: "PartNumber", etag: "ETag", knownOnly: false)
        let confirmed = try await desk.steps.complete(parts, of: grant, admission)
        return .json { json in
            json.object { json in
                json.member("location", admission.office.environment.address(of: confirmed.grant.key))
                json.member("key", confirmed.grant.key)
                json.member("bucket", confirmed.grant.bucket)
            }
        }
    }

    func abort(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let (admission, grant, _) = try await open(request, context)
        try await desk.steps.abort(grant, admission)
        return .json { json in json.object { _ in } }
    }

    // MARK: What all steps have

    /// Who asks, and what the grant in the path says.
    private func open(_ request: Request, _ context: ServiceContext) async throws -> (Admission, Grant, FormQuery) {
        let admission = try await desk.admit(.uppy, request, context)
        let query = try FormQuery(request.uri.query ?? "")
        let grant = try desk.steps.open(context.parameters.get(Self.uploadParameter) ?? "", admission)
        desk.note(grant, context)
        if let key = try query.value("key"), key != grant.key {
            throw Refusal(
                .keyNotAllowed, field: "key", "this is not the key of this upload; send the one that was answered with its uploadId")
        }
        return (admission, grant, query)
    }

    private static func partNumber(_ text: some StringProtocol) throws(Problem) -> Int {
        guard text.utf8.count <= 9, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(text)
        else {
            throw Problem(.wrongType, "A part number is a whole number from 1 to \(PartPlan.maximumCount).", field: "partNumber")
        }
        return number
    }
}
