import HTTPTypes
import Hummingbird
import S3Policy
import S3Signing
import SigV4

/// S3's side of CORS.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>, and answers recorded from S3.
enum CORSAnswer {
    /// Answers a preflight.
    static func preflight(_ fields: FieldList, document: CORSConfiguration?) throws(S3Error) -> Response {
        guard let origin = fields["origin"] else {
            throw self.badRequest("Insufficient information. Origin request header needed.")
        }
        guard let method = fields["access-control-request-method"], CORSConfiguration.methods.contains(method) else {
            let asked = fields["access-control-request-method"] ?? "null"
            throw self.badRequest("Invalid Access-Control-Request-Method: \(asked)")
        }
        guard let document else { throw self.forbidden("CORSResponse: CORS is not enabled for this bucket.", method: method) }
        let names = self.requestedHeaders(fields)
        guard let rule = document.match(origin: origin, method: method, headers: names) else {
            throw self.forbidden(
                "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
                    + "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
                method: method)
        }
        var headers = self.headers(rule, origin: origin)
        if !names.isEmpty { headers[.accessControlAllowHeaders] = names.joined(separator: ", ") }
        return Response(status: .ok, headers: headers)
    }

    /// The headers that let a page read an actual answer, be it a refusal; none when no rule allows the page's origin.
    static func headers(_ fields: FieldList, method: String, document: CORSConfiguration?) -> HTTPFields {
        guard let origin = fields["origin"], let rule = document?.match(origin: origin, method: method, headers: []) else { return [:] }
        return self.headers(rule, origin: origin)
    }

    private static func headers(_ rule: CORSRule, origin: String) -> HTTPFields {
        var headers = HTTPFields()
        let isAny = rule.allowsAnyOrigin(matching: origin)
        headers[.accessControlAllowOrigin] = isAny ? "*" : origin
        headers[.accessControlAllowMethods] = rule.allowedMethods.joined(separator: ", ")
        if !rule.exposeHeaders.isEmpty { headers[.accessControlExposeHeaders] = rule.exposeHeaders.joined(separator: ", ") }
        if let seconds = rule.maxAgeSeconds { headers[.accessControlMaxAge] = "\(seconds)" }
        if !isAny { headers[.accessControlAllowCredentials] = "true" }
        headers[.vary] = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
        return headers
    }

    private static func requestedHeaders(_ fields: FieldList) -> [String] {
        (fields["access-control-request-headers"] ?? "").split(separator: ",").map { $0.trimmingSpaces.lowercased() }.filter { !$0.isEmpty }
    }

    private static func badRequest(_ message: String) -> S3Error {
        S3Error(code: "BadRequest", status: 400, message: message)
    }

    private static func forbidden(_ message: String, method: String) -> S3Error {
        S3Error(
            code: "AccessForbidden", status: 403, message: message, details: [Header("Method", method), Header("ResourceType", "OBJECT")])
    }
}
