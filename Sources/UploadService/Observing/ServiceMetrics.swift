import CoreMetrics
import SigV4

/// What the service counts. Every label has a bounded set of values: route templates, methods, status codes, configured environments and
/// rules, and the codes of refusals.
struct ServiceMetrics: Sendable {
    static let help = [
        "countersign_http_requests_total": "Requests answered, by method, route and status.",
        "countersign_http_request_duration_seconds": "Time from a request's head to its answer, by route.",
        "countersign_open_uploads": "Uploads that limits count as open, in this process.",
        "countersign_requests_in_flight": "Requests being worked on now.",
        "countersign_tickets_total": "Tickets issued, by environment and rule.",
        "countersign_api_key_last_used_timestamp_seconds":
            "When a request last came with an API key, in seconds since 1970, by its name and mark.",
        "countersign_refusals_total": "Requests and batch entries refused, by code.",
    ]

    private struct Answer: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Issue: Hashable {
        let environment: String
        let rule: String
    }

    private struct Key: Hashable {
        let environment: String
        let name: String
        let mark: String
    }

    let factory: any MetricsFactory
    private let inFlight: Meter
    private let answers = Memo<Answer, (count: Counter, duration: Timer)>()
    private let issues = Memo<Issue, Counter>()
    private let uses = Memo<Key, Gauge>()

    init(factory: any MetricsFactory) {
        self.factory = factory
        self.inFlight = Meter(label: "countersign_requests_in_flight", factory: factory)
        inFlight.set(0)
    }

    func requestStarted() { inFlight.increment() }
    func requestEnded() { inFlight.decrement() }

    func answered(method: String, route: String, status: Int, nanoseconds: Int64) {
        let handles = answers.value(for: Answer(method: method, route: route, status: status)) {
            let labels = [("method", method), ("route", route), ("status", String(status))]
            return (
                Counter(label: "countersign_http_requests_total", dimensions: labels, factory: factory),
                Timer(label: "countersign_http_request_duration_seconds", dimensions: [("route", route)], factory: factory)
            )
        }
        handles.count.increment()
        handles.duration.recordNanoseconds(nanoseconds)
    }

    func issued(environment: String, rule: String) {
        issues.value(for: Issue(environment: environment, rule: rule)) {
            let labels = [("environment", environment), ("rule", rule)]
            return Counter(label: "countersign_tickets_total", dimensions: labels, factory: factory)
        }.increment()
    }

    /// - Parameters:
    ///   - apiKey: the name of one that is configured.
    ///   - mark: tells it from the others of that name, such as the one that replaces it (`APIKey.mark`); nil where there is no key.
    func used(apiKey: String, mark: String?, environment: String, at time: SigningTime) {
        uses.value(for: Key(environment: environment, name: apiKey, mark: mark ?? "none")) {
            let labels = [("environment", environment), ("key", apiKey), ("mark", mark ?? "none")]
            return Gauge(label: "countersign_api_key_last_used_timestamp_seconds", dimensions: labels, factory: factory)
        }.record(time.secondsSinceEpoch)
    }

    func refused(code: String) {
        Counter(label: "countersign_refusals_total", dimensions: [("code", code)], factory: factory).increment()
    }
}
