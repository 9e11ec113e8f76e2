import HTTPTypes

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

    /// What logs and metrics call a path that is not served.
    static let unmatched = "unmatched"

    /// HEAD comes with every GET, OPTIONS with everything.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .uploads, .uploadsBatch, .uploadParts, .uploadList, .uploadComplete, .uploadAbort, .uploadConfirm, .downloads, .tokens:
            [.post, .options]
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
    }

    /// The first segment of the paths whose second one is a scoped token.
    static let tokenMount = "u"

    /// The served route of a request's path, whether mounted under a token or not. Empty segments do not count, as in the router.
    static func matching(_ path: String, among served: [Route]) -> Route? {
        if let route = served.first(where: { $0.rawValue == path }) { return route }
        let segments = path.split(separator: "/")
        if segments.count > 2, segments[0] == tokenMount {
            let mounted = "/" + segments.dropFirst(2).joined(separator: "/")
            return served.first { $0.takesTokenInPath && $0.rawValue == mounted }
        }
        let normalized = "/" + segments.joined(separator: "/")
        return served.first { $0.rawValue == normalized }
    }
}
