import Libcrypto
import Logging
import ServiceLifecycle
import Settings
import SigV4
import Synchronization
import Testing
import Uploads

@testable import UploadService

/// Answers as a test says, and waits where it says so.
final class StubCredentials: CredentialFetching {
    enum Answer: Sendable {
        case credentials(SigningCredentials)
        case fault(String)
    }

    private struct State {
        var answer: Answer
        var count = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isHolding = false
    }

    private let state: Mutex<State>

    init(_ answer: Answer) { state = Mutex(State(answer: answer)) }

    var count: Int { state.withLock { $0.count } }
    func answer(_ answer: Answer) { state.withLock { $0.answer = answer } }
    func hold() { state.withLock { $0.isHolding = true } }

    func release() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.isHolding = false
            return state.waiting
        }
        waiting.forEach { $0.resume() }
    }

    func fetch(_ plan: CredentialPlan, at now: SigningTime) async throws(CredentialFault) -> SigningCredentials {
        let isHolding = state.withLock { state in
            state.count += 1
            return state.isHolding
        }
        if isHolding {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.isHolding { state.waiting.append(continuation) }
                    return !state.isHolding
                }
                if goesOn { continuation.resume() }
            }
        }
        switch state.withLock({ $0.answer }) {
        case .credentials(let credentials): return credentials
        case .fault(let message): throw CredentialFault(message)
        }
    }
}

extension SigningCredentials {
    static func test(_ id: String, _ clock: TestClock, lives seconds: Int64?) -> SigningCredentials {
        SigningCredentials(
            Credentials(accessKeyID: id, secretAccessKey: Secret("hidden-\(id)"), sessionToken: seconds.map { _ in "token-\(id)" }),
            expiresAt: seconds.map { clock.now.adding(seconds: $0) })
    }
}

extension CredentialSource {
    static func test(
        _ fetcher: any CredentialFetching, _ clock: TestClock, environment: String = "staging", keys: AccessKeys = AccessKeys(),
        metrics: PrometheusMetrics = UploadServiceConfiguration.makeMetrics(), log: LogLines = LogLines(),
        settings: AWSSettings = AWSSettings(variables: ["HOME": "/nowhere"])
    ) -> CredentialSource {
        CredentialSource(
            environment: environment, settings: settings, keys: keys, fetcher: fetcher, clock: { clock.now },
            makeRandom: { SeededGenerator(seed: 3) }, metrics: metrics, logger: log.logger())
    }
}

private final class LockedText: Sendable {
    private let text: Mutex<String>

    init(_ text: String) { self.text = Mutex(text) }

    var value: String { text.withLock { $0 } }
    func set(_ value: String) { text.withLock { $0 = value } }
}

/// When an environment's credentials are fetched, kept and told about.
@Suite struct CredentialSourceTests {
    @Test func refreshesAheadOfTheEndAndNobodyWaits() async throws {
        let clock = TestClock()
        let fetcher = StubCredentials(.credentials(.test("ONE", clock, lives: 3600)))
        let source = CredentialSource.test(fetcher, clock)
        #expect(source.current == nil)
        await source.refreshIfDue()?.value
        let one = try #require(source.current)
        #expect(one.credentials.accessKeyID == "ONE" && fetcher.count == 1)
        clock.advance(2399)
        #expect(source.refreshIfDue() == nil && fetcher.count == 1)
        clock.advance(1)
        fetcher.answer(.credentials(.test("TWO", clock, lives: 3600)))
        fetcher.hold()
        let flight = try #require(source.refreshIfDue())
        // The fetch hangs, and the old ones sign on.
        #expect(source.current == one)
        fetcher.release()
        await flight.value
        #expect(source.current?.credentials.accessKeyID == "TWO" && fetcher.count == 2)
    }

