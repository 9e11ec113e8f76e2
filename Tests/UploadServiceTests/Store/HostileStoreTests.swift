import Foundation
import S3Signing
import SigV4
import Synchronization
import Testing
import Uploads

@testable import UploadService

/// Stores that answer as they should not: each a fault of its kind, tried again where that helps, and nothing left afterwards.
@Suite struct HostileStoreTests {
    private static let created = StoreClientTests.created
    private static let completed = StoreClientTests.completed

    // MARK: - Tries

    @Test(
        arguments: [
            .error(500, "InternalError"), .error(503, "SlowDown"), .error(429, "TooManyRequests"), .error(400, "RequestTimeout"),
            .body("<html><body>Bad gateway</body></html>", status: 502), .body("", status: 504), .blanks(10 << 20, status: 500),
            .error(200, "InternalError"), .cutOff("<?xml version=\"1.0\"?><Compl"),
        ] as [HostileStore.Answer])
    func triesAgain(_ answer: HostileStore.Answer) async throws {
        try await HostileStore.run({ _, index in index == 0 ? answer : .body(Self.completed) }) { asker, store in
            let stored = try await asker.complete()
            #expect(stored.afterRetry)
            #expect(store.requests.count == 2)
            #expect(asker.pauses.count == 1)
            #expect(store.requests[0].header("authorization") == store.requests[1].header("authorization"))
        }
    }

