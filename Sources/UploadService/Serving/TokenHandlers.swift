import Hummingbird
import Libcrypto
import S3Signing
import SigV4
import Uploads

/// Gives the holders of API keys scoped tokens, for browsers that cannot send headers.
struct TokenHandlers: Sendable {
    private static let maximumSubjectBytes = 128

    private let admittance: Admittance
    private let origins: OriginPolicy
    private let configuration: UploadServiceConfiguration

    init(configuration: UploadServiceConfiguration, origins: OriginPolicy, admittance: Admittance) {
        self.admittance = admittance
        self.origins = origins
        self.configuration = configuration
    }

    func token(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await admittance.admit(request, context)
        guard admission.scope == nil, case .apiKey(let keyName) = admission.caller.identity else {
            throw Problem(.apiKeyRequired, "Only the holder of an API key gets scoped tokens: ask from your own server.")
        }
        guard let tokens = configuration.scopedTokens else {
            throw Problem(
                .tokensNotConfigured, "Scoped tokens are not given here: set COUNTERSIGN_TOKEN_SECRET to 32 random bytes or more.")
        }
        let json = try await BodyReader.json(of: request, maximumBytes: configuration.limits.maximumBodyBytes)
        let mark: String?
        do {
            mark = try APIKeyAuthenticator.mark(authorization: request.headers[.authorization], apiKey: request.headers[.xAPIKey])
        } catch {
            throw Problem(error)
        }
        let scope = try scope(json, admission, keyName: keyName, keyMark: mark)
        context.record.update { $0.rule = scope.rule }
        let token = tokens.token(for: scope)
        return .json(.created) { json in
            json.object { json in
                json.member("token", token)
                json.member("environment", scope.environment)
                json.member("rule", scope.rule)
                json.member("origin", scope.origin)
                json.member("bytes", scope.budgetBytes)
                json.member("subject", scope.subject)
                json.member("expiresAt", scope.expiresAt.iso8601)
            }
        }
    }

    private func scope(_ json: JSON, _ admission: Admission, keyName: String, keyMark: String?) throws -> TokenScope {
        let reader = try JSONObjectReader(json, path: "", known: ["rule", "origin", "bytes", "subject"])
        let name = try reader.string("rule", reader.required("rule", "name the upload rule; GET /v1/rules lists them"))
        let rule = try admission.office.environment.rule(named: name, for: admission.caller)
        var random = configuration.makeRandom()
        return TokenScope(
            id: Hex.encode(random.bytes(count: 16)), environment: admission.caller.environment, keyName: keyName, keyMark: keyMark,
            subject: try subject(reader), rule: rule.name, origin: try origin(reader, admission.caller),
            budgetBytes: try budget(reader, rule), expiresAt: configuration.clock().adding(seconds: TokenScope.maximumLifetimeSeconds))
    }

    private func origin(_ reader: JSONObjectReader, _ caller: Caller) throws(Problem) -> String {
        let origin = try reader.string("origin", reader.required("origin", "name the origin of the page, such as https://app.example.com"))
        guard origins.allows(origin, caller: caller) else {
            throw Problem(
                .originNotAllowed,
                "Pages of this origin may not call in environment '\(caller.environment)': send the page's exact origin, and have it in "
                    + "allowedOrigins in its uploads.yaml.", field: "origin")
        }
        return origin
    }

    /// Without a word about it, the budget is one file of the rule's largest size.
    private func budget(_ reader: JSONObjectReader, _ rule: UploadRule) throws(Problem) -> Int64 {
        guard rule.sizeBytes.lowerBound <= TokenScope.maximumBudgetBytes else {
            throw Problem(
                .invalidBudget,
                "Files of this rule are larger than all that a scoped token is good for, \(TokenScope.maximumBudgetBytes) bytes: ask for "
                    + "their tickets from your own server.", field: "rule")
        }
        guard let bytes = try reader.optionalByteCount("bytes") else {
            return min(rule.sizeBytes.upperBound, TokenScope.maximumBudgetBytes)
        }
        let allowed = max(1, rule.sizeBytes.lowerBound)...TokenScope.maximumBudgetBytes
        guard allowed.contains(bytes) else {
            throw Problem(
                .invalidBudget, "'bytes' must be from \(allowed.lowerBound), the rule's smallest file, to \(allowed.upperBound).",
                field: "bytes")
        }
        return bytes
    }

    private func subject(_ reader: JSONObjectReader) throws(Problem) -> String? {
        guard let subject = try reader.optionalString("subject") else { return nil }
        guard (1...Self.maximumSubjectBytes).contains(subject.utf8.count),
            subject.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else {
            throw Problem(
                .invalidSubject, "'subject' must be 1 to \(Self.maximumSubjectBytes) bytes without control characters.", field: "subject")
        }
        return subject
    }
}