    @Test func manyAtOnceFetchOnce() async {
        let clock = TestClock()
        let fetcher = StubCredentials(.credentials(.test("ONE", clock, lives: 3600)))
        let source = CredentialSource.test(fetcher, clock)
        fetcher.hold()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { await source.refreshIfDue()?.value } }
            while fetcher.count == 0 { await Task.yield() }
            fetcher.release()
        }
        #expect(fetcher.count == 1 && source.current != nil)
    }

    @Test func aFailingRefreshKeepsTheOldOnesAndComesLessOften() async throws {
        let clock = TestClock()
        let (log, metrics) = (LogLines(), UploadServiceConfiguration.makeMetrics())
        let fetcher = StubCredentials(.credentials(.test("ONE", clock, lives: 3600)))
        let source = CredentialSource.test(fetcher, clock, metrics: metrics, log: log)
        await source.refreshIfDue()?.value
        fetcher.answer(.fault("STS answers 503"))
        clock.advance(2400)
        for _ in 0..<1199 {
            await source.refreshIfDue()?.value
            clock.advance(1)
            #expect(source.current?.credentials.accessKeyID == "ONE")
        }
        // Pauses of 2, 4, 8, … 300 seconds, each from its upper half.
        #expect((8...16).contains(fetcher.count), "\(fetcher.count)")
        #expect(source.fault == "STS answers 503")
        #expect(log.text.contains("STS answers 503") && log.text.contains("those from before, for 1200 seconds"))
        let counted = metrics.text()
        #expect(counted.contains(#"countersign_credentials_failing{environment="staging"} 1"#))
        #expect(counted.contains(#"countersign_credential_refreshes_total{environment="staging",outcome="loaded"} 1"#))
        #expect(counted.contains(#"countersign_credential_refreshes_total{environment="staging",outcome="failed"} \#(fetcher.count - 1)"#))
        clock.advance(300)
        fetcher.answer(.credentials(.test("TWO", clock, lives: 3600)))
        await source.refreshIfDue()?.value
        #expect(source.fault == nil && source.current?.credentials.accessKeyID == "TWO")
        #expect(metrics.text().contains(#"countersign_credentials_failing{environment="staging"} 0"#))
        let end = clock.now.secondsSinceEpoch + 3600
        #expect(metrics.text().contains(#"countersign_credential_expiry_timestamp_seconds{environment="staging"} \#(Double(end))"#))
        #expect(!log.text.contains("hidden") && !log.text.contains("token-"))
    }

    @Test func theSameCredentialsOnceMoreAreAskedForEachMinute() async {
        let clock = TestClock()
        let same = SigningCredentials.test("ONE", clock, lives: 21_600)
        let fetcher = StubCredentials(.credentials(same))
        let source = CredentialSource.test(fetcher, clock)
        await source.refreshIfDue()?.value
        clock.advance(20_400)
        for expected in 2...5 {
            await source.refreshIfDue()?.value
            #expect(fetcher.count == expected)
            clock.advance(59)
            #expect(source.refreshIfDue() == nil)
            clock.advance(1)
        }
        #expect(source.fault == nil)
    }

    @Test(
        arguments: [
            (21_600, 20_400), (3600, 2400), (900, 600), (60, 40), (1, 1), (3, 2),
        ] as [(Int64, Int64)])
    func theRefreshIsDueWithAThirdOfTheLifeLeft(lives: Int64, after: Int64) {
        #expect(CredentialSource.refreshAfter(remainingSeconds: lives, isNew: true) == after)
    }

    @Test(arguments: [(3600, 60), (61, 60), (60, 60), (59, 59), (5, 5), (1, 1), (0, 1), (-5, 1)] as [(Int64, Int64)])
    func theSameOnesAreAskedForAgainBeforeTheyEnd(lives: Int64, after: Int64) {
        #expect(CredentialSource.refreshAfter(remainingSeconds: lives, isNew: false) == after)
    }

    @Test func keysThatStayAreFetchedOnce() async {
        let clock = TestClock()
        let fetcher = StubCredentials(.credentials(.test("ONE", clock, lives: nil)))
        let source = CredentialSource.test(fetcher, clock)
        await source.refreshIfDue()?.value
        clock.advance(1_000_000)
        #expect(source.refreshIfDue() == nil && fetcher.count == 1)
    }

    @Test func whatHasEndedAlreadyIsNotTaken() async {
        let clock = TestClock()
        let source = CredentialSource.test(StubCredentials(.credentials(.test("ONE", clock, lives: 0))), clock)
        await source.refreshIfDue()?.value
        #expect(source.current == nil && source.fault?.contains("have ended already") == true)
    }

    @Test func noEnvironmentSignsWithAnothersKey() async {
        let (clock, keys) = (TestClock(), AccessKeys())
        let fetcher = StubCredentials(.credentials(.test("SHARED", clock, lives: 3600)))
        let staging = CredentialSource.test(fetcher, clock, environment: "staging", keys: keys)
        let production = CredentialSource.test(fetcher, clock, environment: "production", keys: keys)
        await staging.refreshIfDue()?.value
        await production.refreshIfDue()?.value
        #expect(staging.current != nil && production.current == nil)
        #expect(production.fault == "the access key that came is that of staging as well; give each environment its own")
        fetcher.answer(.credentials(.test("OTHER", clock, lives: 3600)))
        clock.advance(10)
        await production.refreshIfDue()?.value
        #expect(production.current?.credentials.accessKeyID == "OTHER" && production.fault == nil)
    }

    @Test func aFileThatBreaksLaterShowsAsAFault() async {
        let clock = TestClock()
        let text = LockedText("[default]\ncredential_process = p")
        let settings = AWSSettings(variables: ["HOME": "/h"]) { path throws(AWSSettingsError) in
            path == "/h/.aws/config" ? Array(text.value.utf8) : nil
        }
        let source = CredentialSource.test(StubCredentials(.credentials(.test("ONE", clock, lives: 600))), clock, settings: settings)
        await source.refreshIfDue()?.value
        #expect(source.current != nil)
        text.set("[default")
        clock.advance(400)
        await source.refreshIfDue()?.value
        #expect(source.current != nil && source.fault?.hasPrefix("/h/.aws/config:1: ") == true)
    }

    /// Runs as the service runs it: nobody asks, and the credentials come, and come again.
    @Test func theServiceRefreshesByItself() async throws {
        let clock = TestClock()
        let fetcher = StubCredentials(.credentials(.test("ONE", clock, lives: 3600)))
        let source = CredentialSource.test(fetcher, clock)
        let group = serviceGroup([CredentialRefresher([source])], logger: LogLines().logger())
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for _ in 0..<600 where source.current == nil { try await Task.sleep(for: .milliseconds(100)) }
            fetcher.answer(.credentials(.test("TWO", clock, lives: 7200)))
            clock.advance(2400)
            for _ in 0..<600 where fetcher.count < 2 { try await Task.sleep(for: .milliseconds(100)) }
            #expect(fetcher.count == 2)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
