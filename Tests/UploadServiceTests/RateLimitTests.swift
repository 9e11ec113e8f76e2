import HTTPTypes
import Hummingbird
import Libcrypto
import S3Signing
import Settings
import SigV4
import Synchronization
import Testing
import Uploads

@testable import UploadService

/// Limits as clients meet them: 429, Retry-After, RateLimit.
@Suite struct RateLimitTests {
    /// The fixture's service with other limits for staging.
    private func configuration(_ limits: UploadLimits, uptime: TestUptime = TestUptime()) throws -> UploadServiceConfiguration {
        var configuration = try Fixture.configuration()
        configuration.offices = try configuration.offices.map { office in
            guard office.environment.name == "staging" else { return office }
            let plain = office.environment
            let limited = try Uploads.Environment(
                name: plain.name, location: plain.location, provider: plain.provider, allowedOrigins: plain.allowedOrigins,
                rules: plain.rules, limits: limits)
            return SigningOffice(environment: limited, sealingKeys: Fixture.sealingKeys, credentials: Fixture.credentials["staging"]!)
        }
        configuration.limitStore = LimitsInMemory(clock: { uptime.now })
        let seeds = Atomic<UInt64>(1)
        configuration.makeRandom = { SeededGenerator(seed: seeds.add(1, ordering: .relaxed).newValue) }
        return configuration
    }

    @Test func aCallerThatAsksTooOftenIsToldWhenToComeBack() async throws {
        let uptime = TestUptime()
        let limits = UploadLimits(caller: Allowance(requests: RequestRate(perSecond: 2, burst: 3)))
        try await withService(configuration(limits, uptime: uptime)) { service in
            for left in [2, 1, 0] {
                let answer = try await service.post(Body.avatar)
                #expect(answer.status == 201)
                #expect(answer.headers[.rateLimitPolicy] == #""caller-requests";q=3;w=2"#)
                #expect(answer.headers[.rateLimit]?.hasPrefix("\"caller-requests\";r=\(left);t=") == true)
            }
            let refused = try await service.post(Body.avatar)
            #expect(refused.status == 429 && refused.code == "too_many_requests")
            #expect(refused.headers[.retryAfter] == "1" && refused.headers[.rateLimit] == #""caller-requests";r=0;t=2"#)
            #expect(try refused.json()["retryAfterSeconds"] as? Int == 1)
            // Every route that knows a caller counts, and no other does.
            #expect(try await service.send(.get, "/v1/rules", [.xAPIKey: Fixture.stagingKey]).status == 429)
            #expect(try await service.send(.get, "/health/live").status == 200)
            #expect(try await service.post(key: Fixture.productionKey, Body.avatar).status == 201)
            uptime.advance(by: .seconds(1))
            #expect(try await service.post(Body.avatar).status == 201)
        }
    }

    @Test func guessingKeysIsCountedByAddress() async throws {
        var configuration = try configuration(UploadLimits())
        configuration.limits.addressRequests = RequestRate(perSecond: 1, burst: 5)
        configuration.limits.trustedHops = 1
        try await withService(configuration) { service in
            for _ in 0..<5 {
                #expect(try await service.post(key: "csk_guess", headers: [.xForwardedFor: "198.51.100.1"], Body.avatar).status == 401)
            }
            let refused = try await service.post(headers: [.xForwardedFor: "6.6.6.6, 198.51.100.1"], Body.avatar)
            #expect(refused.status == 429 && refused.code == "too_many_requests" && refused.headers[.retryAfter] == "1")
            #expect(refused.text.contains("This address"))
            #expect(try await service.post(headers: [.xForwardedFor: "198.51.100.1, 198.51.100.2"], Body.avatar).status == 201)
        }
    }

