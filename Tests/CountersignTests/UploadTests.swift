import Foundation
import Libcrypto
import LocalBucket
import Logging
import NIOCore
import S3Policy
import S3Signing
import ServiceLifecycle
import SigV4
import Testing

@testable import countersign

/// `upload`, against the local bucket: S3's own checks decide what is stored.
@Suite struct UploadTests {
    static let credentials = Credentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))

    /// A bucket on a free port and a folder for files, both gone afterwards.
    private func withBucket(_ body: @Sendable (_ endpoint: String, _ folder: String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "countersign-upload-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bucket = LocalBucketConfiguration.Bucket(name: try BucketName("examplebucket"), credentials: [Self.credentials])
        let configuration = LocalBucketConfiguration(
            folder: folder + "/bucket", region: "us-east-1", buckets: [bucket], port: 0,
            clock: { SigningTime(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)) })
        let ports = AsyncStream.makeStream(of: Int.self)
        let application = try buildLocalBucket(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) { channel in
            ports.continuation.yield(channel.localAddress?.port ?? 0)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { ports.continuation.finish() }
                try await application.run()
            }
            var iterator = ports.stream.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await body("http://127.0.0.1:\(port)", folder)
            group.cancelAll()
        }
    }

    private static var now: String { SigningTime(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)).iso8601Basic }

    private func upload(_ arguments: [String], variables: [String: String] = CommandRun.exampleVariables) async -> CommandRun {
        await CommandRun.command(["upload"] + arguments, variables: variables, now: Self.now)
    }

    /// Reads the object back through a presigned URL, with its type.
    private func object(_ key: String, endpoint: String) async throws -> (bytes: Data, type: String?) {
        let url = await CommandRun.command(["presign", "get", "s3://examplebucket/\(key)", "--endpoint", endpoint], now: Self.now).result
        return try await HTTPFetch.get(url)
    }

    @Test func storesTheFilesBytes() async throws {
        try await withBucket { endpoint, folder in
            var random = SeededGenerator(seed: 8)
            let bytes = Data((0..<700_000).map { _ in UInt8.random(in: 0...255, using: &random) })
            let path = folder + "/it's a cat.png"
            try bytes.write(to: URL(filePath: path))
            let run = await upload([path, "s3://examplebucket/pets/", "--endpoint", endpoint, "--once", "--checksum"])
            #expect(run.code == 0, "\(run.diagnostics)")
            #expect(run.output == "\(endpoint)/examplebucket/pets/it%27s%20a%20cat.png\n")
            #expect(run.diagnostics == "stored 683.5 KiB as s3://examplebucket/pets/it's a cat.png\n")
            let stored = try await object("pets/it's a cat.png", endpoint: endpoint)
            #expect(stored.bytes == bytes)
            #expect(stored.type == "image/png")
        }
    }

    @Test func storesAnEmptyFile() async throws {
        try await withBucket { endpoint, folder in
            try Data().write(to: URL(filePath: folder + "/empty"))
            let run = await upload([folder + "/empty", "s3://examplebucket", "--endpoint", endpoint, "--content-type", "text/plain"])
            #expect(run.code == 0, "\(run.diagnostics)")
            let stored = try await object("empty", endpoint: endpoint)
            #expect(stored.bytes.isEmpty)
            #expect(stored.type == "text/plain")
        }
    }

    @Test func onceLeavesWhatIsThere() async throws {
        try await withBucket { endpoint, folder in
            let path = folder + "/a.txt"
            try Data("one".utf8).write(to: URL(filePath: path))
            #expect(await upload([path, "s3://examplebucket/a.txt", "--endpoint", endpoint, "--once"]).code == 0)
            try Data("two".utf8).write(to: URL(filePath: path))
            let second = await upload([path, "s3://examplebucket/a.txt", "--endpoint", endpoint, "--once"])
            #expect(second.code == 1)
            #expect(second.output == "")
            #expect(second.diagnostics.contains("the store answers 412 PreconditionFailed"))
            #expect(second.diagnostics.contains("--once leaves it as it is"))
            #expect(try await object("a.txt", endpoint: endpoint).bytes == Data("one".utf8))
            #expect(await upload([path, "s3://examplebucket/a.txt", "--endpoint", endpoint]).code == 0)
            #expect(try await object("a.txt", endpoint: endpoint).bytes == Data("two".utf8))
        }
    }

    @Test func saysWhatTheStoreRefuses() async throws {
        try await withBucket { endpoint, folder in
            let path = folder + "/a.txt"
            try Data("one".utf8).write(to: URL(filePath: path))
            var wrong = CommandRun.exampleVariables
            wrong["AWS_SECRET_ACCESS_KEY"] = "wrong"
            let signature = await upload([path, "s3://examplebucket/a.txt", "--endpoint", endpoint], variables: wrong)
            #expect(signature.code == 1)
            #expect(signature.diagnostics.contains("403 SignatureDoesNotMatch"))
            #expect(signature.diagnostics.contains("The secret does not fit the access key"))
            let missing = await upload([path, "s3://otherbucket/a.txt", "--endpoint", endpoint])
            #expect(missing.code == 1)
            #expect(missing.diagnostics.contains("404 NoSuchBucket"))
            let region = await upload([path, "s3://examplebucket/a.txt", "--endpoint", endpoint, "--region", "eu-west-1"])
            #expect(region.code == 1)
            #expect(region.diagnostics.contains("AuthorizationHeaderMalformed"))
        }
    }

    @Test func saysThatNobodyAnswers() async throws {
        let path = NSTemporaryDirectory() + "countersign-\(UUID().uuidString).txt"
        try Data("one".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let run = await upload([path, "s3://examplebucket/a.txt", "--endpoint", "http://127.0.0.1:1"])
        #expect(run.code == 3)
        #expect(run.diagnostics.contains("failed: Connection refused"), "\(run.diagnostics)")
    }

    @Test(arguments: [
        (["/nonexistent", "s3://examplebucket/a"], "there is no file /nonexistent"), (["/", "s3://examplebucket/a"], "is no regular file"),
        (["/dev/null", "s3://examplebucket/a"], "is no regular file"), (["a.txt"], "missing expected argument"),
    ])
    func refusesInWords(_ arguments: [String], _ words: String) async {
        let run = await upload(arguments)
        #expect(run.code == 2)
        #expect(run.diagnostics.lowercased().contains(words), "\(run.diagnostics)")
    }
}
