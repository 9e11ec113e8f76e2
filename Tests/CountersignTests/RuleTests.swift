import Foundation
import S3Signing
import Testing

@testable import countersign

/// `--environment` and `--rule`: signed by hand, bound as the service would bind.
@Suite struct RuleTests {
    private static let rules = """
        bucket: examplebucket
        region: eu-central-1
        allowedOrigins: [https://app.example.com]
        rules:
          photos:
            contentTypes: [image/png]
            maximumSize: 1MB
            key: "{caller}/{uuid}{ext}"
            lifetime: 10m
            metadata: [caption]
            cacheControl: no-cache
          forms:
            contentTypes: [image/png]
            maximumSize: 1MB
            method: POST
            once: false
            key: "{caller}/{uuid}{ext}"
        """

    private func presign(_ arguments: [String]) async throws -> CommandRun {
        let folder = NSTemporaryDirectory() + "countersign-rules-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/staging", withIntermediateDirectories: true)
        try Data(Self.rules.utf8).write(to: URL(filePath: folder + "/staging/uploads.yaml"))
        return await CommandRun.command(["presign"] + arguments + ["--environment", "staging", "--policies", folder])
    }

    @Test func bindsAsTheRuleSays() async throws {
        let run = try await presign([
            "put", "s3://examplebucket/by/hand.png", "--rule", "photos", "--content-type", "image/png", "--content-length", "482113",
            "--header", "x-amz-meta-caption: a cat", "--format", "json",
        ])
        #expect(run.code == 0, "\(run.diagnostics)")
        #expect(run.diagnostics == "")
        #expect(run.json["url"]?.string?.hasPrefix("https://examplebucket.s3.eu-central-1.amazonaws.com/by/hand.png?") == true)
        #expect(run.json["expiresAt"] == .string("2013-05-24T00:10:00Z"))
        #expect(
            run.json["headers"]
                == .object([
                    .init("content-type", .string("image/png")), .init("content-length", .string("482113")),
                    .init("if-none-match", .string("*")),
                    .init("cache-control", .string("no-cache")), .init("content-disposition", .string("inline")),
                    .init("x-amz-meta-caption", .string("a cat")),
                ]))
    }

    @Test func bindsAForm() async throws {
        let run = try await presign([
            "post", "s3://examplebucket/by/hand.png", "--rule", "forms", "--content-type", "image/png", "--content-length", "7",
        ])
        #expect(run.code == 0, "\(run.diagnostics)")
        #expect(run.json["fields"]?["key"] == .string("by/hand.png"))
        let policy = try #require(run.json["stringToSign"]?.string.flatMap { Data(base64Encoded: $0) })
        #expect(String(decoding: policy, as: UTF8.self).contains(#"["content-length-range",7,7]"#))
    }

    @Test func withoutARuleItTellsTheRules() async throws {
        let run = try await presign(["put", "s3://examplebucket/a"])
        #expect(run.code == 0)
        #expect(run.diagnostics.hasSuffix("or bind it all at once with a rule of staging: --rule NAME (photos, forms)\n"))
    }

    private static let put = ["put", "s3://examplebucket/a", "--rule", "photos", "--content-type", "image/png", "--content-length", "7"]

    /// What the rule refuses is a "no"; what cannot be meant is wrong use.
    @Test(
        arguments: [
            (put.map { $0 == "image/png" ? "text/html" : $0 }, 1, "allows image/png"),
            (put.map { $0 == "7" ? "2MB" : $0 }, 1, "allows up to"),
            (put.dropLast(2).map { $0 }, 1, "say the file's size"),
            (put + ["--header", "x-amz-meta-other: b"], 1, "allows caption"),
            (put + ["--expires", "1h"], 2, "live 10 minutes at most"),
            (put.map { $0 == "photos" ? "nothing" : $0 }, 2, "use one of photos, forms"),
            (put.map { $0 == "photos" ? "forms" : $0 }, 2, "take presign post"),
            (put.map { $0 == "s3://examplebucket/a" ? "s3://otherbucket/a" : $0 }, 2, "is not the bucket of staging"),
            (put + ["--region", "us-east-1"], 2, "--region contradicts --environment"),
            (put + ["--endpoint", "http://localhost"], 2, "--endpoint contradicts --environment"),
            (put + ["--style", "path"], 2, "--style contradicts --environment"),
            (["put", "s3://examplebucket/a", "--rule", "photos"], 2, "needs --content-type"),
            (
                ["post", "s3://examplebucket", "--rule", "forms", "--content-type", "image/png", "--key-prefix", "a/"], 2,
                "a rule binds one key"
            ),
        ] as [([String], Int32, String)])
    func refusesInWords(_ arguments: [String], _ code: Int32, _ words: String) async throws {
        let run = try await presign(arguments)
        #expect(run.code == code)
        #expect(run.output == "")
        #expect(run.diagnostics.contains(words), "\(run.diagnostics)")
    }

    @Test func usesTheEnvironmentsCredentials() async throws {
        var variables = CommandRun.exampleVariables
        variables["COUNTERSIGN_STAGING_AWS_ACCESS_KEY_ID"] = "AKIDSTAGING"
        variables["COUNTERSIGN_STAGING_AWS_SECRET_ACCESS_KEY"] = "s"
        let folder = NSTemporaryDirectory() + "countersign-rules-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/staging", withIntermediateDirectories: true)
        try Data(Self.rules.utf8).write(to: URL(filePath: folder + "/staging/uploads.yaml"))
        variables["COUNTERSIGN_POLICIES"] = folder
        let run = await CommandRun.command(
            ["presign", "get", "s3://examplebucket/a", "--environment", "staging"], variables: variables)
        #expect(run.output.contains("X-Amz-Credential=AKIDSTAGING%2F"))
        let missing = await CommandRun.command(
            ["presign", "get", "s3://examplebucket/a", "--environment", "nowhere"], variables: variables)
        #expect(missing.code == 2)
        #expect(missing.diagnostics.contains("nowhere"))
    }
}
