import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOEmbedded
import Synchronization
import Testing
import Uploads

@testable import UploadService

@Suite struct RequestLogTests {
    @Test func oneLinePerRequest() async throws {
        let log = LogLines()
        let answer = try await withService(logger: log.logger(level: .info)) { try await $0.post(Body.avatar) }
        let line = try #require(try log.requests().first)
        #expect(log.all.count == 1)
        #expect(line["request"] as? String == answer.headers[.xRequestID])
        #expect(line["method"] as? String == "POST")
        #expect(line["route"] as? String == "/v1/uploads")
        #expect(line["status"] as? Int == 201)
        #expect(try #require(line["microseconds"] as? Int) > 0)
        #expect(line["environment"] as? String == "staging")
        #expect(line["caller"] as? String == "web-backend")
        #expect(line["rule"] as? String == "avatars")
        #expect(line["key"] as? String == (try answer.json()["key"] as? String))
        #expect(line["code"] == nil)
        #expect(line["level"] as? String == "info")
    }

    @Test func aRefusalIsNamedByItsCode() async throws {
        let log = LogLines()
        try await withService(logger: log.logger(level: .info)) { service in
            _ = try await service.post(#"{"rule":"avatars","filename":"a","size":1,"type":"text/html"}"#)
            _ = try await service.post(#"{"rule":"made-up-by-a-stranger","filename":"a","size":1,"type":"image/png"}"#)
            _ = try await service.post(key: nil, Body.avatar)
            _ = try await service.send(.get, "/some/secret/path?token=abc")
        }
        let lines = try log.requests()
        #expect(lines.map { $0["code"] as? String } == ["type_not_allowed", "unknown_rule", "missing_credentials", "not_found"])
        #expect(lines.map { $0["rule"] as? String } == ["avatars", nil, nil, nil])
        #expect(lines.map { $0["key"] as? String } == [nil, nil, nil, nil])
        #expect(lines[3]["route"] as? String == "unmatched")
    }

    @Test func aBatchIsCounted() async throws {
        let log = LogLines()
        try await withService(logger: log.logger(level: .info)) { service in
            _ = try await service.post(to: "/v1/uploads/batch", #"{"uploads":[\#(Body.avatar),{},\#(Body.attachment)]}"#)
        }
        let line = try #require(try log.requests().first)
        #expect(line["tickets"] as? Int == 2)
        #expect(line["refusals"] as? Int == 1)
        #expect(line["rule"] as? String == "attachments,avatars")
    }

    /// What no code here throws: its description is neither shown nor logged.
    @Test func anUnexpectedErrorTellsNothing() async throws {
        struct Leak: Error, CustomStringConvertible {
            let description = "csk_secret"
        }
        let log = LogLines()
        let metrics = PrometheusMetrics()
        let middleware = ProblemMiddleware(served: [], metrics: ServiceMetrics(factory: metrics), logger: log.logger())
        let context = ServiceContext(source: .init(channel: EmbeddedChannel(), logger: log.logger()))
        let request = Request(
            head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/version"), body: .init(buffer: ByteBuffer()))
        let response = try await middleware.handle(request, context: context) { _, _ in throw Leak() }
        #expect(response.status == .internalServerError)
        #expect(context.record.current.code == "internal_error")
        #expect(metrics.text().contains(#"countersign_refusals_total{code="internal_error"} 1"#))
        #expect(log.text.contains(#""type":"Leak""#))
        #expect(!log.text.contains("csk_secret"))
        let cutOff = try await middleware.handle(request, context: context) { _, _ in throw CancellationError() }
        #expect(cutOff.status == .serviceUnavailable)
        #expect(context.record.current.code == "stopping")
    }

    /// Every route, every way to succeed and to fail, at the most talkative level: nothing that opens a door is written anywhere.
    @Test func noSecretSignatureOrURLIsEverLogged() async throws {
        let log = LogLines()
        var answers = ""
        var configuration = try Fixture.configuration()
        configuration.showsDemonstrationPage = true
        answers = try await withService(configuration, .live, logger: log.logger()) { service in
            var seen = ""
            let secretPath = "/u/csk_secret-in-path/s3?X-Amz-Signature=0123456789abcdef&key=csk_secret-in-query"
            for key in [Fixture.stagingKey, Fixture.productionKey, "csk_wrong-but-secret", nil] {
                for body in [
                    Body.avatar, Body.attachment, "{", #"{"csk_secret-member":1}"#,
                    #"{"rule":"csk_secret-rule","filename":"a","type":"image/png"}"#,
                ] {
                    seen += try await service.post(key: key, body).text
                    seen += try await service.post(key: key, headers: [.origin: "https://csk-secret.example"], body).text
                    seen += try await service.post(to: "/v1/uploads/batch", key: key, #"{"uploads":[\#(body)]}"#).text
                }
            }
            for path in Route.allCases.map({ $0.rawValue.filter { !"{}".contains($0) } }) {
                _ = try await service.send(.get, "\(path)?X-Amz-Signature=0123456789abcdef")
            }
            for method in [HTTPRequest.Method.get, .post, .options] { _ = try await service.send(method, secretPath) }
            try await RawConnection.open(port: try #require(service.client.port)) { connection in
                try await connection.send(
                    "POST /v1/uploads HTTP/1.1\r\nAuthorization: Bearer csk_secret bad\r\nbad header: csk_secret\r\n\r\n")
                _ = await connection.readToEnd()
            }
            return seen
        }
        #expect(answers.contains("X-Amz-Signature="))
        #expect(try log.requests().count > 60)
        let signatures = answers.matches(of: /[0-9a-f]{64}/).map { String($0.output) }
        #expect(!signatures.isEmpty)
        let forbidden =
            signatures + [
                "csk_", "csk-secret", Fixture.stagingSecret, Fixture.productionSecret, Fixture.sessionToken, "X-Amz", "x-amz-signature",
                "0123456789abcdef", "://", "Bearer", "policy", "secret-in",
            ]
        for text in forbidden { #expect(!log.text.contains(text), "\(text) was logged") }
    }
}

@Suite struct ServiceMetricsTests {
    private func metrics(_ service: ServiceClient) async throws -> [String] {
        let answer = try await service.send(.get, "/metrics")
        #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        return answer.text.split(separator: "\n").map(String.init)
    }

    @Test func countsRequestsTicketsRefusalsAndTime() async throws {
        try await withService { service in
            _ = try await service.post(Body.avatar)
            _ = try await service.post(Body.avatar)
            _ = try await service.post("{")
            _ = try await service.post(to: "/v1/uploads/batch", #"{"uploads":[\#(Body.attachment),{}]}"#)
            for path in ["/a", "/b", "/c?d"] { _ = try await service.send(HTTPRequest.Method("BREW")!, path) }
            let lines = try await metrics(service)
            for line in [
                #"countersign_http_requests_total{method="POST",route="/v1/uploads",status="201"} 2"#,
                #"countersign_http_requests_total{method="POST",route="/v1/uploads",status="400"} 1"#,
                #"countersign_http_requests_total{method="POST",route="/v1/uploads/batch",status="200"} 1"#,
                #"countersign_http_requests_total{method="other",route="unmatched",status="404"} 3"#,
                #"countersign_tickets_total{environment="staging",rule="avatars"} 2"#,
                #"countersign_tickets_total{environment="staging",rule="attachments"} 1"#,
                #"countersign_refusals_total{code="malformed_json"} 1"#, #"countersign_refusals_total{code="missing_field"} 1"#,
                #"countersign_refusals_total{code="not_found"} 3"#,
                #"countersign_http_request_duration_seconds_count{route="/v1/uploads"} 3"#,
                #"countersign_http_request_duration_seconds_bucket{route="/v1/uploads",le="+Inf"} 3"#,
                "countersign_requests_in_flight 1.0", "# TYPE countersign_http_request_duration_seconds histogram",
                "# HELP countersign_tickets_total Tickets issued, by environment and rule.",
            ] {
                #expect(lines.contains(line), "\(line)")
            }
        }
    }

    @Test func metricsHaveAPortOfTheirOwnWhereConfigured() async throws {
        var configuration = try Fixture.configuration()
        configuration.metricsPort = 0
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = try buildUploadService(
            configuration, logger: LogLines().logger(), onMetricsServerRunning: { continuation.yield($0.localAddress?.port ?? 0) })
        try await application.test(.router) { client in
            #expect(try await client.executeRequest(uri: "/metrics", method: .get, headers: [:], body: nil).status == .notFound)
            #expect(try await client.executeRequest(uri: "/version", method: .get, headers: [:], body: nil).status == .ok)
            let port = try #require(await ports.first { _ in true })
            for (path, status) in [("/metrics", 200), ("/health/live", 200), ("/v1/uploads", 404), ("/version", 404)] {
                let answer = try await RawConnection.open(port: port) { connection in
                    try await connection.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return try await connection.readResponse()
                }
                #expect(answer.status == status, "\(path)")
                if path == "/metrics" { #expect(answer.body.contains("countersign_http_requests_total")) }
            }
        }
    }
}
