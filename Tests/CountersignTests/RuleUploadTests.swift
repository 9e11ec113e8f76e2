import Foundation
import SigV4
import Synchronization
import Testing

@testable import countersign

/// `upload --rule`: the rule decides what may be sent, and how it is stored.
@Suite struct RuleUploadTests {
    private static let rules = """
        bucket: examplebucket
        region: us-east-1
        provider: custom
        endpoint: ENDPOINT
        allowedOrigins: [https://app.example.com]
        rules:
          films:
            contentTypes: [video/mp4]
            maximumSize: 20MiB
            key: "films/{caller}/{uuid}{ext}"
            method: MULTIPART
            partSize: 5MiB
            once: true
            metadata: [title]
            cacheControl: no-cache
          stills:
            contentTypes: [video/mp4]
            maximumSize: 1MiB
            key: "stills/{caller}/{uuid}{ext}"
            once: true
            checksum: required
          forms:
            contentTypes: [video/mp4]
            maximumSize: 1MiB
            method: POST
            once: false
            key: "forms/{caller}/{uuid}{ext}"
        """

    /// Uploads a file of so many bytes.
    private func upload(
        _ rule: String, _ byteCount: Int, _ options: [String] = [],
        _ check: @Sendable (CommandRun, PartStore) throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "countersign-rule-upload-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/staging", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(count: byteCount).write(to: URL(filePath: folder + "/film.mp4"))
        try await PartStore.run { endpoint, store in
            try Data(Self.rules.replacing("ENDPOINT", with: endpoint).utf8).write(to: URL(filePath: folder + "/staging/uploads.yaml"))
            let arguments = [
                "upload", folder + "/film.mp4", "s3://examplebucket/by/hand.mp4", "--environment", "staging", "--policies", folder,
                "--rule",
                rule,
            ]
            let now = SigningTime(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)).iso8601Basic
            try check(await CommandRun.command(arguments + options, now: now), store)
        }
    }

    @Test func storesAsTheRuleSays() async throws {
        try await upload("films", 11 << 20, ["--header", "x-amz-meta-title: a film"]) { run, store in
            #expect(run.code == 0, "\(run.diagnostics)")
            #expect(store.operations.filter { $0 != "head" }.sorted() == ["complete", "create", "part 1", "part 2", "part 3"])
            let object = try #require(store.object("/examplebucket/by/hand.mp4"))
            for header in [
                Header("content-type", "video/mp4"), Header("cache-control", "no-cache"), Header("content-disposition", "inline"),
                Header("x-amz-meta-title", "a film"),
            ] {
                #expect(object.headers.contains { HeaderRules.isSame($0.name, header.name) && $0.value == header.value }, "\(header)")
            }
            let complete = store.state.withLock { $0.asked.first { $0.operation == "complete" } }
            #expect(complete?.header("if-none-match") == "*")
        }
    }

    @Test func sendsTheChecksumThatTheRuleWants() async throws {
        try await upload("stills", 1000) { run, store in
            #expect(run.code == 0, "\(run.diagnostics)")
            #expect(store.operations == ["put"])
            let put = store.state.withLock { $0.asked.first }
            #expect(put?.header("x-amz-checksum-sha256") != nil && put?.header("if-none-match") == "*")
        }
    }

    @Test(
        arguments: [
            ("films", 21 << 20, [], 1, "allows up to 20971520 bytes"),
            ("films", 10, ["--content-type", "text/html"], 1, "the rule films allows"),
            ("films", 10, ["--header", "x-amz-meta-other: x"], 1, "allows title"), ("stills", 2 << 20, [], 1, "allows up to 1048576 bytes"),
            ("forms", 10, [], 2, "the rule forms is for POST"), ("others", 10, [], 2, "there is no upload rule"),
        ] as [(String, Int, [String], Int32, String)])
    func sendsNothingThatTheRuleForbids(
        _ rule: String, _ byteCount: Int, _ options: [String], _ code: Int32, _ says: String
    ) async throws {
        try await upload(rule, byteCount, options) { run, store in
            #expect(run.code == code && run.diagnostics.contains(says), "\(run.diagnostics)")
            #expect(store.operations.isEmpty)
        }
    }
}
