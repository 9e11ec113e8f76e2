import HTTPTypes
import Hummingbird
import S3Signing
import SigV4
import Uploads

/// What callers may ask: tickets, one or many, and the rules that decide about them.
struct UploadHandlers: Sendable {
    /// A batch holds at most this many upload requests.
    static let maximumBatchCount = 1_000
    /// And of these, at most this many for uploads in parts, which the store creates one by one.
    static let maximumBatchMultipartCount = 100

    private let admittance: Admittance
    private let desk: TicketDesk
    private let configuration: UploadServiceConfiguration
    private var steps: UploadSteps { desk.steps }
    private var metrics: ServiceMetrics { desk.metrics }

    init(configuration: UploadServiceConfiguration, admittance: Admittance, desk: TicketDesk) {
        self.admittance = admittance
        self.desk = desk
        self.configuration = configuration
    }

    // MARK: Routes

    func upload(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await admittance.admit(request, context)
        let json = try await BodyReader.json(of: request, maximumBytes: configuration.limits.maximumBodyBytes)
        let ticket = try await desk.issue(UploadRequest(json: json, path: ""), admission, context.record)
        return .json(.created) { ticket.write(to: &$0) }
    }

    /// Every entry is decided by itself: a ticket, or the problem that the same request would get alone.
    func uploadBatch(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await admittance.admit(request, context)
        let json = try await BodyReader.json(of: request, maximumBytes: configuration.limits.maximumBatchBodyBytes)
        let entries = try Self.batchEntries(json)
        var random = configuration.makeRandom()
        var rules: Set<String> = []
        var results: [Result<IssuedTicket, Problem>] = []
        var progress = BatchProgress()
        for (index, entry) in entries.enumerated() {
            // Others wait for the same few threads, and most of them ask for one ticket.
            if index % 32 == 31 { await Task.yield() }
            let result = try await decide(entry, path: "uploads[\(index)]", admission, &progress, using: &random)
            if case .success(let ticket) = result { rules.insert(ticket.rule) }
            results.append(result)
        }
        note(results, rules: rules, context.record)
        let requestID = context.record.requestID
        return .json { json in
            json.object { json in
                json.name("tickets")
                json.array { json in
                    for result in results {
                        switch result {
                        case .success(let ticket): ticket.write(to: &json)
                        case .failure(let problem): problem.write(to: &json, requestID: requestID)
                        }
                    }
                }
            }
        }
    }

    func rules(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let admission = try await admittance.admit(request, context, signs: false)
        let environment = admission.office.environment
        return .json { json in
            json.object { json in
                json.member("environment", environment.name)
                json.name("rules")
                json.array { json in
                    for rule in environment.rules where admission.caller.mayUse(rule: rule.name) { rule.write(to: &json) }
                }
            }
        }
    }

    // MARK: Steps

    private static func batchEntries(_ json: JSON) throws(Problem) -> [JSON] {
        let body = try JSONObjectReader(json, path: "", known: ["uploads"])
        let uploads = try body.required("uploads", "send an array of upload requests")
        guard case .array(let entries) = uploads else {
            throw Problem(.wrongType, "'uploads' must be an array, not \(uploads.kindName).", field: "uploads")
        }
        guard (1...maximumBatchCount).contains(entries.count) else {
            throw Problem(
                .invalidBatch, "'uploads' holds \(entries.count) upload requests: send 1 to \(maximumBatchCount).", field: "uploads")
        }
        return entries
    }

    /// What one entry's fate means to those behind it.
    private struct BatchProgress {
        var multipartCount = 0
        /// Of a store that does not answer: asking it a hundred times more would keep the caller waiting for nothing.
        var storeProblem: Problem?
        /// Of the open uploads: whoever has as many as there may be gets no ticket for the next entry either.
        var limitProblem: Problem?
    }

    private func decide(
        _ entry: JSON, path: String, _ admission: Admission, _ progress: inout BatchProgress,
        using random: inout any RandomNumberGenerator
    ) async throws -> Result<IssuedTicket, Problem> {
        do {
            let request = try UploadRequest(json: entry, path: path)
            if let problem = progress.limitProblem { throw problem }
            if admission.office.environment.isMultipart(request) {
                progress.multipartCount += 1
                guard progress.multipartCount <= Self.maximumBatchMultipartCount else {
                    throw Problem(
                        .invalidBatch,
                        "A batch begins at most \(Self.maximumBatchMultipartCount) uploads in parts: send this entry with the next.",
                        field: path)
                }
                if let problem = progress.storeProblem { throw problem }
            }
            return .success(try await steps.issue(request, admission, using: &random))
        } catch is CancellationError {
            throw CancellationError()
        } catch let refusal as Refusal {
            return .failure(Problem(refusal, path: path))
        } catch var problem as Problem {
            // What is wrong with an entry's text is told with its path already.
            if [ProblemCode.budgetExhausted.rawValue, ProblemCode.dailyBytesExhausted.rawValue].contains(problem.code) {
                problem.field = problem.field.map { "\(path).\($0)" }
            }
            if problem.code == ProblemCode.tooManyOpenUploads.rawValue { progress.limitProblem = problem }
            if [ProblemCode.storeUnreachable.rawValue, ProblemCode.storeBusy.rawValue].contains(problem.code) {
                progress.storeProblem = problem
            }
            return .failure(problem)
        } catch {
            return .failure(Problem(.internalError, "Something failed here, not in the request.", field: path))
        }
    }

    // MARK: Notes for log and metrics

    private func note(_ results: [Result<IssuedTicket, Problem>], rules: Set<String>, _ record: RequestRecord) {
        var tickets = 0
        for result in results {
            switch result {
            case .success(let ticket):
                tickets += 1
                metrics.issued(environment: ticket.environment, rule: ticket.rule)
            case .failure(let problem):
                metrics.refused(code: problem.code)
            }
        }
        record.update { [tickets] record in
            record.rule = rules.isEmpty ? nil : rules.sorted().joined(separator: ",")
            record.batch = (tickets, results.count - tickets)
        }
    }
}

extension Problem {
    init(_ failure: AuthenticationFailure) {
        switch failure.reason {
        case .missing: self.init(.missingCredentials, failure.message, headers: [.wwwAuthenticate: "Bearer"])
        case .invalid: self.init(.invalidCredentials, failure.message, headers: [.wwwAuthenticate: #"Bearer error="invalid_token""#])
        case .conflicting: self.init(.conflictingCredentials, failure.message)
        case .unavailable(let seconds): self.init(.issuerUnavailable, failure.message, headers: [.retryAfter: String(seconds)])
        }
    }
}
