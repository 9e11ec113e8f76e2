import AsyncHTTPClient
import HTTPTypes
import Libcrypto
import S3Signing
import SigV4
import Testing
import Uploads

@testable import UploadService

extension HostileStore {
    /// The service before such a store, which it asks twice at most.
    static func serving(
        patience: Duration = .seconds(60), limits: UploadLimits = UploadLimits(), _ respond: @escaping Respond,
        _ test: @Sendable (ServiceClient, TicketOffice, HostileStore) async throws -> Void
    ) async throws {
        try await run(respond) { asker, store in
            var configuration = try Dialectal.configuration()
            let environment = configuration.offices[0].environment.replacing(
                location: asker.location, publicBaseURL: nil, allowedOrigins: [])
            let office = SigningOffice(
                environment: environment, sealingKeys: Fixture.sealingKeys, credentials: credentials.credentials)
            let plan = RetryPlan(tries: 2, tryDeadline: patience, deadline: patience * 3)
            configuration.offices = [office]
            if limits != UploadLimits() { configuration.limit(limits, credentials: credentials.credentials) }
            configuration.store = StoreClient(
                http: asker.http, plan: plan, completingPlan: plan, clock: { Fixture.now }, sleep: { _ in })
            try await withService(configuration) { try await test($0, office.office, store) }
        }
    }

    static let film = #"{"rule":"films","filename":"a.mp4","type":"video/mp4","size":10}"#
}

/// What clients are told when the store behind the service does not do as S3 does.
@Suite struct BadStoreTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: HostileStore.Answer
        let code: String
        /// Where looking for the object is another matter.
        var confirming: String?
        /// Where ending the upload is.
        var ending: String?
        var patience: Duration = .seconds(60)
    }

    static let faults = [
        Fault(testDescription: "500", answer: .error(500, "InternalError"), code: "store_busy"),
        Fault(testDescription: "503", answer: .error(503, "SlowDown", headers: ["retry-after": "2"]), code: "store_busy"),
        Fault(testDescription: "403", answer: .error(403, "AccessDenied"), code: "store_refused", confirming: "object_not_found"),
        Fault(testDescription: "409", answer: .error(409, "OperationAborted"), code: "store_busy", ending: "upload_busy"),
        Fault(
            testDescription: "redirect", answer: .body("", status: 307, headers: ["location": "http://127.0.0.1:9/"]), code: "store_refused"
        ),
        Fault(testDescription: "silence", answer: .hang, code: "store_unreachable", patience: .seconds(1)),
        Fault(testDescription: "half an answer", answer: .cutOff("<InitiateMultipart"), code: "store_unreachable"),
        Fault(testDescription: "10 MB", answer: .blanks(10 << 20, status: 200), code: "store_unreachable"),
        // To HEAD it is an object of another size.
        Fault(
            testDescription: "a web page", answer: .body("<html><body>Welcome</body></html>"), code: "store_unreachable",
            confirming: "object_differs"),
    ]

    @Test(arguments: faults) func isToldForWhatItIs(fault: Fault) async throws {
        try await HostileStore.serving(patience: fault.patience, { _, _ in fault.answer }) { service, office, _ in
            let grant = try Self.grant(office)
            for (step, body) in [
                ("", HostileStore.film), ("list", #"{"grant":"\#(grant)"}"#), ("abort", #"{"grant":"\#(grant)"}"#),
                ("complete", #"{"grant":"\#(grant)","parts":[{"partNumber":1,"etag":"x"}]}"#), ("confirm", #"{"grant":"\#(grant)"}"#),
            ] {
                let answer = try await service.post(to: "/v1/uploads" + (step.isEmpty ? "" : "/\(step)"), body)
                let code = step == "confirm" ? fault.confirming : ["abort", "complete"].contains(step) ? fault.ending : nil
                #expect(answer.code == code ?? fault.code, "\(step): \(answer.text)")
                #expect(!answer.text.contains("hidden"), "\(answer.text)")
                // Whether to come back, and when.
                let comesBack = ["store_busy", "store_unreachable", "upload_busy"].contains(answer.code)
                #expect((answer.headers[.retryAfter] != nil) == comesBack, "\(step)")
            }
            #expect(try await service.send(.get, "/health/live").status == 200)
        }
    }

    /// Parts can go on arriving while an upload is aborted (AbortMultipartUpload).
    @Test func anAbortThatLeavesPartsSaysSo() async throws {
        let part = "<Part><PartNumber>1</PartNumber><ETag>x</ETag><Size>1</Size></Part>"
        let respond: HostileStore.Respond = { request, _ in
            request.method == "GET" ? .body("<ListPartsResult><IsTruncated>false</IsTruncated>\(part)</ListPartsResult>") : .body("")
        }
        try await HostileStore.serving(respond) { service, office, store in
            let answer = try await service.post(to: "/v1/uploads/abort", #"{"grant":"\#(try Self.grant(office))"}"#)
            #expect(answer.status == 409 && answer.code == "upload_busy", "\(answer.text)")
            #expect(store.requests.count { $0.method == "DELETE" } == 3)
        }
    }

    /// A second try does not meet the upload any more.
    @Test func anAbortThatFailsBehindTheStoresAbortHasGivenBackItsTicket() async throws {
        let respond: HostileStore.Respond = { request, index in
            switch (request.method, request.parameter("uploadId")) {
            case ("POST", nil): .body("<InitiateMultipartUploadResult><UploadId>u\(index)</UploadId></InitiateMultipartUploadResult>")
            case ("DELETE", _): index < 3 ? .body("", status: 204) : .error(404, "NoSuchUpload")
            default: .error(403, "AccessDenied")
            }
        }
        try await HostileStore.serving(limits: UploadLimits(caller: Allowance(openUploads: 1)), respond) { service, _, _ in
            let begun = try await service.post(HostileStore.film)
            #expect(begun.status == 201, "\(begun.text)")
            let grant = try #require(begun.json()["grant"] as? String)
            #expect(try await service.post(HostileStore.film).code == "too_many_open_uploads")
            #expect(try await service.post(to: "/v1/uploads/abort", #"{"grant":"\#(grant)"}"#).code == "store_refused")
            #expect(try await service.post(to: "/v1/uploads/abort", #"{"grant":"\#(grant)"}"#).status == 204)
            #expect(try await service.post(HostileStore.film).status == 201)
        }
    }

    @Test func aBatchDoesNotAskAgainAndAgain() async throws {
        let batch = #"{"uploads":[\#(Array(repeating: HostileStore.film, count: 50).joined(separator: ","))]}"#
        try await HostileStore.serving({ _, _ in .error(503, "SlowDown") }) { service, _, store in
            let answer = try await service.post(to: "/v1/uploads/batch", batch)
            let codes = try #require(try answer.json()["tickets"] as? [[String: Any]]).map { $0["code"] as? String }
            #expect(codes == Array(repeating: "store_busy", count: 50))
            #expect(store.requests.count == 2)
        }
    }

    private static func grant(_ office: TicketOffice) throws -> String {
        var random: any RandomNumberGenerator = SeededGenerator(seed: 1)
        let request = UploadRequest(rule: "films", filename: "a.mp4", size: 10, type: "video/mp4")
        let start = try office.begin(
            request, to: Caller(name: "web-backend", environment: "staging"), at: Fixture.now, using: &random)
        return try office.ticket(
            for: start, uploadID: "u", with: HostileStore.credentials, at: Fixture.now, using: &random
        ).grant
    }
}
