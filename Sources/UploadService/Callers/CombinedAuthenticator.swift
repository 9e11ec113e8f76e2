public import SigV4
public import Uploads

/// Takes API keys and JWTs: which of them a request carries shows in its text.
public struct CombinedAuthenticator: CallerAuthenticator {
    private let apiKeys: APIKeyAuthenticator
    private let tokens: JWTAuthenticator

    public init(apiKeys: APIKeyAuthenticator, tokens: JWTAuthenticator) {
        self.apiKeys = apiKeys
        self.tokens = tokens
    }

    public var issuers: [JWTAuthenticator.IssuerStatus] { tokens.issuers }

    public func authenticate(authorization: String?, apiKey: String?) async throws(AuthenticationFailure) -> Caller {
        guard apiKey == nil, let authorization else {
            return try await apiKeys.authenticate(authorization: authorization, apiKey: apiKey)
        }
        return try await identify(APIKeyAuthenticator.bearerToken(authorization)).caller
    }

    public func knowsAPIKey(named name: String, mark: String?, environment: String) -> Bool {
        apiKeys.knowsAPIKey(named: name, mark: mark, environment: environment)
    }

    /// Decides whose credential this is, and when it ends; an API key does not.
    public func identify(_ credential: String) async throws(AuthenticationFailure) -> (caller: Caller, expiresAt: SigningTime?) {
        guard JWTAuthenticator.looksLikeToken(credential) else {
            return (try await apiKeys.authenticate(authorization: nil, apiKey: credential), nil)
        }
        let verified = try await tokens.verify(credential)
        return (verified.caller, verified.expiresAt)
    }
}