    @Test func openUploadsAreBoundedPerCallerAndTogether() async throws {
        let limits = UploadLimits(caller: Allowance(openUploads: 2), environment: Allowance(bytesPerDay: 10_000_000))
        try await withService(configuration(limits)) { service in
            for left in [1, 0] {
                let answer = try await service.post(Body.avatar)
                #expect(answer.status == 201)
                // What all of the environment have together is nobody's business.
                #expect(answer.headers[.rateLimit] == "\"caller-uploads\";r=\(left)")
                #expect(answer.headers[.rateLimitPolicy] == #""caller-uploads";q=2;qu="uploads""#)
            }
            #expect(try await service.send(.get, "/metrics").text.contains("\ncountersign_open_uploads 2"))
            let refused = try await service.post(Body.avatar)
            #expect(refused.status == 429 && refused.code == "too_many_open_uploads" && refused.headers[.retryAfter] == "30")
            // A refused request is no ticket, whatever else is right about it.
            #expect(try refused.json()["url"] == nil)
        }
    }

    @Test func bytesOfADayAreReservedAsMuchAsATicketAllows() async throws {
        let limits = UploadLimits(caller: Allowance(bytesPerDay: 5_000_000), environment: Allowance(bytesPerDay: 5_000_000))
        try await withService(configuration(limits)) { service in
            // Without a size the form takes up to 2,000,000 bytes.
            let form = #"{"rule":"attachments","filename":"a.gif","type":"image/gif"}"#
            for left in [3_000_000, 1_000_000] {
                let answer = try await service.post(form)
                #expect(answer.headers[.rateLimit] == "\"caller-bytes\";r=\(left);t=43200", "\(answer.text)")
            }
            let refused = try await service.post(form)
            #expect(refused.status == 429 && refused.code == "daily_bytes_exhausted" && refused.headers[.retryAfter] == "43200")
            #expect(refused.text.contains("wait for midnight (UTC)"))
            #expect(try await service.post(Body.avatar).status == 201)
        }
    }

    @Test func aBatchGetsWhatIsLeft() async throws {
        let limits = UploadLimits(caller: Allowance(openUploads: 3))
        try await withService(configuration(limits)) { service in
            let batch = "{\"uploads\":[\(Array(repeating: Body.avatar, count: 5).joined(separator: ","))]}"
            let answer = try await service.post(to: "/v1/uploads/batch", batch)
            #expect(answer.status == 200)
            let tickets = try #require(try answer.json()["tickets"] as? [[String: Any]])
            #expect(tickets.map { $0["code"] as? String } == [nil, nil, nil, "too_many_open_uploads", "too_many_open_uploads"])
            #expect(tickets[4]["retryAfterSeconds"] as? Int == 30 && tickets[4]["status"] as? Int == 429)
            #expect(answer.headers[.rateLimit] == #""caller-uploads";r=0"#)
        }
    }

    @Test func confirmingSettlesAndAbortingGivesBack() async throws {
        let limits = UploadLimits(caller: Allowance(openUploads: 2, bytesPerDay: 1 << 30))
        try await StepDesk.run(change: { $0.limit(limits) }) { desk in
            let single = try await desk.ticket("single", size: 10)
            let parts = try await desk.ticket("videos", size: 10)
            #expect(try await desk.one.post(StepDesk.body("single", size: 1)).code == "too_many_open_uploads")
            // What is not there settles nothing.
            #expect(try await desk.one.post(to: "/v1/uploads/confirm", #"{"grant":"\#(single.grant)"}"#).status == 404)
            #expect(try await desk.one.post(StepDesk.body("single", size: 1)).status == 429)

            #expect(try await desk.bucket.send(single, Array("0123456789".utf8)) != nil)
            #expect(try await desk.one.post(to: "/v1/uploads/confirm", #"{"grant":"\#(single.grant)"}"#).status == 200)
            #expect(try await desk.one.post(to: "/v1/uploads/abort", #"{"grant":"\#(parts.grant)"}"#).status == 204)
            let answer = try await desk.one.post(StepDesk.body("forms", size: nil, method: "POST"))
            #expect(answer.status == 201)
            let left = (1 << 30) - 10 - (6 << 20)
            #expect(answer.headers[.rateLimit]?.hasPrefix("\"caller-uploads\";r=1, \"caller-bytes\";r=\(left);t=") == true)
        }
    }

