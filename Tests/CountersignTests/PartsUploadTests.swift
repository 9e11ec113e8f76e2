import Foundation
import SigV4
import Synchronization
import Testing

@testable import countersign

/// `upload` of files in parts: what is stored, what is tried again, and that nothing is left of what fails.
@Suite struct PartsUploadTests {
    private static let path = "/examplebucket/film.mp4"
    /// Three parts, the last one shorter.
    private static let bytes = {
        var random = SeededGenerator(seed: 4)
        let block = (0..<1 << 16).map { _ in UInt8.random(in: 0...255, using: &random) }
        var bytes: [UInt8] = []
        for index in 0..<176 {
            bytes += block
            bytes[bytes.count - 1] = UInt8(index)
        }
        return bytes
    }()

    private func withFile(_ bytes: [UInt8] = bytes, _ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "countersign-parts-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(bytes).write(to: URL(filePath: folder + "/film.mp4"))
        try await body(folder + "/film.mp4")
    }

    private static func upload(_ path: String, _ endpoint: String, _ options: [String] = ["--part-size", "5MiB"]) async -> CommandRun {
        let now = SigningTime(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)).iso8601Basic
        return await CommandRun.command(["upload", path, "s3://examplebucket", "--endpoint", endpoint] + options, now: now)
    }

    @Test func sendsPartsSideBySide() async throws {
        try await withFile { path in
            try await PartStore.run { endpoint, store in
                let run = await Self.upload(
                    path, endpoint, ["--part-size", "5MiB", "--parallel", "2", "--header", "cache-control: no-cache"])
                #expect(run.code == 0, "\(run.diagnostics)")
                #expect(run.output == "\(endpoint)/examplebucket/film.mp4\n")
                let object = try #require(store.object(Self.path))
                #expect(object.bytes == Self.bytes)
                #expect(
                    object.headers.contains(Header("Content-Type", "video/mp4"))
                        || object.headers.contains(Header("content-type", "video/mp4")))
                #expect(object.headers.contains { HeaderRules.isSame($0.name, "cache-control") && $0.value == "no-cache" })
                #expect(store.operations.sorted() == ["complete", "create", "part 1", "part 2", "part 3"])
                #expect(store.state.withLock { $0.mostSending } <= 2)
                #expect(store.unfinished.isEmpty)
            }
        }
    }

    @Test func aSmallerFileIsOneRequest() async throws {
        try await withFile(Array(repeating: 1, count: 5 << 20)) { path in
            try await PartStore.run { endpoint, store in
                #expect(await Self.upload(path, endpoint).code == 0)
                #expect(await Self.upload(path, endpoint, []).code == 0)
                #expect(store.operations == ["put", "put"])
            }
        }
    }

    @Test func signsEachPartsBytes() async throws {
        try await withFile { path in
            try await PartStore.run { endpoint, store in
                let run = await Self.upload(path, endpoint, ["--part-size", "6MiB", "--checksum"])
                #expect(run.code == 0, "\(run.diagnostics)")
                #expect(store.object(Self.path)?.bytes == Self.bytes)
                let hashes = store.state.withLock { $0.asked.filter { $0.operation.hasPrefix("part") } }.map {
                    $0.header("x-amz-content-sha256")
                }
                #expect(hashes.count == 2 && hashes.allSatisfy { $0?.utf8.count == 64 })
            }
        }
    }

    @Test func sendsAPartAgain() async throws {
        let fail: PartStore.Fail = { operation, tries, _ in
            switch (operation, tries) {
            case ("create", 0): .status(503, "SlowDown")
            case ("part 2", 0...1): .status(500, "InternalError")
            case ("part 3", 0): .lostAnswer
            case ("complete", 0...1): .status(409, "ConditionalRequestConflict")
            default: nil
            }
        }
        try await withFile { path in
            try await PartStore.run(failing: fail) { endpoint, store in
                let run = await Self.upload(path, endpoint)
                #expect(run.code == 0, "\(run.diagnostics)")
                #expect(store.object(Self.path)?.bytes == Self.bytes)
                #expect(store.operations.count { $0 == "part 2" } == 3)
                #expect(store.operations.count { $0 == "part 3" } == 2)
                #expect(store.operations.count { $0 == "complete" } == 3)
            }
        }
    }

    @Test(
        arguments: [
            ("part 2", .status(403, "AccessDenied"), 1, "the store answers 403 AccessDenied"),
            ("part 3", .status(500, "InternalError"), 3, "overloaded or out of order"),
            ("complete", .status(400, "EntityTooSmall"), 1, "400 EntityTooSmall"),
            ("complete", .status(200, "InvalidPart"), 1, "InvalidPart"),
            ("complete", .status(409, "ConditionalRequestConflict"), 1, "409"),
        ] as [(String, PartStore.Failure, Int32, String)])
    func leavesNothingOfWhatFails(_ operation: String, _ failure: PartStore.Failure, _ code: Int32, _ says: String) async throws {
        try await withFile { path in
            try await PartStore.run(failing: { asked, _, _ in asked == operation ? failure : nil }) { endpoint, store in
                let run = await Self.upload(path, endpoint)
                #expect(run.code == code)
                #expect(run.output == "" && run.diagnostics.contains(says), "\(run.diagnostics)")
                #expect(store.unfinished.isEmpty && store.object(Self.path) == nil)
                #expect(Array(store.operations.suffix(2)) == ["abort", "list"])
            }
        }
    }

    @Test func tellsOfPartsThatStay() async throws {
        let fail: PartStore.Fail = { operation, _, _ in
            operation == "part 1" || operation == "abort" ? .status(403, "AccessDenied") : nil
        }
        try await withFile { path in
            try await PartStore.run(failing: fail) { endpoint, store in
                let run = await Self.upload(path, endpoint)
                #expect(run.code == 1)
                #expect(run.diagnostics.contains("warning: the upload's parts could not be removed"), "\(run.diagnostics)")
                #expect(run.diagnostics.contains("its id is id-1"))
                #expect(store.unfinished == ["id-1"])
            }
        }
    }

    // MARK: - Once

    @Test func onceLeavesWhatIsThere() async throws {
        try await withFile { path in
            try await PartStore.run { endpoint, store in
                #expect(await Self.upload(path, endpoint, ["--once"]).code == 0)
                let second = await Self.upload(path, endpoint, ["--once", "--part-size", "5MiB"])
                #expect(second.code == 1)
                #expect(second.diagnostics.contains("412 PreconditionFailed") && second.diagnostics.contains("--once leaves it as it is"))
                #expect(store.unfinished.isEmpty)
                #expect(store.object(Self.path)?.etag.contains("-") == false)
            }
        }
    }

    /// The first try stored the object, and its answer was lost: the second finds it there.
    @Test(arguments: [["--once", "--part-size", "5MiB"], ["--part-size", "5MiB"], ["--once"]])
    func anOwnObjectIsNoRefusal(_ options: [String]) async throws {
        let fail: PartStore.Fail = { operation, tries, _ in
            tries == 0 && (operation == "complete" || operation == "put") ? .lostAnswer : nil
        }
        try await withFile { path in
            try await PartStore.run(failing: fail) { endpoint, store in
                let run = await Self.upload(path, endpoint, options)
                #expect(run.code == 0, "\(run.diagnostics)")
                #expect(store.object(Self.path)?.bytes == Self.bytes)
                #expect(store.operations.contains("head"))
            }
        }
    }

    @Test(arguments: [["--once", "--part-size", "5MiB"], ["--once"]])
    func anothersObjectIsOne(_ options: [String]) async throws {
        let fail: PartStore.Fail = { operation, tries, store in
            guard tries == 0, operation == "complete" || operation == "put" else { return nil }
            store.state.withLock { $0.objects[Self.path] = PartStore.Object(bytes: Self.bytes, etag: "other-3", headers: []) }
            return .status(500, "InternalError")
        }
        try await withFile { path in
            try await PartStore.run(failing: fail) { endpoint, store in
                let run = await Self.upload(path, endpoint, options)
                #expect(run.code == 1)
                #expect(run.diagnostics.contains("--once leaves it as it is"), "\(run.diagnostics)")
                #expect(store.object(Self.path)?.etag == "other-3" && store.unfinished.isEmpty)
            }
        }
    }

    // MARK: - The file, and the person

    @Test func aFileThatChangesIsNotStored() async throws {
        try await withFile { path in
            let fail: PartStore.Fail = { operation, _, _ in
                if operation == "part 1", let file = FileHandle(forWritingAtPath: path) {
                    _ = try? file.seekToEnd()
                    try? file.write(contentsOf: Data("more".utf8))
                    try? file.close()
                }
                return nil
            }
            try await PartStore.run(failing: fail) { endpoint, store in
                let run = await Self.upload(path, endpoint)
                #expect(run.code == 1)
                #expect(run.diagnostics.contains("changed while it was sent"), "\(run.diagnostics)")
                #expect(store.unfinished.isEmpty && store.object(Self.path) == nil)
            }
        }
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func whoStopsItLeavesNothing(_ signal: Int32) async throws {
        try await withFile { path in
            try await PartStore.run(failing: { operation, _, _ in operation == "part 2" ? .hang : nil }) { endpoint, store in
                let run = try BinaryRun(
                    ["upload", path, "s3://examplebucket", "--endpoint", endpoint, "--part-size", "5MiB"],
                    variables: CommandRun.exampleVariables)
                while !store.operations.contains("part 2") { try await Task.sleep(for: .milliseconds(20)) }
                run.signal(signal)
                let end = await run.ended()
                #expect(end.code == 130 && end.diagnostics == "interrupted\n", "\(end)")
                #expect(store.unfinished.isEmpty && store.object(Self.path) == nil)
            }
        }
    }

    @Test(arguments: [
        (["--part-size", "4MiB"], "a part has from 5mib to 5gib"), (["--part-size", "6GiB"], "a part has from 5mib to 5gib"),
        (["--parallel", "0"], "send 1 to 64 parts"), (["--parallel", "65"], "send 1 to 64 parts"),
        (["--rule", "films"], "--rule needs --environment"),
    ])
    func refusesInWords(_ options: [String], _ words: String) async throws {
        try await withFile(Array("x".utf8)) { path in
            let run = await Self.upload(path, "http://127.0.0.1:9", options)
            #expect(run.code == 2)
            #expect(run.diagnostics.lowercased().contains(words), "\(run.diagnostics)")
        }
    }
}
