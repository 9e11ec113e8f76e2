import HTTPTypes
import Uploads

/// The paths that are served. One table for routing, for 405 and `Allow`, for the labels of logs and metrics.
enum Route: String, CaseIterable, Sendable {
    case uploads = "/v1/uploads"
    case uploadsBatch = "/v1/uploads/batch"
    case uploadParts = "/v1/uploads/parts"
    case uploadList = "/v1/uploads/list"
    case uploadComplete = "/v1/uploads/complete"
    case uploadAbort = "/v1/uploads/abort"
    case uploadConfirm = "/v1/uploads/confirm"
    case downloads = "/v1/downloads"
    case tokens = "/v1/tokens"
    case rules = "/v1/rules"
    case version = "/version"
    case live = "/health/live"
    case ready = "/health/ready"
    case metrics = "/metrics"
    case openAPI = "/openapi.json"
    case client = "/countersign.js"
    case demonstration = "/"
    // Existing browser clients. A literal segment stands before a parameter in the same place, as in the router.
    case uppyParameters = "/s3/params"
    case uppyPresign = "/s3/presign"
    case uppyMultipart = "/s3/multipart"
    case uppyUpload = "/s3/multipart/{uploadId}"
    case uppyBatch = "/s3/multipart/{uploadId}/batch"
    case uppyComplete = "/s3/multipart/{uploadId}/complete"
    case uppyPart = "/s3/multipart/{uploadId}/{partNumber}"
    case shrine = "/presign"
    case activeStorage = "/rails/active_storage/direct_uploads"
    case betterUpload = "/upload"

    /// What logs and metrics call a path that is not served.
    static let unmatched = "unmatched"

    /// HEAD comes with every GET, OPTIONS with everything.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .uploads, .uploadsBatch, .uploadParts, .uploadList, .uploadComplete, .uploadAbort, .uploadConfirm, .downloads, .tokens:
            [.post, .options]
        case .uppyPresign, .uppyMultipart, .uppyComplete, .activeStorage, .betterUpload: [.post, .options]
        case .uppyUpload: [.get, .head, .delete, .options]
        default: [.get, .head, .options]
        }
    }

    /// The value of Allow (RFC 9110 section 10.2.1).
    var allow: String {
        methods.map(\.rawValue).joined(separator: ", ")
    }

    /// Health and metrics are answered under load too: they tell about it.
    var isAnsweredUnderLoad: Bool {
        [.live, .ready, .metrics].contains(self)
    }

    /// Whether it is also mounted under `/u/<scoped-token>`.
    var takesTokenInPath: Bool {
        [.uploads, .uploadsBatch, .uploadParts, .uploadList, .uploadComplete, .uploadAbort, .uploadConfirm, .rules].contains(self)
            || dialect != nil
    }

    /// The existing client that asks there; nil for the service's own routes.
    var dialect: Dialect? {
        switch self {
        case .uppyParameters, .uppyPresign, .uppyMultipart, .uppyUpload, .uppyBatch, .uppyComplete, .uppyPart: .uppy
        case .shrine: .shrine
        case .activeStorage: .activeStorage
        case .betterUpload: .betterUpload
        default: nil
        }
    }

    /// What preflights hear. Uppy's are answered for all of its routes, as Companion does.
    var preflightMethods: [HTTPRequest.Method] {
        dialect == .uppy ? [.get, .post, .delete, .options] : methods
    }

    /// What its client sends in its headers, for preflights.
    var allowedHeaders: [String] {
        let own = ["Authorization", "Content-Type", "X-Api-Key", "X-Request-Id"]
        return switch dialect {
        case nil: own
        case .uppy: own + ["Accept", "Origin", "Uppy-Auth-Token", "Uppy-Credentials-Params"]
        case .activeStorage: own + ["Accept", "X-Requested-With", "X-CSRF-Token"]
        case .shrine, .betterUpload: own + ["Accept", "X-Requested-With"]
        }
    }

    /// The first segment of the paths whose second one is a scoped token.
    static let tokenMount = "u"

    /// The served route of a request's path, whether mounted under a token or not. Empty segments do not count, as in the router.
    static func matching(_ path: String, among served: [Route]) -> Route? {
        if let route = served.first(where: { $0.rawValue == path && !$0.hasParameters }) { return route }
        let segments = path.split(separator: "/")
        if segments.count > 2, segments[0] == tokenMount {
            return served.first { $0.takesTokenInPath && $0.matches(segments[2...]) }
        }
        return served.first { $0.matches(segments[...]) }
    }

    private var hasParameters: Bool { rawValue.contains("{") }

    private func matches(_ path: ArraySlice<Substring>) -> Bool {
        let pattern = rawValue.split(separator: "/")
        return pattern.count == path.count && zip(pattern, path).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
