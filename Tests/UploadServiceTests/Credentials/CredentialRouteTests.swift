import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Libcrypto
import S3Signing
import SigV4
import Testing
import Uploads

@testable import UploadService

/// What clients and operators see of credentials that end.
@Suite struct CredentialRouteTests {
    /// A service whose staging signs with what `fetcher` gives, at `clock`.
    private func configuration(_ fetcher: StubCredentials, _ clock: TestClock) throws -> (UploadServiceConfiguration, CredentialSource) {
        var configuration = try Fixture.configuration()
        let source = CredentialSource.test(fetcher, clock, metrics: configuration.metrics)
        configuration.offices[0] = SigningOffice(office: configuration.offices[0].office, credentials: source)
        configuration.clock = { clock.now }
        return (configuration, source)
    }

    private func seconds(_ url: String) -> Int? {
        url.firstRange(of: "X-Amz-Expires=").flatMap { Int(url[$0.upperBound...].prefix { $0 != "&" }) }
    }

    @Test func aTicketNeverOutlivesItsCredentials() async throws {
        let clock = TestClock()
        let fetcher = StubCredentials(.credentials(.test("ONE", clock, lives: 500)))
        let (configuration, source) = try configuration(fetcher, clock)
        await source.refreshIfDue()?.value
        fetcher.answer(.fault("away"))
        try await withService(configuration) { service in
            for (remaining, expected) in [(500, 500), (400, 400), (61, 61), (60, 60)] as [(Int64, Int)] {
                let end = try #require(source.current?.expiresAt)
                clock.advance(end.secondsSinceEpoch - clock.now.secondsSinceEpoch - remaining)
                let put = try await service.post(Body.avatar)
                #expect(put.status == 201)
                #expect(try put.json()["expiresAt"] as? String == end.iso8601)
                let url = try #require(try put.json()["url"] as? String)
                #expect(seconds(url) == expected)
                let post = try await service.post(Body.attachment).json()
                #expect(post["expiresAt"] as? String == end.iso8601)
                let policy = try #require((post["fields"] as? [String: String])?["policy"].flatMap { Base64.decode($0) })
                #expect(String(decoding: policy, as: UTF8.self).contains(#""expiration":"\#(String(end.iso8601.dropLast()))"#))
            }
            clock.advance(1)
            let late = try await service.post(Body.avatar)
            #expect(late.status == 503 && late.code == "credentials_expiring")
            #expect(late.headers[.retryAfter].flatMap { Int($0) }.map { (1...60).contains($0) } == true)
            let batch = try await service.post(to: "/v1/uploads/batch", #"{"uploads":[\#(Body.avatar)]}"#)
            #expect(batch.status == 200 && batch.text.contains("credentials_expiring"))
            let ready = try await service.send(.get, "/health/ready")
            #expect(ready.status == 503 && ready.text.contains(#""credentials":false,"failing":true,"credentialsEnd":"#))
            #expect(!ready.text.contains("away"))
            // Once there are new ones, all is well.
            fetcher.answer(.credentials(.test("TWO", clock, lives: 3600)))
            clock.advance(400)
            await source.refreshIfDue()?.value
            let again = try await service.post(Body.avatar)
            #expect(again.status == 201 && again.text.contains("TWO"))
            let url = try #require(try again.json()["url"] as? String)
            #expect(seconds(url) == 900)
            #expect(try await service.send(.get, "/health/ready").status == 200)
        }
    }

    /// The store is not even asked for an upload whose parts nobody could sign.
    @Test func anUploadInPartsNeedsCredentialsThatLast() async throws {
        let clock = TestClock()
        let fetcher = StubCredentials(.credentials(.test("ONE", clock, lives: 500)))
        var (configuration, source) = try configuration(fetcher, clock)
        await source.refreshIfDue()?.value
        fetcher.answer(.fault("away"))
        // Nobody listens there.
        let office = TicketOffice(environment: try Dialectal.environment(base: "http://127.0.0.1:9"), sealingKeys: Fixture.sealingKeys)
        configuration.offices = [SigningOffice(office: office, credentials: source)]
        configuration.store = StoreClient(clock: { clock.now }, sleep: { _ in })
        let end = try #require(source.current?.expiresAt)
        try await withService(configuration) { service in
            for (remaining, code) in [(60, "store_unreachable"), (59, "credentials_expiring")] as [(Int64, String)] {
                clock.advance(end.secondsSinceEpoch - clock.now.secondsSinceEpoch - remaining)
                let answer = try await service.post(#"{"rule":"films","filename":"a.mp4","type":"video/mp4","size":1000}"#)
                #expect(answer.code == code && answer.headers[.retryAfter] != nil, "\(answer.text)")
            }
        }
    }

    @Test func anEnvironmentWithoutCredentialsSaysWhenToComeBack() async throws {
        let clock = TestClock()
        let fetcher = StubCredentials(.fault("hidden reason"))
        let (configuration, source) = try configuration(fetcher, clock)
        await source.refreshIfDue()?.value
        try await withService(configuration) { service in
            let answer = try await service.post(Body.avatar)
            #expect(answer.status == 503 && answer.code == "environment_unavailable")
            #expect(answer.headers[.retryAfter] != nil && !answer.text.contains("hidden"))
            let other = try await service.post(key: Fixture.productionKey, Body.avatar)
            #expect(other.status == 201)
            let ready = try await service.send(.get, "/health/ready")
            #expect(ready.status == 503)
            #expect(ready.text.contains(#"{"name":"staging","rules":3,"credentials":false,"failing":true}"#))
            #expect(try await service.send(.get, "/health/live").status == 200)
            #expect(try await service.send(.get, "/metrics").text.contains(#"countersign_credentials_failing{environment="staging"} 1"#))
        }
    }

    @Test func aFailingRefreshLeavesTheServiceReady() async throws {
        let clock = TestClock()
        let fetcher = StubCredentials(.credentials(.test("ONE", clock, lives: 3600)))
        let (configuration, source) = try configuration(fetcher, clock)
        await source.refreshIfDue()?.value
        fetcher.answer(.fault("away"))
        clock.advance(2400)
        await source.refreshIfDue()?.value
        try await withService(configuration) { service in
            let ready = try await service.send(.get, "/health/ready")
            #expect(ready.status == 200 && ready.text.contains(#""credentials":true,"failing":true,"credentialsEnd":"#))
            #expect(try await service.post(Body.avatar).status == 201)
        }
    }
}
