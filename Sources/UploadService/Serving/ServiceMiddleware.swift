import Connections
import HTTPTypes
import Hummingbird
import Libcrypto
import Logging
import Synchronization
import Uploads

/// Outermost: gives the request its id, and when it is answered writes its log line and counts it.
struct ObservingMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    let served: [Route]
    let metrics: ServiceMetrics
    let logger: Logger
    let makeRandom: @Sendable () -> any RandomNumberGenerator

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        // Requests that a client has sent in one go would be worked on in one go.
        await Task.yield()
        let start = ContinuousClock.now
        let requestID = requestID(request.headers)
        context.record.update { $0.requestID = requestID }
        metrics.requestStarted()
        defer { metrics.requestEnded() }
        var response = try await next(request, context)
        response.headers[.xRequestID] = requestID
        response.headers.append(contentsOf: RateLimitFields.fields(for: context.record.current.limits))
        response.headers[.xContentTypeOptions] = "nosniff"
        // A path can hold a scoped token: no link or picture tells it to others.
        response.headers[.referrerPolicy] = "no-referrer"
        finish(request, context.record, status: response.status, duration: .now - start)
        return request.method == .head ? Self.withoutBody(response) : response
    }

    /// The answer to HEAD: the same fields as for GET (RFC 9110 section 9.3.2), a missing Content-Length included.
    private static func withoutBody(_ response: Response) -> Response {
        var head = response.createHeadResponse()
        head.headers[.contentLength] = response.headers[.contentLength]
        return head
    }

    /// A proxy's id is kept when it cannot be anything but an id.
    private func requestID(_ headers: HTTPFields) -> String {
        if let given = headers.value(of: .xRequestID), (20...200).contains(given.utf8.count), given.utf8.allSatisfy(Self.isIDByte) {
            return given
        }
        var random = makeRandom()
        return Hex.encode(random.bytes(count: 16))
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: byte == UInt8(ascii: "-")
        }
    }

    private func finish(_ request: Request, _ record: RequestRecord, status: HTTPResponse.Status, duration: Duration) {
        let route = Route.matching(request.uri.path, among: served)?.rawValue ?? Route.unmatched
        let method = Self.knownMethods.contains(request.method) ? request.method.rawValue : "other"
        let nanoseconds = duration.nanoseconds
        metrics.answered(method: method, route: route, status: status.code, nanoseconds: nanoseconds)

        let state = record.current
        var metadata = Logger.Metadata(minimumCapacity: 12)
        metadata["request"] = .string(state.requestID)
        metadata["method"] = .string(method)
        metadata["route"] = .string(route)
        metadata["status"] = .stringConvertible(status.code)
        metadata["microseconds"] = .stringConvertible(Int(nanoseconds / 1_000))
        if let caller = state.caller {
            metadata["caller"] = .string(caller.name)
            metadata["environment"] = .string(caller.environment)
        }
        if let rule = state.rule { metadata["rule"] = .string(rule) }
        if let key = state.key { metadata["key"] = .string(key) }
        if let code = state.code { metadata["code"] = .string(code) }
        if let limit = state.limit { metadata["limit"] = .string(limit) }
        if let batch = state.batch {
            metadata["tickets"] = .stringConvertible(batch.tickets)
            metadata["refusals"] = .stringConvertible(batch.refusals)
        }
        let level: Logger.Level = status == .internalServerError ? .error : status.kind == .serverError ? .warning : .info
        logger.log(level: level, "request", metadata: metadata)
    }

    /// The methods of RFC 9110 and RFC 5789; others share one label.
    private static let knownMethods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .delete, .options, .patch, .trace, .connect]
}

