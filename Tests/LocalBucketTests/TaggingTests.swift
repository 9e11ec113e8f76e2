import HTTPTypes
import HummingbirdTesting
import LocalBucket
import S3Signing
import SigV4
import Testing

/// PutObjectTagging and DeleteObjectTagging.
@Suite struct TaggingTests {
    private static func document(_ tags: [(String, String)]) -> String {
        "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>"
            + tags.map { "<Tag><Key>\($0.0)</Key><Value>\($0.1)</Value></Tag>" }.joined() + "</TagSet></Tagging>"
    }

    @Test func tagsAreReplacedAndNothingElse() async throws {
        try await withBucket { bucket async throws in
            let headers = [("content-type", "text/plain"), ("x-amz-meta-a", "b"), ("x-amz-tagging", "countersign=unconfirmed&x=y")]
            try await bucket.send(.put, "k", headers: headers, body: "hello")
            let before = try await bucket.send(.get, "k")
            let put = try await bucket.send(.put, "k", query: [("tagging", "")], body: Self.document([("countersign", "confirmed")]))
            #expect(put.status == .ok)
            #expect(try await bucket.send(.get, "k", query: [("tagging", "")]).elements("Key") == ["countersign"])
            let after = try await bucket.send(.get, "k")
            #expect(after.text == "hello")
            for name in ["etag", "last-modified", "content-type", "x-amz-meta-a"] {
                #expect(after.headers[raw: name] == before.headers[raw: name], "\(name)")
            }
            #expect(after.headers[raw: "x-amz-tagging-count"] == "1")
            #expect(try await bucket.send(.delete, "k", query: [("tagging", "")]).status == .noContent)
            #expect(try await bucket.send(.head, "k").headers[raw: "x-amz-tagging-count"] == nil)
            #expect(try await bucket.send(.get, "k").text == "hello")
            let files = try bucket.folder.files("photos/incoming")
            #expect(files == [])
        }
    }

    @Test func whatAreNoTagsChangesNothing() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", headers: [("x-amz-tagging", "a=1")], body: "x")
            let many = Self.document((0..<11).map { ("k\($0)", "v") })
            for (xml, refusal) in [
                ("", "400 MalformedXML"), ("<Tagging>", "400 MalformedXML"), (many, "400 BadRequest"),
                (Self.document([("aws:a", "1")]), "400 InvalidTag"), (Self.document([("a", "1"), ("a", "2")]), "400 InvalidTag"),
                (String(repeating: " ", count: 100_000), "400 MaxMessageLengthExceeded"),
            ] {
                #expect(try await bucket.send(.put, "k", query: [("tagging", "")], body: xml).refusal == refusal)
            }
            let wrong = [("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")]
            #expect(
                try await bucket.send(.put, "k", query: [("tagging", "")], headers: wrong, body: Self.document([])).refusal
                    == "400 BadDigest")
            #expect(try await bucket.send(.get, "k", query: [("tagging", "")]).elements("Key") == ["a"])
            #expect(try await bucket.send(.put, "none", query: [("tagging", "")], body: Self.document([])).refusal == "404 NoSuchKey")
            #expect(try await bucket.send(.delete, "none", query: [("tagging", "")]).refusal == "404 NoSuchKey")
            #expect(try await bucket.send(.post, "k", query: [("tagging", "")], body: Self.document([])).refusal == "405 MethodNotAllowed")
        }
    }

    /// An object that is written meanwhile is tagged whole or not at all, never mixed with the one before.
    @Test func tagsAndWritesThatMeetDoNotMix() async throws {
        try await withBucket { bucket async throws in
            for round in 0..<20 {
                try await bucket.send(.put, "k", body: "old")
                async let tagging = bucket.alone(.put, "k", query: [("tagging", "")], body: Self.document([("round", "\(round)")]))
                async let writing = bucket.alone(.put, "k", body: "new \(round)")
                _ = (try await tagging, try await writing)
                #expect(try await bucket.send(.get, "k").text == "new \(round)")
            }
        }
    }
}
