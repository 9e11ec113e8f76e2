public import Libcrypto
public import Logging
public import ServiceLifecycle
public import Settings
public import SigV4
public import Uploads

/// Knows callers by the JWTs that configured issuers give them.
public final class JWTAuthenticator: Service {
    /// A token that is good now.
    public struct Verified: Sendable, Equatable {
        public let caller: Caller
        /// When the token ends by its own word, the leeway not counted.
        public let expiresAt: SigningTime
    }

    /// How an issuer's keys are.
    public struct IssuerStatus: Sendable, Equatable {
        public let name: String
        public let environment: String
        /// How many keys there are; 0 as long as none could be fetched.
        public let keys: Int
        /// Why the last fetch failed, nil where it did not; there may be keys from before.
        public let fault: String?
    }

    private struct Entry {
        let issuer: TokenIssuer
        let keys: IssuerKeys
    }

    static let rememberedTokens = 10_000

    private let entries: [Entry]
    private let clock: @Sendable () -> SigningTime
    private let remembered = VerifiedTokens(capacity: JWTAuthenticator.rememberedTokens)

    /// - Parameters:
    ///   - secrets: those of HS256, by the names of their variables.
    ///   - clock: the time at which tokens are held against their claims.
    ///   - makeRandom: for the pauses between failing fetches.
    /// - Throws: where keys of the configuration cannot be used; all of them at once. Keys behind URLs are fetched later.
    public init(
        issuers: [TokenIssuer], secrets: [String: Secret], fetcher: any KeySetFetcher = HTTPKeySetFetcher(),
        clock: @escaping @Sendable () -> SigningTime = UploadServiceConfiguration.systemClock,
        makeRandom: @escaping @Sendable () -> any RandomNumberGenerator = { SystemRandomNumberGenerator() }, logger: Logger
    ) async throws(SettingsError) {
        var entries: [Entry] = []
        var problems: [SettingsProblem] = []
        for issuer in issuers {
            let names = Self.names(of: issuer, among: issuers)
            // Environments that share a JWKS share what is fetched.
            if case .url = issuer.keys, let same = entries.first(where: { Self.sharesKeys($0.issuer, issuer) }) {
                entries.append(Entry(issuer: issuer, keys: same.keys))
                continue
            }
            switch await Self.keys(of: issuer, secrets) {
            case .success(let set?): entries.append(Entry(issuer: issuer, keys: IssuerKeys(name: names, fixed: set, logger: logger)))
            case .success(nil):
                let keys = IssuerKeys(
                    name: names, url: Self.place(of: issuer.keys), algorithms: issuer.algorithms, fetcher: fetcher, clock: clock,
                    makeRandom: makeRandom, logger: logger)
                entries.append(Entry(issuer: issuer, keys: keys))
            case .failure(let fault): problems.append(SettingsProblem(file: Self.place(of: issuer.keys), message: fault.message))
            }
        }
        guard problems.isEmpty else { throw SettingsError(problems) }
        self.entries = entries
        self.clock = clock
    }

    private static func sharesKeys(_ one: TokenIssuer, _ other: TokenIssuer) -> Bool {
        one.keys == other.keys && one.algorithms == other.algorithms
    }

    /// All for whom an issuer's keys are, for logs: `production/auth0, staging/auth0`.
    private static func names(of issuer: TokenIssuer, among issuers: [TokenIssuer]) -> String {
        var sharing = [issuer]
        if case .url = issuer.keys { sharing = issuers.filter { sharesKeys($0, issuer) } }
        return sharing.map { "\($0.environment)/\($0.name)" }.joined(separator: ", ")
    }

    /// The keys that the configuration holds; nil for those behind a URL.
    ///
    /// Swift 6.3 miscompiles an async `do` with typed throws ("freed pointer was not the last allocation"): hence a result.
    private static func keys(of issuer: TokenIssuer, _ secrets: [String: Secret]) async -> Result<KeySet?, KeySetFault> {
        do {
            switch issuer.keys {
            case .url: return .success(nil)
            case .file(_, let content): return .success(try await KeySet(file: content, algorithms: issuer.algorithms))
            case .variable(let name):
                guard let secret = secrets[name] else { return .failure(KeySetFault("it is missing")) }
                return .success(try await KeySet(secret: secret))
            }
        } catch {
            return .failure(error as? KeySetFault ?? KeySetFault("the keys cannot be used"))
        }
    }

    private static func place(of keys: TokenIssuer.Keys) -> String {
        switch keys {
        case .url(let text), .file(let text, _), .variable(let text): text
        }
    }

    // MARK: Tokens

    /// Whether something that stands behind `Bearer` is a JWT, whole or not, rather than an API key.
    static func looksLikeToken(_ text: String) -> Bool {
        !text.hasPrefix(APIKey.prefix) && (text.utf8.contains(UInt8(ascii: ".")) || text.hasPrefix("eyJ"))
    }