extension RandomNumberGenerator {
    /// - Parameter count: a multiple of eight.
    mutating func bytes(count: Int) -> [UInt8] {
        (0..<count / 8).flatMap { _ in
            let word = next()
            return stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }
}

/// Tells browsers whether the page that asked may read the answer.
struct CORSMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    let origins: OriginPolicy

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.vary] = "Origin"
        // Who the caller is may have become clear meanwhile: then only the origins of its own environment may read the answer.
        if let origin = request.headers.value(of: .origin), origins.allows(origin, caller: context.record.current.caller) {
            response.headers.append(contentsOf: origins.fields(for: origin))
        }
        return response
    }
}

/// Answers OPTIONS, and with it preflights.
struct OptionsMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    let served: [Route]
    let origins: OriginPolicy

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        guard request.method == .options, let route = Route.matching(request.uri.path, among: served) else {
            return try await next(request, context)
        }
        var response = Response(status: .noContent, headers: [.allow: route.allow])
        response.headers[.contentLength] = nil
        if let origin = request.headers[.origin], origins.allows(origin, caller: nil) {
            response.headers.append(contentsOf: origins.preflightFields(for: route))
        }
        return response
    }
}

/// Turns every error into a problem response.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    let served: [Route]
    let metrics: ServiceMetrics
    let logger: Logger

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        let problem: Problem
        do {
            return try await next(request, context)
        } catch let known as Problem {
            problem = known
        } catch let refusal as Refusal {
            problem = Problem(refusal)
        } catch let error as any HTTPResponseError where error.status == .notFound {
            problem = notServed(request)
        } catch is CancellationError {
            // Draining has lasted too long, and requests are cut off.
            problem = Problem(
                .stopping, "The service is stopping: send the request again.", headers: [.retryAfter: "1", .connection: "close"])
        } catch {
            // An unexpected error's description may hold anything; its type cannot.
            logger.error("unexpected error", metadata: ["type": "\(type(of: error))", "request": .string(context.record.requestID)])
            problem = Problem(.internalError, "Something failed here, not in the request. The log has it under this request id.")
        }
        metrics.refused(code: problem.code)
        context.record.update { $0.code = problem.code }
        let route = Route.matching(request.uri.path, among: served)
        return route == .betterUpload ? problem.betterUploadResponse : problem.response(requestID: context.record.requestID)
    }

    private func notServed(_ request: Request) -> Problem {
        guard let route = Route.matching(request.uri.path, among: served) else {
            return Problem(.notFound, "Nothing is served at this path; GET /openapi.json lists what is.")
        }
        return Problem(.methodNotAllowed, "\(route.rawValue) takes \(route.allow).", headers: [.allow: route.allow])
    }
}

/// Refuses what does not come from this machine's own pages, when the service is for this machine only.
struct LoopbackMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        guard let authority = request.head.authority, LoopbackHost.isLoopback(authority: authority) else {
            throw Problem(.hostNotAllowed, "This service answers only to localhost and 127.0.0.1: use one of them in the URL.")
        }
        if let origin = request.headers[.origin], !LoopbackHost.isLoopback(origin: origin) {
            throw Problem(.originNotAllowed, "This service answers only to pages of this machine: open yours from localhost.")
        }
        return try await next(request, context)
    }
}

/// Answers 503 to more requests at a time than the service wants to work on, unless one of them is there whose body does not come.
final class InFlightMiddleware: RouterMiddleware {
    typealias Context = ServiceContext

    private let served: [Route]
    private let maximum: Int
    private let room: ConnectionRoom
    private let current = Atomic<Int>(0)

    init(served: [Route], maximum: Int, room: ConnectionRoom) {
        self.served = served
        self.maximum = maximum
        self.room = room
    }

    func handle(
        _ request: Request, context: ServiceContext, next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        if Route.matching(request.uri.path, among: served)?.isAnsweredUnderLoad == true { return try await next(request, context) }
        let count = current.add(1, ordering: .relaxed).newValue
        defer { current.subtract(1, ordering: .relaxed) }
        guard count <= maximum || room.giveUpLongestBody() else {
            throw Problem(.overloaded, "Too many requests at one time: try again in a second.", headers: [.retryAfter: "1"])
        }
        return try await next(request, context)
    }
}
