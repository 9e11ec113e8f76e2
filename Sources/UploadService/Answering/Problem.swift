import HTTPTypes
import Hummingbird
import NIOCore

/// The service's own reasons to refuse a request, with status and stable code. The reasons of the upload rules are `Refusal.Code`.
enum ProblemCode: String, CaseIterable {
    case malformedBody = "malformed_body"
    case malformedJSON = "malformed_json"
    case wrongType = "wrong_type"
    case missingField = "missing_field"
    case unknownField = "unknown_field"
    case invalidBatch = "invalid_batch"
    case conflictingCredentials = "conflicting_credentials"
    case missingCredentials = "missing_credentials"
    case invalidCredentials = "invalid_credentials"
    case originNotAllowed = "origin_not_allowed"
    case apiKeyRequired = "api_key_required"
    case tokensNotConfigured = "tokens_not_configured"
    case invalidBudget = "invalid_budget"
    case invalidSubject = "invalid_subject"
    case scopeTooNarrow = "scope_too_narrow"
    case budgetExhausted = "byte_budget_exhausted"
    case tooManyRequests = "too_many_requests"
    case tooManyOpenUploads = "too_many_open_uploads"
    case dailyBytesExhausted = "daily_bytes_exhausted"
    case notFound = "not_found"
    case methodNotAllowed = "http_method_not_allowed"
    case requestTimeout = "request_timeout"
    case bodyTooLarge = "body_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case hostNotAllowed = "host_not_allowed"
    case internalError = "internal_error"
    case overloaded
    case stopping
    case environmentUnavailable = "environment_unavailable"
    case issuerUnavailable = "issuer_unavailable"
    case malformedQuery = "malformed_query"
    case invalidStep = "invalid_step"
    case invalidPartCount = "invalid_part_count"
    case objectNotFound = "object_not_found"
    case objectDiffers = "object_differs"
    case objectExists = "object_exists"
    case uploadNotFound = "upload_not_found"
    case uploadBusy = "upload_busy"
    case storeRefused = "store_refused"
    case storeUnreachable = "store_unreachable"
    case storeBusy = "store_busy"

    var status: HTTPResponse.Status {
        switch self {
        case .malformedBody, .malformedJSON, .wrongType, .missingField, .unknownField, .invalidBatch, .invalidBudget, .invalidSubject,
            .conflictingCredentials, .invalidPartCount, .malformedQuery, .invalidStep:
            .badRequest
        case .missingCredentials, .invalidCredentials: .unauthorized
        case .originNotAllowed, .apiKeyRequired, .scopeTooNarrow, .budgetExhausted: .forbidden
        case .tooManyRequests, .tooManyOpenUploads, .dailyBytesExhausted: .tooManyRequests
        case .notFound, .tokensNotConfigured, .objectNotFound, .uploadNotFound: .notFound
        case .objectDiffers, .uploadBusy: .conflict
        case .objectExists: .preconditionFailed
        case .storeRefused, .storeUnreachable: .badGateway
        case .methodNotAllowed: .methodNotAllowed
        case .requestTimeout: .requestTimeout
        case .bodyTooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .hostNotAllowed: .misdirectedRequest
        case .internalError: .internalServerError
        case .overloaded, .stopping, .environmentUnavailable, .issuerUnavailable, .storeBusy: .serviceUnavailable
        }
    }
}

/// An error as clients see it: RFC 9457, with `code` and `field` of our own.
struct Problem: Error, Sendable {
    let status: HTTPResponse.Status
    /// Stable, snake case.
    let code: String
    /// What is wrong and what to change.
    let detail: String
    /// The member of the request's JSON that is to blame, as a path such as `uploads[3].size`.
    var field: String?
    /// In what a stored object is not what its ticket was for.
    var differences: [Difference] = []
    /// Header fields that belong to the answer, such as Allow or Retry-After.
    var headers: HTTPFields

    init(status: HTTPResponse.Status, code: String, detail: String, field: String?) {
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.headers = [:]
    }

    init(_ code: ProblemCode, _ detail: String, field: String? = nil, headers: HTTPFields = [:]) {
        self.init(status: code.status, code: code.rawValue, detail: detail, field: field)
        self.headers = headers
    }

    /// "too_large" reads "Too large": one title per code, as RFC 9457 section 3.1.3 asks.
    private var title: String {
        let words = code.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    /// Writes the problem object; `message` and `error` repeat the detail for clients that look there.
    func write(to json: inout JSONWriter, requestID: String) {
        json.object { json in
            json.member("type", "urn:countersign:problem:\(code)")
            json.member("title", title)
            json.member("status", status.code)
            json.member("detail", detail)
            json.member("instance", requestID)
            json.member("code", code)
            json.member("field", field)
            if let seconds = headers[.retryAfter].flatMap({ Int64($0) }) { json.member("retryAfterSeconds", seconds) }
            json.member("message", detail)
            json.member("error", detail)
            guard !differences.isEmpty else { return }
            json.name("differences")
            json.array { json in
                for difference in differences { difference.write(to: &json) }
            }
        }
    }

    func response(requestID: String) -> Response {
        var json = JSONWriter()
        write(to: &json, requestID: requestID)
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
}
