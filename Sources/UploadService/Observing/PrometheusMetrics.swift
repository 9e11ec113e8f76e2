public import CoreMetrics
import Synchronization

/// A swift-metrics back end that keeps its numbers in memory and writes them in Prometheus' text format, version 0.0.4.
///
/// Timers and aggregating recorders become histograms (timers in seconds), meters and other recorders gauges.
/// Each metric holds a bounded number of label sets; what comes later is counted under the label value `other`.
public final class PrometheusMetrics: MetricsFactory {
    /// Upper bounds in seconds of a timer's buckets, or in its own unit of a recorder's.
    public static let defaultBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    private struct Family {
        let type: String
        var series: [[String]: any PrometheusSeries] = [:]
    }

    private let families = Mutex<[String: Family]>([:])
    private let help: [String: String]
    private let buckets: [Double]
    private let maximumSeriesPerMetric: Int

    /// - Parameters:
    ///   - help: one line per metric name, written as `# HELP`.
    ///   - maximumSeriesPerMetric: how many different label sets one metric may have.
    public init(help: [String: String] = [:], buckets: [Double] = defaultBuckets, maximumSeriesPerMetric: Int = 1_000) {
        self.help = help
        self.buckets = buckets
        self.maximumSeriesPerMetric = maximumSeriesPerMetric
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, "counter", dimensions) { PrometheusCounter() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, "gauge", dimensions) { PrometheusGauge() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return series(label, "gauge", dimensions) { PrometheusGauge() } }
        return series(label, "histogram", dimensions) { PrometheusHistogram(buckets: self.buckets) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, "histogram", dimensions) { PrometheusHistogram(buckets: self.buckets) }
    }

    // A series lives as long as the process: a counter that vanishes and returns would look like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func series<Series: PrometheusSeries>(
        _ label: String, _ type: String, _ dimensions: [(String, String)], make: @Sendable () -> Series
    ) -> Series {
        let name = Self.metricName(label)
        return families.withLock { families in
            var family = families[name] ?? Family(type: type)
            var key = dimensions.flatMap { [$0.0, $0.1] }
            if family.series[key] == nil, family.series.count >= maximumSeriesPerMetric {
                key = dimensions.flatMap { [$0.0, "other"] }
            }
            // A name that is already taken by another type is a programming error; the newcomer is not published.
            if let existing = family.series[key] { return existing as? Series ?? make() }
            let made = make()
            if family.type == type { family.series[key] = made }
            families[name] = family
            return made
        }
    }

    /// Everything measured so far, sorted by name and labels.
    public func text() -> String {
        let snapshot = families.withLock { $0 }
        var text = ""
        for (name, family) in snapshot.sorted(by: { $0.key < $1.key }) {
            if let help = help[name] { text += "# HELP \(name) \(help)\n" }
            text += "# TYPE \(name) \(family.type)\n"
            for (key, series) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                series.write(name: name, labels: Self.labels(key), to: &text)
            }
        }
        return text
    }

    /// Prometheus allows letters, digits, `_` and `:` in a name.
    private static func metricName(_ label: String) -> String {
        String(label.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") ? $0 : "_" })
    }

    private static func labels(_ key: [String]) -> [String] {
        stride(from: 0, to: key.count - 1, by: 2).map { index in
            var value = ""
            for scalar in key[index + 1].unicodeScalars {
                switch scalar {
                case "\\": value += "\\\\"
                case "\"": value += "\\\""
                case "\n": value += "\\n"
                default: value.unicodeScalars.append(scalar)
                }
            }
            return "\(metricName(key[index]))=\"\(value)\""
        }
    }
}

/// One label set of one metric.
private protocol PrometheusSeries: AnyObject, Sendable {
    func write(name: String, labels: [String], to text: inout String)
}

extension PrometheusSeries {
    func line(_ name: String, _ labels: [String], _ value: String, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels.joined(separator: ","))} \(value)\n"
    }
}

private final class PrometheusCounter: CounterHandler, PrometheusSeries {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }

    func write(name: String, labels: [String], to text: inout String) {
        line(name, labels, String(count.load(ordering: .relaxed)), to: &text)
    }
}

private final class PrometheusGauge: MeterHandler, RecorderHandler, PrometheusSeries {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(name: String, labels: [String], to text: inout String) {
        line(name, labels, "\(value.withLock { $0 })", to: &text)
    }
}

private final class PrometheusHistogram: TimerHandler, RecorderHandler, PrometheusSeries {
    private struct State {
        var counts: [Int64]
        var sum = 0.0
    }

    private let buckets: [Double]
    private let state: Mutex<State>

    init(buckets: [Double]) {
        self.buckets = buckets
        self.state = Mutex(State(counts: Array(repeating: 0, count: buckets.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        let bucket = buckets.firstIndex { value <= $0 } ?? buckets.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(name: String, labels: [String], to text: inout String) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total: Int64 = 0
        for (bound, count) in zip(buckets.map { "\($0)" } + ["+Inf"], counts) {
            total += count
            line("\(name)_bucket", labels + ["le=\"\(bound)\""], String(total), to: &text)
        }
        line("\(name)_sum", labels, "\(sum)", to: &text)
        line("\(name)_count", labels, String(total), to: &text)
    }
}
