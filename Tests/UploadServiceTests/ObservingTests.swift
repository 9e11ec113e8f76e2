import CoreMetrics
import Foundation
import Logging
import Settings
import Synchronization
import Testing

@testable import UploadService

@Suite struct PrometheusMetricsTests {
    @Test func writesTheTextFormat() {
        let metrics = PrometheusMetrics(help: ["a_total": "Counts a."], buckets: [0.1, 1])
        Counter(label: "a_total", dimensions: [("code", "x\"\\\n"), ("b", "1")], factory: metrics).increment(by: 2)
        Counter(label: "a_total", dimensions: [("code", "x\"\\\n"), ("b", "1")], factory: metrics).increment()
        let timer = Timer(label: "t.seconds", dimensions: [("route", "/v1")], factory: metrics)
        timer.recordNanoseconds(100_000_000)
        timer.recordNanoseconds(500_000_000)
        timer.recordNanoseconds(2_000_000_000)
        let meter = Meter(label: "m", factory: metrics)
        meter.increment(by: 3)
        meter.decrement(by: 1)
        Gauge(label: "g", factory: metrics).record(1.5)
        #expect(
            metrics.text() == """
                # HELP a_total Counts a.
                # TYPE a_total counter
                a_total{code="x\\"\\\\\\n",b="1"} 3
                # TYPE g gauge
                g 1.5
                # TYPE m gauge
                m 2.0
                # TYPE t_seconds histogram
                t_seconds_bucket{route="/v1",le="0.1"} 1
                t_seconds_bucket{route="/v1",le="1.0"} 2
                t_seconds_bucket{route="/v1",le="+Inf"} 3
                t_seconds_sum{route="/v1"} 2.6
                t_seconds_count{route="/v1"} 3

                """)
    }

    @Test func labelSetsAreBounded() {
        let metrics = PrometheusMetrics(maximumSeriesPerMetric: 2)
        for value in 0..<50 { Counter(label: "c", dimensions: [("l", "\(value)")], factory: metrics).increment() }
        #expect(metrics.text() == "# TYPE c counter\nc{l=\"0\"} 1\nc{l=\"1\"} 1\nc{l=\"other\"} 48\n")
    }

    @Test func oneNameHasOneType() {
        let metrics = PrometheusMetrics()
        Counter(label: "n", factory: metrics).increment()
        Meter(label: "n", factory: metrics).set(7)
        Meter(label: "n", dimensions: [("a", "b")], factory: metrics).set(7)
        #expect(metrics.text() == "# TYPE n counter\nn 1\n")
    }
}

@Suite struct ServiceLogHandlerTests {
    private final class Lines: Sendable {
        let lines = Mutex<[String]>([])
        func append(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private func logger(_ lines: Lines, isJSON: Bool, isColored: Bool = false) -> Logger {
        let now = Date(timeIntervalSince1970: 1_700_000_000.25)
        return Logger(label: "test") { _ in
            ServiceLogHandler(
                format: isJSON ? .json : .text, isColored: isColored, logLevel: .info, now: { now }, output: { lines.append($0) })
        }
    }

    @Test func writesJSONLines() {
        let lines = Lines()
        var logger = logger(lines, isJSON: true)
        logger[metadataKey: "zone"] = "a"
        logger.info(
            "request",
            metadata: [
                "status": .stringConvertible(201), "method": "POST", "route": "/v1", "odd": "a\"b\n\u{1B}",
                "list": ["x", .dictionary(["k": .stringConvertible(true)])],
            ])
        logger.debug("not this")
        #expect(
            lines.all == [
                #"{"time":"2023-11-14T22:13:20.250Z","level":"info","message":"request","method":"POST","route":"/v1","status":201,"#
                    + #""list":["x",{"k":true}],"odd":"a\"b\n\u001b","zone":"a"}"# + "\n"
            ])
    }

    @Test func writesReadableLinesThatNobodyCanForge() {
        let lines = Lines()
        logger(lines, isJSON: false).info(
            "request", metadata: ["status": .stringConvertible(201), "key": "a b", "odd": "x\n12:00 ERROR\u{1B}[31m\u{9B}"])
        #expect(
            lines.all == [
                "22:13:20.250 INFO    request status=201 key=\"a b\" odd=\"x\\n12:00 ERROR\\u001b[31m\u{FFFD}\"\n"
            ])
    }

    @Test func coloursTheLevelOnly() {
        let lines = Lines()
        logger(lines, isJSON: false, isColored: true).warning("careful", metadata: ["a": "b"])
        #expect(lines.all == ["22:13:20.250 \u{1B}[33mWARNING\u{1B}[0m careful a=b\n"])
    }
}
