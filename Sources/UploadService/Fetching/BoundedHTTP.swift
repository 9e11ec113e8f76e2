import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// What a server answered.
struct HTTPAnswer: Sendable {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]
}

/// Why no answer came; holds nothing of what was sent or answered.
struct HTTPFault: Error, Sendable, Equatable {
    let message: String
}

/// Asks other services, within limits: no redirects, a largest answer, a deadline for all of it.
struct BoundedHTTP: Sendable {
    let maximumBytes: Int
    let deadline: Duration

    /// Lives as long as the process, since keys and credentials are refreshed as long as it does.
    private static let client = {
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
                    throw HTTPFault(message: "the answer did not come within \(deadline.components.seconds) seconds")
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() else { throw HTTPFault(message: "nothing was answered") }
                return answer
            }
        } catch let fault as HTTPFault {
            throw fault
        } catch is NIOTooManyBytesError {
            let limit = maximumBytes >= 1 << 20 ? "\(maximumBytes >> 20) MiB" : "\(maximumBytes >> 10) KiB"
            throw HTTPFault(message: "the answer is larger than \(limit)")
        } catch let error as HTTPClientError {
            throw HTTPFault(message: "the request failed: \(error.shortDescription)")
        } catch {
            // Descriptions of other errors may hold parts of an answer.
            throw HTTPFault(message: "the request failed: \(type(of: error))")
        }
    }

    private func exchange(_ request: HTTPClientRequest) async throws -> HTTPAnswer {
        let response = try await Self.client.execute(request, deadline: .distantFuture)
        var body = try await response.body.collect(upTo: maximumBytes)
        return HTTPAnswer(
            status: Int(response.status.code), headers: response.headers, body: body.readBytes(length: body.readableBytes) ?? [])
    }
}