    @Test func givesUpAfterFourTries() async throws {
        try await HostileStore.run({ _, _ in .error(503, "SlowDown") }) { asker, store in
            let fault = await asker.fault(asker.create)
            #expect(fault == .busy(retryAfterSeconds: 5))
            #expect(store.requests.count == 4)
            let limits = [0.2, 0.4, 0.8].map { Duration.seconds($0) }
            #expect(asker.pauses.count == 3)
            for (pause, limit) in zip(asker.pauses, limits) { #expect(limit / 2 <= pause && pause <= limit) }
        }
    }

    @Test func waitsAsLongAsTheStoreWishes() async throws {
        let respond: HostileStore.Respond = { _, _ in .error(503, "SlowDown", headers: ["retry-after": "40"]) }
        try await HostileStore.run(respond) { asker, store in
            #expect(await asker.fault(asker.create) == .busy(retryAfterSeconds: 40))
            #expect(asker.pauses == Array(repeating: .seconds(40), count: 3))
            var hasty = asker.client
            hasty.plan.deadline = .seconds(30)
            let before = store.requests.count
            let (key, location) = (asker.key, asker.location)
            let client = hasty
            let fault = await asker.fault { () throws(StoreFault) in
                try await client.head(key, at: location, with: HostileStore.credentials)
            }
            #expect(fault == .busy(retryAfterSeconds: 40))
            #expect(store.requests.count == before + 1)
        }
    }

    @Test(
        arguments: [
            (.error(403, "AccessDenied"), .refused(StoreRefusal(status: 403, code: "AccessDenied", message: "No."))),
            (.error(404, "NoSuchUpload"), .noSuchUpload(afterRetry: false)), (.error(404, "NoSuchKey"), .noSuchUpload(afterRetry: false)),
            (.error(404, "NoSuchBucket"), .refused(StoreRefusal(status: 404, code: "NoSuchBucket", message: "No."))),
            (.error(412, "PreconditionFailed"), .preconditionFailed(afterRetry: false)),
            (.error(200, "PreconditionFailed"), .preconditionFailed(afterRetry: false)),
            (.body("", status: 412), .preconditionFailed(afterRetry: false)), (.error(409, "ConditionalRequestConflict"), .conflict),
            (.error(501, "NotImplemented"), .refused(StoreRefusal(status: 501, code: "NotImplemented", message: "No."))),
            (.error(200, "MalformedXML"), .refused(StoreRefusal(status: 200, code: "MalformedXML", message: "No."))),
            (
                .body("   \n  <?xml version=\"1.0\"?>\n    <Error><Code>EntityTooSmall</Code></Error>\n"),
                .refused(StoreRefusal(status: 200, code: "EntityTooSmall"))
            ),
            (.body("<html><h1>403</h1></html>", status: 403), .refused(StoreRefusal(status: 403))),
            (.blanks(10 << 20, status: 403), .refused(StoreRefusal(status: 403))),
            (
                .error(307, "TemporaryRedirect", headers: ["location": "http://127.0.0.1:9/", "x-amz-bucket-region": "eu-west-1"]),
                .refused(StoreRefusal(status: 307, code: "TemporaryRedirect", message: "No.", region: "eu-west-1"))
            ),
            (.body("<html>It works!</html>"), .unreachable("the answer does not say that the upload is complete")),
            (.body("It works!"), .unreachable("the answer is not S3's XML")),
            (.body(""), .unreachable("the answer does not say that the upload is complete")),
            (.body("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>"), .unreachable("the answer is not S3's XML")),
            (.blanks(10 << 20, status: 200), .unreachable("the answer is larger than 64 KiB")),
        ] as [(HostileStore.Answer, StoreFault)])
    func takesANoForANo(_ answer: HostileStore.Answer, _ expected: StoreFault) async throws {
        try await HostileStore.run({ _, _ in answer }) { asker, store in
            let fault = await asker.fault { () throws(StoreFault) in try await asker.complete() }
            #expect(fault == expected)
            #expect(store.requests.count == 1)
        }
    }

    /// The first try may have been carried out.
    @Test func tellsWhatCameOnlyAfterAnOwnRetry() async throws {
        for (answer, expected) in [
            (.error(412, "PreconditionFailed"), .preconditionFailed(afterRetry: true)),
            (.error(404, "NoSuchUpload"), .noSuchUpload(afterRetry: true)),
        ] as [(HostileStore.Answer, StoreFault)] {
            try await HostileStore.run({ _, index in index == 0 ? .error(500, "InternalError") : answer }) { asker, _ in
                let fault = await asker.fault { () throws(StoreFault) in try await asker.complete() }
                #expect(fault == expected)
            }
        }
    }

    @Test func anAbortThatWasCarriedOutIsNoFault() async throws {
        let respond: HostileStore.Respond = { _, index in index == 0 ? .body("", status: 500) : .error(404, "NoSuchUpload") }
        try await HostileStore.run(respond) { asker, _ in #expect(await asker.fault(asker.abort) == nil) }
        try await HostileStore.run({ _, _ in .error(404, "NoSuchUpload") }) { asker, _ in
            #expect(await asker.fault(asker.abort) == .noSuchUpload(afterRetry: false))
        }
    }

    @Test(
        arguments: [
            (404, .notFound), (403, .refused(StoreRefusal(status: 403))), (412, .preconditionFailed(afterRetry: false)),
            (301, .refused(StoreRefusal(status: 301, region: "eu-west-1"))),
        ] as [(Int, StoreFault)])
    func looksForWhatIsNotThere(_ status: Int, _ expected: StoreFault) async throws {
        let headers = status == 301 ? ["x-amz-bucket-region": "eu-west-1"] : [:]
        try await HostileStore.run({ _, _ in .body("", status: status, headers: headers) }) { asker, _ in
            #expect(await asker.fault(asker.head) == expected)
        }
    }

    // MARK: - Time

    @Test func doesNotWaitForWhoHangs() async throws {
        try await HostileStore.run({ _, _ in .hang }) { asker, store in
            var client = asker.client
            client.plan = RetryPlan(tries: 2, tryDeadline: .milliseconds(300), deadline: .seconds(60))
            let (hasty, key, location) = (client, asker.key, asker.location)
            let fault = await asker.fault { () throws(StoreFault) in
                try await hasty.createMultipartUpload(key, headers: [], at: location, with: HostileStore.credentials)
            }
            #expect(fault == .unreachable("the answer did not come within 1 seconds"))
            #expect(store.requests.count == 2)
        }
    }

    @Test func stopsWhenNobodyWaits() async throws {
        try await HostileStore.run({ _, _ in .hang }) { asker, store in
            let task = Task { await asker.fault(asker.create) }
            while store.requests.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(store.requests.count == 1)
        }
    }

    @Test func saysThatNobodyAnswers() async throws {
        try await HostileStore.run({ _, _ in .hang }) { asker, store in
            // Port 9 is discard's: privileged, so that no test has it.
            let endpoint = try Endpoint(baseURL: "http://127.0.0.1:9", region: "us-east-1")
            let location = try S3Location(endpoint: endpoint, bucket: BucketName("examplebucket"))
            let fault = await asker.fault { () throws(StoreFault) in
                try await asker.client.head(asker.key, at: location, with: HostileStore.credentials)
            }
            #expect(fault == .unreachable("the request failed: Connection refused"))
            #expect(asker.pauses.count == 3)
        }
    }

    @Test func manyAtOnceShareAFewConnections() async throws {
        let respond: HostileStore.Respond = { _, index in
            switch index % 5 {
            case 0: .error(500, "InternalError")
            case 1: .cutOff("<")
            case 2: .blanks(1 << 20, status: 503)
            default: .body(Self.created)
            }
        }
        try await HostileStore.run(respond) { asker, store in
            await withTaskGroup(of: StoreFault?.self) { group in
                for _ in 0..<200 { group.addTask { await asker.fault(asker.create) } }
                for await fault in group {
                    switch fault {
                    case nil, .busy?, .unreachable?: break
                    case let other: #expect(other == nil)
                    }
                }
            }
            let counts = store.counts.withLock { $0 }
            #expect(counts.requests.count >= 200)
            #expect(counts.openConnections <= 32)
        }
    }

    // MARK: - Pages

    @Test(arguments: [
        (StoreClientTests.page(1...1000, isTruncated: true), "the list of parts goes round in circles"),
        (
            "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>0</NextPartNumberMarker></ListPartsResult>",
            "the list of parts does not end"
        ), ("<ListPartsResult><Part><PartNumber>1</PartNumber>", "the answer is not S3's XML"),
        ("<ListPartsResult><Part><PartNumber>x</PartNumber></Part></ListPartsResult>", "has one without number"),
        ("<ListPartsResult><Part><PartNumber>10001</PartNumber><ETag>a</ETag><Size>1</Size></Part></ListPartsResult>", "has one without"),
        ("<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>a</ETag><Size>-1</Size></Part></ListPartsResult>", "has one without"),
        ("<ListBucketResult/>", "the answer is no list of parts"), ("", "the answer is no list of parts"),
    ])
    func refusesPagesThatLeadNowhere(_ page: String, _ says: String) async throws {
        try await HostileStore.run({ _, _ in .body(page) }) { asker, store in
            let fault = await asker.fault(asker.parts)
            guard case .unreachable(let reason) = fault else { return #expect(fault == nil) }
            #expect(reason.contains(says), "\(reason)")
            #expect(store.requests.count <= 2)
        }
    }

    @Test func refusesAPageThatIsTooLarge() async throws {
        try await HostileStore.run({ _, _ in .blanks(3 << 20, status: 200) }) { asker, _ in
            #expect(await asker.fault(asker.parts) == .unreachable("the answer is larger than 2 MiB"))
        }
    }

    @Test func doesNotFollowPagesForEver() async throws {
        let respond: HostileStore.Respond = { request, _ in
            let next = (request.parameter("part-number-marker").flatMap { Int($0) } ?? 0) + 1
            return .body(StoreClientTests.page(next...next, isTruncated: true))
        }
        try await HostileStore.run(respond) { asker, store in
            #expect(await asker.fault(asker.parts) == .unreachable("the list of parts does not end"))
            #expect(store.requests.count == 100)
        }
    }

    @Test(arguments: ["", "<InitiateMultipartUploadResult/>", "<R><UploadId>a\u{7F}b</UploadId></R>", "<R><UploadId></UploadId></R>"])
    func refusesAnUploadWithoutId(_ answer: String) async throws {
        try await HostileStore.run({ _, _ in .body(answer) }) { asker, _ in
            #expect(await asker.fault(asker.create) == .unreachable("the answer has no upload id"))
        }
    }

    // MARK: - Secrets

    @Test func faultsKeepSecretsAndControlCharactersBack() async throws {
        let respond: HostileStore.Respond = { request, _ in
            let signature = String(request.header("authorization")?.suffix(64) ?? "")
            return switch request.method {
            case "POST": .error(403, "SignatureDoesNotMatch", "it was \(signature)")
            case "DELETE": .error(403, "InvalidToken", "it was \(request.header("x-amz-security-token") ?? "")")
            default: .error(403, "a b\u{1B}[31m", "line&#10;one\u{1B}[31m&#x202E;" + String(repeating: "x", count: 5000))
            }
        }
        try await HostileStore.run(respond) { asker, _ in
            #expect(await asker.fault(asker.create) == .refused(StoreRefusal(status: 403, code: "SignatureDoesNotMatch")))
            #expect(await asker.fault(asker.abort) == .refused(StoreRefusal(status: 403, code: "InvalidToken")))
            let long = try #require(await asker.fault(asker.parts))
            #expect(long.description.hasPrefix("the store answers 403: line one?[31m?xxx"))
            #expect(long.description.utf8.count < 340)
        }
    }
}