    @Test func aStoreThatFailsReservesNothing() async throws {
        let gone = try S3Location(
            endpoint: Endpoint(baseURL: "http://127.0.0.1:1", region: "us-east-1"), bucket: BucketName("gone"), style: .path)
        let change: @Sendable (inout UploadServiceConfiguration) -> Void = { configuration in
            configuration.limit(UploadLimits(caller: Allowance(openUploads: 1)))
            configuration.offices = configuration.offices.map { office in
                let environment = office.environment.replacing(location: gone, publicBaseURL: nil, allowedOrigins: [])
                return SigningOffice(environment: environment, sealingKeys: Fixture.sealingKeys, credentials: TestStore.credentials)
            }
        }
        try await StepDesk.run(change: change) { desk in
            for _ in 0..<3 {
                let refused = try await desk.one.post(StepDesk.body("videos", size: 10))
                #expect(refused.code == "store_unreachable")
            }
            let single = try await desk.one.post(StepDesk.body("single", size: 10))
            #expect(single.status == 201)
        }
    }

    @Test func whatCanBeUsedAgainStaysCounted() async throws {
        let limits = UploadLimits(caller: Allowance(openUploads: 9, bytesPerDay: 200 << 20))
        try await StepDesk.run(change: { $0.limit(limits) }) { desk in
            func left() async throws -> Int {
                let answer = try await desk.one.post(StepDesk.body("single", size: 1))
                let left = try #require(answer.headers[.rateLimit]?.firstMatch(of: /"caller-bytes";r=(\d+)/)?.1)
                return try #require(Int(left))
            }
            let before = try await left()
            // A form without a size: confirmed with one byte, it can be sent again with more.
            let form = try await desk.ticket("forms", size: nil, method: "POST")
            let key = try #require(form["key"] as? String)
            #expect(try await desk.bucket.own(.put, key, headers: ["content-type": "video/mp4"], [0]).status == 200)
            let confirmed = try await desk.one.post(to: "/v1/uploads/confirm", #"{"grant":"\#(form.grant)"}"#)
            #expect(confirmed.status == 200, "\(confirmed.text)")
            #expect(try await left() == before - (6 << 20) - 1)
        }
    }

    @Test func anAbortOfWhatIsStoredGivesNothingBack() async throws {
        let limits = UploadLimits(caller: Allowance(openUploads: 1))
        try await StepDesk.run(change: { $0.limit(limits) }) { desk in
            let ticket = try await desk.ticket("videos", size: 10)
            let parts = try await desk.send(Array("0123456789".utf8), ticket)
            // Completed behind the service's back, as by a request that overtakes the abort.
            let key = try #require(ticket["key"] as? String)
            try await desk.completeAside(key, parts)
            #expect(try await desk.one.post(to: "/v1/uploads/abort", #"{"grant":"\#(ticket.grant)"}"#).status == 204)
            #expect(try await desk.one.post(StepDesk.body("single", size: 1)).status == 429)
            #expect(try await desk.one.post(to: "/v1/uploads/confirm", #"{"grant":"\#(ticket.grant)"}"#).status == 200)
            #expect(try await desk.one.post(StepDesk.body("single", size: 1)).status == 201)
        }
    }

    @Test func addressesAreCountedWithTheirUploadsToo() async throws {
        var configuration = try configuration(UploadLimits(address: Allowance(openUploads: 1)))
        configuration.limits.trustedHops = 1
        let log = LogLines()
        try await withService(configuration, logger: log.logger()) { service in
            #expect(try await service.post(headers: [.xForwardedFor: "198.51.100.1"], Body.avatar).status == 201)
            let refused = try await service.post(headers: [.xForwardedFor: "198.51.100.1"], Body.avatar)
            #expect(refused.code == "too_many_open_uploads" && refused.headers[.rateLimit] == #""address-uploads";r=0"#)
            #expect(try await service.post(headers: [.xForwardedFor: "198.51.100.2"], Body.avatar).status == 201)
        }
        #expect(log.all.count { $0.contains("address-uploads") } == 1)
    }

    @Test func aFailingStoreTakesNoBudget() async throws {
        let gone = try S3Location(
            endpoint: Endpoint(baseURL: "http://127.0.0.1:1", region: "us-east-1"), bucket: BucketName("gone"), style: .path)
        let change: @Sendable (inout UploadServiceConfiguration) -> Void = { configuration in
            configuration.offices = configuration.offices.map { office in
                let environment = office.environment.replacing(
                    location: gone, publicBaseURL: nil, allowedOrigins: office.environment.allowedOrigins)
                return SigningOffice(environment: environment, sealingKeys: Fixture.sealingKeys, credentials: TestStore.credentials)
            }
        }
        try await StepDesk.run(change: change) { desk in
            let body = #"{"rule":"videos","origin":"\#(StepDesk.origin)","bytes":1000}"#
            let token = try #require(try await desk.one.post(to: "/v1/tokens", body).json()["token"] as? String)
            for _ in 0..<3 {
                let refused = try await desk.one.post(
                    key: token, headers: [.origin: StepDesk.origin], StepDesk.body("videos", size: 1000))
                #expect(refused.code == "store_unreachable")
            }
        }
    }

    @Test func aProxyThatNobodyToldOfIsHintedAtOnce() async throws {
        var configuration = try Fixture.configuration()
        configuration.limits.addressRequests = RequestRate(perSecond: 100)
        let log = LogLines()
        try await withService(configuration, logger: log.logger()) { service in
            for _ in 0..<3 {
                let answer = try await service.post(headers: [.xForwardedFor: "198.51.100.1"], Body.avatar)
                #expect(answer.status == 201)
            }
        }
        #expect(log.all.count { $0.contains("COUNTERSIGN_TRUSTED_HOPS") } == 1)
    }

    @Test func aRefusedBudgetReservesNothing() async throws {
        var configuration = try configuration(UploadLimits(caller: Allowance(openUploads: 1)))
        configuration.scopedTokens = ScopedTokens(secrets: [Scopes.secret])
        try await withService(configuration) { service in
            let body = #"{"rule":"avatars","origin":"https://staging.example.com","bytes":100}"#
            let token = try #require(try await service.post(to: "/v1/tokens", body).json()["token"] as? String)
            func ask(_ size: Int) async throws -> Answer {
                try await service.post(
                    key: token, headers: [.origin: Fixture.stagingOrigin],
                    #"{"rule":"avatars","filename":"a.png","size":\#(size),"type":"image/png"}"#)
            }
            #expect(try await ask(101).code == "byte_budget_exhausted")
            #expect(try await ask(100).status == 201)
            #expect(try await ask(0).code == "too_small")
        }
    }

    @Test func pagesMayReadWhatIsLeft() async throws {
        let limits = UploadLimits(caller: Allowance(openUploads: 2))
        try await withService(configuration(limits)) { service in
            let answer = try await service.post(headers: [.origin: Fixture.stagingOrigin], Body.avatar)
            let exposed = try #require(answer.headers[.accessControlExposeHeaders])
            #expect(exposed.contains("RateLimit,") && exposed.contains("RateLimit-Policy") && exposed.contains("Retry-After"))
        }
    }
}

/// A clock of uptime that goes when it is told to.
final class TestUptime: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) { instant.withLock { $0 += duration } }
}

extension UploadServiceConfiguration {
    /// The same environments with limits. One process of the test counts for both of its instances.
    mutating func limit(_ limits: UploadLimits, credentials: Credentials = TestStore.credentials) {
        offices = offices.map { office in
            let plain = office.environment
            let limited = try! Uploads.Environment(
                name: plain.name, location: plain.location, provider: plain.provider, allowedOrigins: plain.allowedOrigins,
                allowsDownloads: plain.allowsDownloads, rules: plain.rules, limits: limits)
            return SigningOffice(environment: limited, sealingKeys: Fixture.sealingKeys, credentials: credentials)
        }
    }
}
