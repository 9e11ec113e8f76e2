import AsyncHTTPClient
import NIOCore
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

    private let deadline: Duration
    private let takesPlainLoopback: Bool
    /// Lives as long as the process, since keys are refreshed as long as it does.
    private static let client = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(5), write: .seconds(5))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return HTTPClient(configuration: configuration)
    }()

    public init() {
        self.init(takesPlainLoopback: false)
    }

    /// - Parameter takesPlainLoopback: for tests, whose servers have no certificate.
    init(takesPlainLoopback: Bool, deadline: Duration = .seconds(5)) {
        self.takesPlainLoopback = takesPlainLoopback
        self.deadline = deadline
    }

    public func fetch(_ url: String) async throws(KeySetFetchFault) -> FetchedKeySet {
        guard url.hasPrefix("https://") || (takesPlainLoopback && url.hasPrefix("http://127.0.0.1:")) else {
            throw KeySetFetchFault("keys come over https only")
        }
        do {
            return try await withThrowingTaskGroup(of: FetchedKeySet.self) { group in
                group.addTask { try await Self.get(url) }
                group.addTask {
                    try await Task.sleep(for: deadline)
                    throw KeySetFetchFault("the answer did not come within \(deadline.components.seconds) seconds")
                }
                defer { group.cancelAll() }
                guard let fetched = try await group.next() else { throw KeySetFetchFault("nothing was answered") }
                return fetched
            }
        } catch let fault as KeySetFetchFault {
            throw fault
        } catch is NIOTooManyBytesError {
            throw KeySetFetchFault("the answer is larger than 1 MiB")
        } catch let error as HTTPClientError {
            throw KeySetFetchFault("the request failed: \(error.shortDescription)")
        } catch {
            // Descriptions of other errors may hold parts of an answer.
            throw KeySetFetchFault("the request failed: \(type(of: error))")
        }
    }

    private static func get(_ url: String) async throws -> FetchedKeySet {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/jwk-set+json, application/json")
        let response = try await client.execute(request, deadline: .distantFuture)
        guard response.status == .ok else {
            let hint = (300..<400).contains(response.status.code) ? "; redirects are not followed, configure the final URL" : ""
            throw KeySetFetchFault("the answer is \(response.status.code)\(hint)")
        }
        var body = try await response.body.collect(upTo: maximumBytes)
        return FetchedKeySet(
            body: body.readBytes(length: body.readableBytes) ?? [], maximumAgeSeconds: maximumAge(response.headers))
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
