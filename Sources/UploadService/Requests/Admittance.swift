import HTTPTypes
import Hummingbird
import Uploads

/// Who asks, and what for: the environment's office, and the bounds of a scoped token.
struct Admission {
    let caller: Caller
    let office: SigningOffice
    /// Nil unless the request came with a scoped token.
    let scope: TokenScope?
    /// What the client is counted by; nil where it has no address.
    let address: String?
    /// Where it is noted what is left of the limits.
    let record: RequestRecord
}

/// Finds out who asks, and refuses pages that may not, before anything else is looked at.
struct Admittance: Sendable {
    /// The name of the path's parameter that holds a scoped token.
    static let tokenParameter = "token"

    private let offices: [String: SigningOffice]
    private let origins: OriginPolicy
    private let metrics: ServiceMetrics
    private let limits: LimitDesk
    private let configuration: UploadServiceConfiguration

    init(configuration: UploadServiceConfiguration, origins: OriginPolicy, metrics: ServiceMetrics, limits: LimitDesk) {
        self.offices = Dictionary(uniqueKeysWithValues: configuration.offices.map { ($0.environment.name, $0) })
        self.origins = origins
        self.metrics = metrics
        self.limits = limits
        self.configuration = configuration
    }

    /// - Parameter signs: whether something is to be signed. What signs nothing does not need an origin with a scoped token: browsers
    ///   send none with a GET to the page's own origin (the Fetch standard, "append a request `Origin` header").
    func admit(_ request: Request, _ context: ServiceContext, signs: Bool = true) async throws -> Admission {
        let address = try await limits.admit(request, context)
        let caller: Caller
        let scope: TokenScope?
        do {
            (caller, scope) = try await identify(request, context)
        } catch {
            throw Problem(error)
        }
        context.record.update { $0.caller = caller }
        if scope == nil, case .apiKey(let name) = caller.identity {
            let mark = try? APIKeyAuthenticator.mark(
                authorization: request.headers[.authorization], apiKey: request.headers[.xAPIKey])
            metrics.used(apiKey: name, mark: mark, environment: caller.environment, at: configuration.clock())
        }
        guard let office = offices[caller.environment] else {
            throw Problem(.environmentUnavailable, "Environment '\(caller.environment)' cannot sign here now: ask who runs this service.")
        }
        try await limits.admit(caller, to: office.environment, context)
        let origin = request.headers.value(of: .origin) ?? scope.flatMap { Self.ownOrigin(of: request, $0) }
        try checkOrigin(origin, caller, scope, isNeeded: signs)
        return Admission(caller: caller, office: office, scope: scope, address: address, record: context.record)
    }

    private func identify(_ request: Request, _ context: ServiceContext) async throws(AuthenticationFailure) -> (Caller, TokenScope?) {
        let authorization = try Self.single(request.headers, .authorization)
        let apiKey = try Self.single(request.headers, .xAPIKey)
        if let token = context.parameters.get(Self.tokenParameter) {
            guard authorization == nil, apiKey == nil else {
                throw AuthenticationFailure(
                    .conflicting, "The path carries a scoped token: send no Authorization and no X-Api-Key with it.")
            }
            let scope = try self.scope(of: token)
            return (scope.caller, scope)
        }
        if apiKey == nil, let bearer = try? authorization.map(APIKeyAuthenticator.bearerToken), ScopedTokens.isOne(bearer) {
            let scope = try self.scope(of: bearer)
            return (scope.caller, scope)
        }
        return (try await configuration.authenticator.authenticate(authorization: authorization, apiKey: apiKey), nil)
    }

    private func scope(of token: String) throws(AuthenticationFailure) -> TokenScope {
        guard let tokens = configuration.scopedTokens else {
            throw AuthenticationFailure(.invalid, "Scoped tokens are not taken here.")
        }
        return try tokens.scope(of: token, at: configuration.clock(), from: configuration.authenticator)
    }

    private static func single(_ headers: HTTPFields, _ name: HTTPField.Name) throws(AuthenticationFailure) -> String? {
        let values = headers[values: name]
        if values.count > 1 { throw AuthenticationFailure(.conflicting, "\(name) is there more than once: send it once.") }
        return values.first
    }

    /// Browsers state no origin with a GET to the page's own (the Fetch standard, "append a request `Origin` header"); that it is one, they
    /// say in a field that no page can set (Fetch Metadata, `Sec-Fetch-Site`).
    private static func ownOrigin(of request: Request, _ scope: TokenScope) -> String? {
        guard request.method == .get, request.headers.value(of: .secFetchSite) == "same-origin", let authority = request.head.authority,
            ["https://\(authority)", "http://\(authority)"].contains(scope.origin)
        else { return nil }
        return scope.origin
    }

    /// The holder of a scoped token is a page, and every page states its origin with what it sends elsewhere.
    private func checkOrigin(_ origin: String?, _ caller: Caller, _ scope: TokenScope?, isNeeded: Bool) throws(Problem) {
        if let origin, !origins.allows(origin, caller: caller) {
            throw Problem(
                .originNotAllowed,
                "Pages of this origin may not call in environment '\(caller.environment)': add it to allowedOrigins in its uploads.yaml.")
        }
        guard let scope, isNeeded || origin != nil else { return }
        if origin.map({ $0.utf8.elementsEqual(scope.origin.utf8) }) != true {
            throw Problem(
                .originNotAllowed, "This scoped token is for the pages of one origin: call from there, or get a token for this one.")
        }
    }
}
