import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// What a server answered.
struct HTTPAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// As the server writes it, quotes included.
    var etag: String? { headers.first(name: "etag").flatMap { $0.isEmpty ? nil : $0 } }
}

/// Why no answer came; holds nothing of what was sent or answered.
struct HTTPFault: Error, Sendable, Equatable {
    let message: String
    /// Whether the same request would most likely fail again.
    var isLasting = false
}

/// Asks other services, within limits: no redirects, a largest answer, a deadline for all of it.
struct BoundedHTTP: Sendable {
    let maximumBytes: Int
    /// Of answers that are no success, of whose longer bodies nothing is kept; nil where they are faults as others are.
    var maximumErrorBytes: Int?
    var deadline: Duration
    var client = Self.common

    /// Lives as long as the process, since keys and credentials are refreshed as long as it does.
    private static let common = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(5), write: .seconds(5))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return HTTPClient(configuration: configuration)
    }()

    func send(_ request: HTTPClientRequest) async throws(HTTPFault) -> HTTPAnswer {
        do {
            return try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
                group.addTask { try await exchange(request) }
                group.addTask {
                    try await Task.sleep(for: deadline)
                    throw HTTPFault(message: "the answer did not come within \(max(deadline.components.seconds, 1)) seconds")
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() else { throw HTTPFault(message: "nothing was answered") }
                return answer
            }
        } catch let fault as HTTPFault {
            throw fault
        } catch is NIOTooManyBytesError {
            let limit = maximumBytes >= 1 << 20 ? "\(maximumBytes >> 20) MiB" : "\(maximumBytes >> 10) KiB"
            throw HTTPFault(message: "the answer is larger than \(limit)", isLasting: true)
        } catch {
            throw HTTPFault(message: "the request failed: \(Self.reason(error))")
        }
    }

    private func exchange(_ request: HTTPClientRequest) async throws -> HTTPAnswer {
        let response = try await client.execute(request, deadline: .distantFuture)
        let status = Int(response.status.code)
        var body = ByteBuffer()
        if let maximumErrorBytes, !(200..<300).contains(status) {
            // Leaving the rest unread closes the connection.
            do { body = try await response.body.collect(upTo: maximumErrorBytes) } catch is NIOTooManyBytesError {}
        } else {
            body = try await response.body.collect(upTo: maximumBytes)
        }
        return HTTPAnswer(status: status, headers: response.headers, body: body.readBytes(length: body.readableBytes) ?? [])
    }

    /// Descriptions of other errors than these may hold parts of an answer.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError: error.connectionErrors.first.map { reason($0.error) } ?? "the host was not found"
        case let error as HTTPClientError: error.shortDescription
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is ChannelError: "the connection was closed"
        default: "\(type(of: error))"
        }
    }
}