    /// Decides whose token this is.
    public func verify(_ token: String) async throws(AuthenticationFailure) -> Verified {
        let now = clock()
        // What is too long is refused below, and not hashed before.
        let digest = token.utf8.count <= JSONWebToken.maximumBytes ? SHA256.hash(token) : nil
        if let digest, let entry = remembered.entry(for: digest, at: now) {
            return Verified(caller: entry.caller, expiresAt: entry.expiresAt)
        }
        do {
            let entry = try await decide(JSONWebToken(token), at: now)
            if let digest { remembered.remember(entry, for: digest) }
            return Verified(caller: entry.caller, expiresAt: entry.expiresAt)
        } catch let fault as TokenFault {
            throw AuthenticationFailure(.invalid, fault.message)
        } catch let failure as AuthenticationFailure {
            throw failure
        } catch {
            throw AuthenticationFailure(.invalid, "This token cannot be read.")
        }
    }

    /// Holds a token against every entry of its issuer. Which environment it is for comes out of its claims, and must be one.
    private func decide(_ token: JSONWebToken, at now: SigningTime) async throws -> VerifiedTokens.Entry {
        var found: [VerifiedTokens.Entry] = []
        var fault = TokenFault(.issuer, "The issuer (iss) of this token is not one that this service takes.")
        // Of an entry whose keys are not here, and of one that the claims fit besides: then nobody knows yet whether it is the only one.
        var (unavailable, undecided): (AuthenticationFailure?, AuthenticationFailure?)
        for entry in entries where entry.issuer.issuer.utf8.elementsEqual(token.claims.issuer.utf8) {
            do {
                found.append(try await check(token, against: entry, at: now))
            } catch let other as TokenFault {
                if other.stage > fault.stage { fault = other }
            } catch let failure as AuthenticationFailure {
                unavailable = failure
                if (try? entry.issuer.caller(of: token.claims)) != nil { undecided = failure }
            }
        }
        if let undecided { throw undecided }
        guard found.count < 2 else {
            throw TokenFault(.claims, "The claims of this token fit more than one environment: it must be for exactly one.")
        }
        guard let entry = found.first else { throw unavailable ?? fault }
        return entry
    }

    /// The signature comes before the claims: whoever cannot sign learns nothing about what is required.
    private func check(_ token: JSONWebToken, against entry: Entry, at now: SigningTime) async throws -> VerifiedTokens.Entry {
        guard let algorithm = TokenIssuer.Algorithm(rawValue: token.algorithm), entry.issuer.algorithms.contains(algorithm) else {
            throw TokenFault(.algorithm, "The algorithm (alg) of this token is not allowed for its issuer.")
        }
        let (key, generation) = try await key(for: token, algorithm: algorithm, entry.keys)
        guard key.verifies(token.signature, over: token.signingInput) else {
            throw TokenFault(.signature, "The signature of this token does not verify.")
        }
        try token.claims.checkTimes(at: now, leewaySeconds: entry.issuer.leewaySeconds)
        return VerifiedTokens.Entry(
            caller: try entry.issuer.caller(of: token.claims), expiresAt: SigningTime(secondsSinceEpoch: Int64(token.claims.expiresAt)),
            keys: entry.keys, generation: generation, verifiedAt: now)
    }

    private func key(
        for token: JSONWebToken, algorithm: TokenIssuer.Algorithm, _ keys: IssuerKeys
    ) async throws -> (VerificationKey, generation: Int) {
        keys.refreshIfDue()
        for isLastTry in [false, true] {
            // Read before the keys: a set that arrives in between is noticed too often, never too seldom.
            let generation = keys.generation
            guard let set = keys.current else {
                throw AuthenticationFailure(
                    .unavailable(retryAfterSeconds: keys.pauseSeconds), "The keys of this token's issuer are not here yet: try again.")
            }
            switch set.choose(id: token.keyID, algorithm: algorithm) {
            case .key(let key): return (key, generation)
            case .ambiguous:
                throw TokenFault(.key, "This token does not name its key (kid), and its issuer has several.")
            case .unknown:
                if !isLastTry { await keys.refreshForUnknownKey() }
            }
        }
        throw TokenFault(.key, "The key (kid) of this token is not one of its issuer's.")
    }

    // MARK: Keys

    public var issuers: [IssuerStatus] {
        entries.map {
            IssuerStatus(
                name: $0.issuer.name, environment: $0.issuer.environment, keys: $0.keys.current?.keys.count ?? 0, fault: $0.keys.fault)
        }
    }

    /// Fetches what is due and waits for it.
    public func loadKeys() async {
        for flight in entries.map({ $0.keys.refreshIfDue() }) { await flight?.value }
    }

    /// Refreshes keys ahead of their age, until the service stops.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                for entry in self.entries { entry.keys.refreshIfDue() }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
