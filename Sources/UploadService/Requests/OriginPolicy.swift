import HTTPTypes
import Uploads

/// Which web pages may call, by the Origin that their browser states (the Fetch standard's CORS protocol).
struct OriginPolicy: Sendable {
    private let patterns: [String: [OriginPattern]]
    private let isLoopbackOnly: Bool

    /// - Parameters:
    ///   - environments: those that are served.
    ///   - isLoopbackOnly: instead of the environments' origins, every origin on this machine may call.
    init(environments: [Environment], isLoopbackOnly: Bool) {
        self.patterns = Dictionary(uniqueKeysWithValues: environments.map { ($0.name, $0.allowedOrigins) })
        self.isLoopbackOnly = isLoopbackOnly
    }

    /// Whether a page of this origin may call. As long as the caller is not known, that is the union over all environments.
    func allows(_ origin: String, caller: Caller?) -> Bool {
        if isLoopbackOnly { return LoopbackHost.isLoopback(origin: origin) }
        if let caller { return patterns[caller.environment, default: []].contains { $0.matches(origin) } }
        return patterns.values.contains { $0.contains { $0.matches(origin) } }
    }

    /// The fields of an answer to an allowed origin. Credentials (cookies) are never allowed.
    func fields(for origin: String) -> HTTPFields {
        [
            .accessControlAllowOrigin: origin,
            .accessControlExposeHeaders: "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate",
        ]
    }

    /// The further fields of an answer to a preflight.
    func preflightFields(for route: Route) -> HTTPFields {
        [
            .accessControlAllowMethods: route.preflightMethods.map(\.rawValue).joined(separator: ", "),
            .accessControlAllowHeaders: route.allowedHeaders.joined(separator: ", "),
            .accessControlMaxAge: "600",
        ]
    }
}

/// Names and addresses that only this machine answers to.
enum LoopbackHost {
    /// - Parameter authority: as in a Host field: a name or an address, and perhaps a port.
    static func isLoopback(authority: String) -> Bool {
        let lowercased = authority.lowercased()
        let host: Substring
        let rest: Substring
        if lowercased.hasPrefix("["), let end = lowercased.firstIndex(of: "]") {
            host = lowercased[...end]
            rest = lowercased[lowercased.index(after: end)...]
        } else {
            host = lowercased.prefix { $0 != ":" }
            rest = lowercased.dropFirst(host.count)
        }
        let isPort = rest.isEmpty || (rest.first == ":" && UInt16(rest.dropFirst()) != nil)
        return isPort && (host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" || isLoopback(address: host))
    }

    /// - Parameter origin: a scheme, `://` and an authority.
    static func isLoopback(origin: String) -> Bool {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return isLoopback(authority: String(origin.dropFirst(scheme.count)))
        }
        return false
    }

    /// 127.0.0.0/8 (RFC 1122 section 3.2.1.3), in its usual spelling.
    private static func isLoopback(address: Substring) -> Bool {
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0).map { "\($0)" } == String($0) }
    }
}

extension HTTPField.Name {
    static let xRequestID = HTTPField.Name("X-Request-Id")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    static let xAPIKey = HTTPField.Name("X-Api-Key")!
}

extension HTTPFields {
    /// A field's value, joined with commas where the field is there more than once. The subscript joins always, and takes ten times as long.
    func value(of name: HTTPField.Name) -> String? {
        let values = self[values: name]
        return values.count > 1 ? self[name] : values.first
    }
}
