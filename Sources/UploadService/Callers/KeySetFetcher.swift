import AsyncHTTPClient
import NIOHTTP1

/// What a JWKS's address answered.
public struct FetchedKeySet: Sendable {
    public let body: [UInt8]
    /// How long the answer may be kept, by its Cache-Control and Age; nil where it does not say.
    public let maximumAgeSeconds: Int?

    public init(body: [UInt8], maximumAgeSeconds: Int? = nil) {
        self.body = body
        self.maximumAgeSeconds = maximumAgeSeconds
    }
}

/// Why a JWKS did not come.
public struct KeySetFetchFault: Error, Sendable, Equatable {
    /// Holds nothing of what was answered.
    public let message: String

    public init(_ message: String) {
        self.message = message
    }
}

/// Gets JWK Sets from where they are published.
public protocol KeySetFetcher: Sendable {
    func fetch(_ url: String) async throws(KeySetFetchFault) -> FetchedKeySet
}

/// Gets them over https, within limits: no redirects, 1 MiB, five seconds for all of it.
public struct HTTPKeySetFetcher: KeySetFetcher {
    static let maximumBytes = 1 << 20

    private let http: BoundedHTTP
    private let takesPlainLoopback: Bool

    public init() {
        self.init(takesPlainLoopback: false)
    }

    /// - Parameter takesPlainLoopback: for tests, whose servers have no certificate.
    init(takesPlainLoopback: Bool, deadline: Duration = .seconds(5)) {
        self.takesPlainLoopback = takesPlainLoopback
        http = BoundedHTTP(maximumBytes: 1 << 20, deadline: deadline)
    }

    public func fetch(_ url: String) async throws(KeySetFetchFault) -> FetchedKeySet {
        guard url.hasPrefix("https://") || (takesPlainLoopback && url.hasPrefix("http://127.0.0.1:")) else {
            throw KeySetFetchFault("keys come over https only")
        }
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/jwk-set+json, application/json")
        let answer: HTTPAnswer
        do { answer = try await http.send(request) } catch { throw KeySetFetchFault(error.message) }
        guard answer.status == 200 else {
            let hint = (300..<400).contains(answer.status) ? "; redirects are not followed, configure the final URL" : ""
            throw KeySetFetchFault("the answer is \(answer.status)\(hint)")
        }
        return FetchedKeySet(body: answer.body, maximumAgeSeconds: Self.maximumAge(answer.headers))
    }

    /// RFC 9111 sections 4.2 and 5.2.2.
    static func maximumAge(_ headers: HTTPHeaders) -> Int? {
        for directive in headers[canonicalForm: "cache-control"] {
            let parts = directive.lowercased().split(separator: "=", maxSplits: 1)
            switch parts.first {
            case "no-store"?, "no-cache"?: return 0
            case "max-age"?:
                guard let seconds = parts.dropFirst().first.flatMap({ Int($0.filter { $0 != "\"" }) }), seconds >= 0 else { return nil }
                let age = headers.first(name: "age").flatMap { Int($0) } ?? 0
                return max(0, seconds - min(max(age, 0), seconds))
            default: continue
            }
        }
        return nil
    }
}
