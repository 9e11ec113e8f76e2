import HTTPTypes
import Uploads

/// What is left of the limits, as header fields of an answer (draft-ietf-httpapi-ratelimit-headers-10).
///
/// What all callers of an environment have left together is told to nobody, unless it is why a request was refused.
enum RateLimitFields {
    static func fields(for standings: [LimitStanding]) -> HTTPFields {
        guard !standings.isEmpty else { return [:] }
        return [
            .rateLimitPolicy: standings.map(policy).joined(separator: ", "),
            .rateLimit: standings.map(left).joined(separator: ", "),
        ]
    }

    private static func policy(_ standing: LimitStanding) -> String {
        let unit: String
        switch standing.kind {
        case .requests: unit = ""
        case .uploads: unit = ";qu=\"uploads\""
        case .bytes: unit = ";qu=\"content-bytes\""
        }
        return "\"\(standing.name)\";q=\(standing.quota)\(unit)\(standing.windowSeconds.map { ";w=\($0)" } ?? "")"
    }

    private static func left(_ standing: LimitStanding) -> String {
        "\"\(standing.name)\";r=\(standing.left)\(standing.resetSeconds.map { ";t=\($0)" } ?? "")"
    }
}

extension HTTPField.Name {
    static let rateLimit = HTTPField.Name("RateLimit")!
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!
}
