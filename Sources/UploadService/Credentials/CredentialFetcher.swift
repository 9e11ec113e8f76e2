import AsyncHTTPClient
import Foundation
import Libcrypto
public import Settings
public import SigV4
public import Uploads

/// Why there are no credentials: what was asked, and what to change. It never holds a secret, and of answers only codes.
public struct CredentialFault: Error, Sendable, Equatable, CustomStringConvertible {
    public let message: String

    public init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}

/// Gets credentials as a plan says.
public protocol CredentialFetching: Sendable {
    /// - Parameter now: the time at which requests for other credentials are signed.
    func fetch(_ plan: CredentialPlan, at now: SigningTime) async throws(CredentialFault) -> SigningCredentials
}

/// Gets them from programs, AWS's endpoints and STS, within limits of time and size.
public struct CredentialFetcher: CredentialFetching {
    /// Of an answer; the longest that AWS gives, with its session token, has a tenth of it.
    static let maximumBytes = 64 * 1024

    private let deadline: Duration
    private let remote: BoundedHTTP
    /// Endpoints of this machine and its next neighbours answer at once, or not at all.
    private let near: BoundedHTTP

    public init() {
        self.init(deadline: .seconds(20))
    }

    /// - Parameter deadline: for a program, or an answer of STS.
    init(deadline: Duration) {
        self.deadline = deadline
        remote = BoundedHTTP(maximumBytes: Self.maximumBytes, deadline: deadline)
        near = BoundedHTTP(maximumBytes: Self.maximumBytes, deadline: min(deadline, .seconds(2)))
    }

    public func fetch(_ plan: CredentialPlan, at now: SigningTime) async throws(CredentialFault) -> SigningCredentials {
        switch plan.step {
        case .fixed(let credentials):
            return credentials
        case .process(let words):
            return try await Self.told(plan) { try await CredentialProcess(words: words, deadline: deadline).credentials() }
        case .assumeRole(let role, let source):
            let credentials = try await fetch(source, at: now)
            return try await Self.told(plan) {
                try await SecurityTokenService(http: remote).assume(role, with: credentials.credentials, at: now)
            }
        case .webIdentity(let role, let tokenFile):
            return try await Self.told(plan) {
                let token = try TokenFile.read(tokenFile)
                return try await SecurityTokenService(http: remote).assume(role, token: token, at: now)
            }
        case .container(let endpoint):
            return try await Self.told(plan) { try await endpoint.credentials(over: near) }
        case .instance(let metadata):
            return try await Self.told(plan) { try await metadata.credentials(over: near) }
        }
    }

    private static func told(
        _ plan: CredentialPlan, _ body: () async throws -> SigningCredentials
    ) async throws(CredentialFault) -> SigningCredentials {
        do { return try await body() } catch let fault as CredentialFault {
            throw CredentialFault("\(plan.origin): \(fault.message)")
        } catch let fault as HTTPFault {
            throw CredentialFault("\(plan.origin): \(fault.message)")
        } catch {
            throw CredentialFault("\(plan.origin): it failed (\(type(of: error)))")
        }
    }
}

/// Tokens that somebody keeps fresh in a file, as in Kubernetes.
enum TokenFile {
    private static let maximumBytes = 64 * 1024

    /// The file's one line.
    static func read(_ path: String) throws(CredentialFault) -> String {
        let data: [UInt8]?
        do { data = try AWSSettings.bytesOfFile(path) } catch { throw CredentialFault("the token file \(path): \(error.message)") }
        guard let data else { throw CredentialFault("the token file \(path) is not there") }
        guard data.count <= maximumBytes else { throw CredentialFault("the token file \(path) is larger than 64 KiB") }
        guard let text = String(validating: data, as: UTF8.self) else { throw CredentialFault("the token file \(path) is no text") }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw CredentialFault("the token file \(path) is empty or has more than one line")
        }
        return token
    }
}
