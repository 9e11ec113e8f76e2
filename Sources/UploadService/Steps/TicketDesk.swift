import Uploads

/// Issues one ticket at a time, and notes it for log and metrics: the same for the native API and for every dialect.
struct TicketDesk: Sendable {
    let configuration: UploadServiceConfiguration
    let steps: UploadSteps
    let metrics: ServiceMetrics

    func issue(_ request: UploadRequest, _ admission: Admission, _ record: RequestRecord) async throws -> IssuedTicket {
        try await issue(request, admission, record) { try await steps.issue(request, admission, using: &$0) }
    }

    /// - Parameter decide: what decides instead of ``UploadSteps/issue(_:_:using:)``.
    func issue(
        _ request: UploadRequest, _ admission: Admission, _ record: RequestRecord,
        by decide: (inout any RandomNumberGenerator) async throws -> IssuedTicket
    ) async throws -> IssuedTicket {
        // Only a rule that exists is noted: what a client makes up stays out of the log.
        if let rule = admission.office.environment.rule(named: request.rule) { record.update { $0.rule = rule.name } }
        var random = configuration.makeRandom()
        let ticket = try await decide(&random)
        metrics.issued(environment: ticket.environment, rule: ticket.rule)
        record.update { $0.key = ticket.key }
        return ticket
    }
}
