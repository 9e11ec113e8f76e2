import HTTPTypes
import HummingbirdTesting
import S3Signing
import SigV4
import Testing

/// Ranges and conditions.
@Suite struct ConditionTests {
    @Test(arguments: [
        ("bytes=0-3", "0123", "bytes 0-3/10"), ("bytes=4-", "456789", "bytes 4-9/10"), ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=-100", "0123456789", "bytes 0-9/10"), ("bytes=8-100", "89", "bytes 8-9/10"), ("bytes=9-9", "9", "bytes 9-9/10"),
        ("BYTES=0-0", "0", "bytes 0-0/10"), ("bytes=0-99999999999999999999999", "0123456789", "bytes 0-9/10"),
    ])
    func aRangeIsServed(range: String, text: String, contentRange: String) async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "0123456789")
            let get = try await bucket.send(.get, "k", headers: [("range", range)])
            #expect(get.status == .partialContent)
            #expect(get.text == text)
            #expect(get.headers[.contentRange] == contentRange)
            #expect(get.headers[.contentLength] == "\(text.utf8.count)")
        }
    }

    @Test(arguments: ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999-"])
    func aRangeBeyondTheObjectIsRefused(range: String) async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "0123456789")
            let get = try await bucket.send(.get, "k", headers: [("range", range)])
            #expect(get.refusal == "416 InvalidRange")
            #expect(get.element("RangeRequested") == range)
            #expect(get.element("ActualObjectSize") == "10")
        }
    }

    @Test(arguments: ["bytes=3-2", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=", "bytes=-", "bytes=1", "bytes=0x1-2"])
    func whatIsNoSingleRangeIsIgnored(range: String) async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "0123456789")
            let get = try await bucket.send(.get, "k", headers: [("range", range)])
            #expect(get.status == .ok)
            #expect(get.text == "0123456789")
        }
    }

    @Test func anEmptyObjectHasNoRange() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "")
            #expect(try await bucket.send(.get, "k").status == .ok)
            #expect(try await bucket.send(.get, "k", headers: [("range", "bytes=0-")]).refusal == "416 InvalidRange")
            #expect(try await bucket.send(.get, "k", headers: [("range", "bytes=-1")]).refusal == "416 InvalidRange")
        }
    }

    private static let etag = "\"781e5e245d69b566979b86e28d23f2c7\""  // of 0123456789

    @Test(arguments: [
        ([("if-match", etag)], 200), ([("if-match", "\"other\"")], 412), ([("if-match", "*")], 200),
        ([("if-match", "\"other\", \(etag)")], 200),
        ([("if-none-match", etag)], 304), ([("if-none-match", "W/\(etag)")], 304), ([("if-none-match", "\"other\"")], 200),
        ([("if-none-match", "*")], 304),
        ([("if-modified-since", "Thu, 02 Jan 2025 03:04:05 GMT")], 304), ([("if-modified-since", "Thu, 02 Jan 2025 03:04:04 GMT")], 200),
        ([("if-modified-since", "Fri, 02 Jan 2026 03:04:05 GMT")], 200), ([("if-modified-since", "yesterday")], 200),
        ([("if-unmodified-since", "Thu, 02 Jan 2025 03:04:05 GMT")], 200),
        ([("if-unmodified-since", "Thu, 02 Jan 2025 03:04:04 GMT")], 412),
        ([("if-match", etag), ("if-unmodified-since", "Wed, 01 Jan 2020 00:00:00 GMT")], 200),
        ([("if-none-match", "\"other\""), ("if-modified-since", "Thu, 02 Jan 2025 03:04:05 GMT")], 200),
        ([("if-none-match", etag), ("range", "bytes=0-1")], 304),
        ([("if-range", etag), ("range", "bytes=0-1")], 206), ([("if-range", "\"other\""), ("range", "bytes=0-1")], 200),
        ([("if-range", "Thu, 02 Jan 2025 03:04:05 GMT"), ("range", "bytes=0-1")], 206),
    ])
    func readingUnderConditions(headers: [(String, String)], status: Int) async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", body: "0123456789")
            for method in [S3Method.get, .head] {
                let answer = try await bucket.send(method, "k", headers: headers)
                #expect(answer.status.code == status)
                if status == 304 {
                    #expect(answer.text == "")
                    #expect(answer.headers[.eTag] == Self.etag)
                }
            }
            if status == 412 {
                #expect(try await bucket.send(.get, "k", headers: headers).refusal == "412 PreconditionFailed")
            }
        }
    }

    @Test func onceIsOnce() async throws {
        try await withBucket { bucket async throws in
            let once = [("if-none-match", "*")]
            #expect(try await bucket.presigned(.put, "k", headers: once, body: "first").status == .ok)
            let second = try await bucket.presigned(.put, "k", headers: once, body: "second")
            #expect(second.refusal == "412 PreconditionFailed")
            #expect(second.element("Condition") == "If-None-Match")
            #expect(try await bucket.send(.get, "k").text == "first")
            try await bucket.send(.delete, "k")
            #expect(try await bucket.presigned(.put, "k", headers: once, body: "third").status == .ok)
        }
    }

    @Test func writingUnderAMatch() async throws {
        try await withBucket { bucket async throws in
            #expect(try await bucket.send(.put, "k", headers: [("if-match", Self.etag)], body: "x").refusal == "404 NoSuchKey")
            try await bucket.send(.put, "k", body: "0123456789")
            #expect(try await bucket.send(.put, "k", headers: [("if-match", "\"other\"")], body: "x").refusal == "412 PreconditionFailed")
            #expect(try await bucket.send(.put, "k", headers: [("if-match", Self.etag)], body: "x").status == .ok)
            #expect(try await bucket.send(.put, "k", headers: [("if-match", Self.etag)], body: "y").refusal == "412 PreconditionFailed")
            #expect(try await bucket.send(.get, "k").text == "x")
            #expect(try await bucket.send(.delete, "k", headers: [("if-match", Self.etag)]).refusal == "412 PreconditionFailed")
            #expect(try await bucket.send(.put, "k", headers: [("if-none-match", Self.etag)], body: "z").refusal == "501 NotImplemented")
        }
    }
}
