import Foundation
import HTTPTypes
import HummingbirdTesting
import LocalBucket
import Logging
import NIOCore
import S3Signing
import SigV4
import Testing

/// What is on the disk, and what is left of it after a kill.
@Suite struct DurabilityTests {
    @Test func objectsOutliveTheServer() async throws {
        let folder = TemporaryFolder()
        try await withBucket(folder: folder) { bucket async throws in
            try await bucket.send(.put, "k", headers: [("content-type", "text/plain"), ("x-amz-meta-a", "b")], body: "first")
        }
        try await withBucket(folder: folder) { bucket async throws in
            let get = try await bucket.send(.get, "k")
            #expect(get.text == "first")
            #expect(get.headers[.contentType] == "text/plain")
            #expect(get.headers[raw: "x-amz-meta-a"] == "b")
            #expect(try await bucket.send(.get, nil, query: [("list-type", "2")]).elements("Key") == ["k"])
        }
    }

    /// A kill between write and rename leaves a file under incoming, complete or not.
    @Test func whatKilledUploadsLeaveIsSweptAndNeverSeen() async throws {
        let folder = TemporaryFolder()
        try await withBucket(folder: folder) { bucket async throws in try await bucket.send(.put, "k", body: "old") }
        let object = try #require(try folder.files("photos/objects").first)
        let complete = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/photos/objects/\(object)"))
        try complete.write(to: URL(fileURLWithPath: "\(folder.path)/photos/incoming/complete"))
        try complete.prefix(10).write(to: URL(fileURLWithPath: "\(folder.path)/photos/incoming/half"))
        try await withBucket(folder: folder) { bucket async throws in
            #expect(try folder.files("photos/incoming") == [])
            #expect(try await bucket.send(.get, "k").text == "old")
            #expect(try await bucket.send(.get, nil, query: [("list-type", "2")]).element("KeyCount") == "1")
        }
    }

    /// An upload that is under way when another server starts over the same folder is not swept.
    @Test func uploadsUnderWayAreLeftAlone() async throws {
        let folder = TemporaryFolder()
        try await withBucket(folder: folder) { bucket async throws in
            let request = try TestBucket.signer().authorize(method: .put, key: try ObjectKey("k"), payload: .unsigned, at: now)
            let wire = try Wire(port: bucket.port)
            try await wire.send(head("PUT", "/photos/k", request.headers + [Header("content-length", "10")]) + "01234")
            // The next answer on another connection comes after the upload's file is there.
            while try folder.files("photos/incoming").isEmpty { await Task.yield() }
            try await withBucket(folder: folder) { other async throws in #expect(try await other.send(.head, nil).status == .ok) }
            try await wire.send("56789")
            #expect(try await wire.receiveHead().hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(try await bucket.send(.get, "k").text == "0123456789")
        }
    }

    @Test func filesThatAreNoObjectsAreNotServed() async throws {
        let folder = TemporaryFolder()
        try await withBucket(folder: folder) { bucket async throws in
            try await bucket.send(.put, "a", body: "whole")
            try await bucket.send(.put, "b", body: "whole")
            let names = try folder.files("photos/objects")
            let path = { (name: String) in URL(fileURLWithPath: "\(folder.path)/photos/objects/\(name)") }
            let first = try Data(contentsOf: path(names[0]))
            for damaged in [first.prefix(first.count - 1), first.prefix(3), Data(), first.dropFirst(), first + Data([0])] {
                try Data(damaged).write(to: path(names[0]))
                let found = try await bucket.send(.get, nil, query: [("list-type", "2")]).elements("Key")
                #expect(found.count == 1)
                let missing = found == ["a"] ? "b" : "a"
                #expect(try await bucket.send(.get, missing).refusal == "404 NoSuchKey")
            }
            // A file under another key's name is that of no key.
            try Data(contentsOf: path(names[1])).write(to: path(names[0]))
            #expect(try await bucket.send(.get, nil, query: [("list-type", "2")]).element("KeyCount") == "1")
            try FileManager.default.removeItem(at: path(names[0]))
            try FileManager.default.createSymbolicLink(at: path(names[0]), withDestinationURL: path(names[1]))
            #expect(try await bucket.send(.get, nil, query: [("list-type", "2")]).element("KeyCount") == "1")
            // And can be written over.
            #expect(try await bucket.send(.put, "a", body: "new").status == .ok)
            #expect(try await bucket.send(.put, "b", body: "new").status == .ok)
            #expect(try await bucket.send(.get, nil, query: [("list-type", "2")]).elements("Key") == ["a", "b"])
        }
    }

    @Test func refusedUploadsLeaveTheOldObject() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "k", headers: [("x-amz-meta-a", "old")], body: "old")
            try await bucket.send(.put, "k", headers: [("x-amz-meta-a", "new"), ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")], body: "new")
            let get = try await bucket.send(.get, "k")
            #expect(get.text == "old")
            #expect(get.headers[raw: "x-amz-meta-a"] == "old")
            #expect(try bucket.folder.files("photos/incoming") == [])
        }
    }

    @Test func aFolderThatCannotBeUsedIsToldSo() throws {
        let folder = TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: folder.path + "/photos"))
        let error = #expect(throws: LocalBucketError.self) {
            _ = try buildLocalBucket(try configuration(folder), logger: .init(label: "test"))
        }
        #expect(error?.message.contains("/photos") == true)
    }
}
