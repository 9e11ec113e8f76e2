import Foundation
import HTTPTypes
import HummingbirdTesting
import LocalBucket
import S3Signing
import SigV4
import Testing

/// Requests about one upload or one key that meet, and what a kill leaves.
@Suite(.serialized) struct MultipartRaceTests {
    private static let rounds = 20

    @Test func aCompletionAndAnAbortHaveOneWinner() async throws {
        try await withBucket { bucket async throws in
            for round in 0..<Self.rounds {
                let upload = try await TestUpload(bucket, "k\(round)")
                let part = try await upload.part(1, String(repeating: "x", count: 100_000))
                async let completing = upload.completeAlone([(1, part)])
                async let aborting = upload.abortAlone()
                let (completed, aborted) = (try await completing, try await aborting)
                let head = try await bucket.send(.head, "k\(round)")
                if aborted.status == 204 {
                    #expect(completed.refusal == "404 NoSuchUpload")
                    #expect(head.status == .notFound)
                } else {
                    #expect(aborted.refusal == "404 NoSuchUpload")
                    #expect(completed.status == 200)
                    #expect(head.headers[.contentLength] == "100000")
                }
            }
            try TestUpload.expectNothingLeft(bucket)
        }
    }

    @Test func ofTwoConditionalCompletionsOfAKeyOneWins() async throws {
        try await withBucket { bucket async throws in
            for round in 0..<Self.rounds {
                let (left, right) = (try await TestUpload(bucket, "k\(round)"), try await TestUpload(bucket, "k\(round)"))
                let (one, two) = (try await left.part(1, "left"), try await right.part(1, "right"))
                async let first = left.completeAlone([(1, one)], headers: [("if-none-match", "*")])
                async let second = right.completeAlone([(1, two)], headers: [("if-none-match", "*")])
                let answers = [try await first, try await second]
                #expect(answers.map(\.status).sorted() == [200, 412])
                let text = try await bucket.send(.get, "k\(round)").text
                #expect(text == (answers[0].status == 200 ? "left" : "right"))
            }
        }
    }

    @Test func theSameCompletionTwiceAtOnceMakesOneObject() async throws {
        try await withBucket { bucket async throws in
            for round in 0..<Self.rounds {
                let upload = try await TestUpload(bucket, "k\(round)")
                let part = try await upload.part(1, String(repeating: "x", count: 100_000))
                async let first = upload.completeAlone([(1, part)], headers: [("if-none-match", "*")])
                async let second = upload.completeAlone([(1, part)], headers: [("if-none-match", "*")])
                let answers = [try await first, try await second]
                #expect(answers.map(\.status) == [200, 200])
                #expect(answers[0].text == answers[1].text)
            }
            try TestUpload.expectNothingLeft(bucket)
        }
    }

    /// S3 has a conditional completion done anew when the key was deleted while it ran.
    @Test func aDeletionDuringAConditionalCompletionIsAConflict() async throws {
        try await withBucket { bucket async throws in
            let body = String(repeating: "x", count: 2 * TestUpload.partBytes)
            for _ in 0..<Self.rounds {
                let upload = try await TestUpload(bucket)
                let parts = [(1, try await upload.part(1, body))]
                async let completing = upload.completeAlone(parts, headers: [("if-none-match", "*")])
                while try bucket.folder.files("photos/incoming").isEmpty, !(try bucket.folder.files("photos/uploads").isEmpty) {
                    await Task.yield()
                }
                try await bucket.send(.delete, "k")
                let completed = try await completing
                if completed.status == 409 {
                    #expect(completed.refusal == "409 ConditionalRequestConflict")
                    #expect(try await bucket.send(.head, "k").status == .notFound)
                    return
                }
                // The deletion came first, or last.
                #expect(completed.status == 200)
                try await bucket.send(.delete, "k")
            }
            Issue.record("no deletion met a completion")
        }
    }

    /// A kill leaves parts without an upload (in an abort), or an upload beside its object (in a completion).
    @Test func whatKilledRequestsLeaveIsCleared() async throws {
        let folder = TemporaryFolder()
        let path = { @Sendable (name: String) in "\(folder.path)/photos/\(name)" }
        let kept = NSTemporaryDirectory() + "/kept-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: kept) }
        try await withBucket(folder: folder) { bucket async throws in
            let aborted = try await TestUpload(bucket, "aborted")
            _ = try await aborted.part(1, "x")
            try FileManager.default.removeItem(atPath: path("uploads/\(aborted.id)"))
            let completed = try await TestUpload(bucket, "completed")
            let part = try await completed.part(1, "x")
            try FileManager.default.copyItem(atPath: path("uploads/\(completed.id)"), toPath: kept)
            #expect(try await completed.complete([(1, part)]).status == .ok)
            try FileManager.default.copyItem(atPath: kept, toPath: path("uploads/\(completed.id)"))
        }
        try await withBucket(folder: folder) { bucket async throws in
            let parts = try folder.files("photos/parts")
            #expect(parts == [])
            let found = try await bucket.send(.get, nil, query: [("uploads", "")])
            #expect(found.elements("Key") == ["completed"])
            let upload = TestUpload(bucket: bucket, key: "completed", id: try #require(found.element("UploadId")))
            // Its parts are gone: it answers as it did, and is gone as well.
            #expect(try await upload.complete([(1, "\"9dd4e461268c8034f5c8564e155c67a6\"")]).status == .ok)
            try TestUpload.expectNothingLeft(bucket)
            #expect(try await bucket.send(.get, "completed").text == "x")
        }
    }

    @Test func damagedPartsAreNone() async throws {
        try await withBucket { bucket async throws in
            let upload = try await TestUpload(bucket)
            let part = try await upload.part(1, "whole")
            let path = "\(bucket.folder.path)/photos/parts/\(upload.id)"
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(path)/1"))
            for damaged in [bytes.dropLast(), bytes.dropFirst(), Data(), bytes + Data([0])] {
                try Data(damaged).write(to: URL(fileURLWithPath: "\(path)/1"))
                #expect(try await upload.parts().elements("PartNumber") == [])
                #expect(try await upload.complete([(1, part)]).refusal == "400 InvalidPart")
            }
            // A part under another one's number is none.
            try bytes.write(to: URL(fileURLWithPath: "\(path)/2"))
            #expect(try await upload.parts().elements("PartNumber") == [])
            #expect(try await upload.abort().status == .noContent)
            try TestUpload.expectNothingLeft(bucket)
        }
    }
}
