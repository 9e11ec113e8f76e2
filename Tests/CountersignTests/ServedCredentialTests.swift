import Foundation
import S3Signing
import Testing

@testable import countersign

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Temporary credentials at `serve` as a process of its own, and at the commands that sign by hand.
@Suite struct ServedCredentialTests {
    private static let production = [
        "COUNTERSIGN_SEALING_SECRET": "a-secret-of-32-bytes-or-more-for-tests",
        "COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID": "AKIDPRODUCTION", "COUNTERSIGN_PRODUCTION_AWS_SECRET_ACCESS_KEY": "hiddenhidden",
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
    ]

    /// Two environments, and a profile whose process prints the file `keys.json`.
    private static func files() throws -> PolicyFiles {
        func environment(_ name: String) -> String {
            """
            bucket: examplebucket-\(name)
            region: eu-central-1
            rules:
              photos: {contentTypes: [image/png], maximumSize: 1 MB, key: "photos/{caller}/{uuid}{ext}"}

            """
        }
        let files = try PolicyFiles([
            "policies/staging/uploads.yaml": environment("staging"), "policies/production/uploads.yaml": environment("production"),
        ])
        try files.write("config", "[profile uploads]\ncredential_process = sh -c 'echo hidden-secret >&2; cat \(files.folder)/keys.json'\n")
        return files
    }

    private static func keys(_ id: String, lives seconds: Int) -> String {
        let end = Date().addingTimeInterval(TimeInterval(seconds)).ISO8601Format()
        return
            #"{"Version":1,"AccessKeyId":"\#(id)","SecretAccessKey":"hidden-secret","SessionToken":"hidden-token","Expiration":"\#(end)"}"#
    }

    private func get(_ url: String) async throws -> (status: Int, text: String) {
        let (data, response) = try await HTTPFetch.send(URLRequest(url: try #require(URL(string: url))))
        return (response.statusCode, String(decoding: data, as: UTF8.self))
    }

    @Test func serveRefreshesTheCredentialsOfItsEnvironment() async throws {
        let files = try Self.files()
        try files.write("keys.json", Self.keys("ASIAFIRST", lives: 15))
        let variables = Self.production.merging([
            "COUNTERSIGN_STAGING_AWS_PROFILE": "uploads", "AWS_CONFIG_FILE": files.folder + "/config",
        ]) { one, _ in one }
        let serve = try BinaryRun(["serve", "--host", "127.0.0.1", "--port", "0"], variables: variables, folder: files.folder)
        let base = try #require(serve.line())
        try files.write("keys.json", "<html>hidden-secret</html>")
        // Each request is a line in a pipe that is read at the end: a few are enough.
        // A third of the life is left after ten seconds; then the process fails, and then it has new ones.
        var metrics = ""
        for _ in 0..<240 where !metrics.contains(#"countersign_credentials_failing{environment="staging"} 1"#) {
            try await Task.sleep(for: .milliseconds(500))
            metrics = try await get(base + "metrics").text
        }
        #expect(try await get(base + "health/ready").text.contains(#""failing":true,"credentialsEnd":"#))
        try files.write("keys.json", Self.keys("ASIASECOND", lives: 3600))
        var ready = (status: 0, text: "")
        for _ in 0..<240 where ready.status != 200 || ready.text.contains(#""failing":true"#) {
            try await Task.sleep(for: .milliseconds(500))
            ready = try await get(base + "health/ready")
        }
        #expect(ready.status == 200)
        serve.signal(SIGTERM)
        let (code, diagnostics) = serve.end()
        #expect(code == 0)
        #expect(diagnostics.contains(#""accessKeyID":"ASIAFIRST""#) && diagnostics.contains(#""accessKeyID":"ASIASECOND""#))
        #expect(diagnostics.contains("what it prints is not a JSON object"), "\(diagnostics)")
        #expect(!diagnostics.contains("hidden"))
    }

    @Test func serveDoesNotStartWithNothingToSignWith() throws {
        let files = try Self.files()
        let alone = [
            "COUNTERSIGN_ENVIRONMENT": "staging", "HOME": files.folder,
            "COUNTERSIGN_SEALING_SECRET": "a-secret-of-32-bytes-or-more-for-tests",
        ]
        for variables in [["AWS_EC2_METADATA_DISABLED": "true"], ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"]] {
            let run = try BinaryRun(
                ["serve", "--port", "0"], variables: alone.merging(variables) { one, _ in one }, folder: files.folder)
            let (code, diagnostics) = run.end()
            #expect(code == 2 && diagnostics.contains("no AWS credentials found. Looked at AWS_ACCESS_KEY_ID (not set)"), "\(diagnostics)")
        }
        let missing = try BinaryRun(["serve", "--port", "0"], variables: Self.production, folder: files.folder).end()
        #expect(missing.code == 2 && missing.diagnostics.contains("COUNTERSIGN_STAGING_AWS_ACCESS_KEY_ID: there is nothing to sign with"))
    }

    @Test func commandsSignWithWhatAProcessPrintsAndSayWhenItEnds() async throws {
        let files = try Self.files()
        try files.write("keys.json", Self.keys("ASIAFIRST", lives: 600))
        let variables = [
            "AWS_PROFILE": "uploads", "AWS_CONFIG_FILE": files.folder + "/config", "HOME": "/nowhere", "AWS_REGION": "us-east-1",
        ]
        let now = Date().ISO8601Format().filter { $0 != "-" && $0 != ":" }
        let long = await CommandRun.command(["presign", "get", "s3://examplebucket/k", "--expires", "1h"], variables: variables, now: now)
        #expect(long.code == 0 && long.output.contains("X-Amz-Security-Token=hidden-token"))
        #expect(long.diagnostics.contains("note: these credentials end at 2"))
        let short = await CommandRun.command(["presign", "get", "s3://examplebucket/k", "--expires", "1m"], variables: variables, now: now)
        #expect(short.code == 0 && !short.diagnostics.contains("note:"))
        let form = await CommandRun.command(
            ["presign", "post", "s3://examplebucket/k", "--max-size", "1MB", "--expires", "1h"], variables: variables, now: now)
        #expect(form.code == 0 && form.diagnostics.contains("note: these credentials end at 2"))
        let batch = await CommandRun.command(
            ["presign", "batch"], variables: variables, input: #"{"method":"GET","bucket":"examplebucket","key":"k"}"#, now: now)
        #expect(batch.code == 0 && batch.output.contains("ASIAFIRST"))
        try files.write("keys.json", "hidden")
        let failed = await CommandRun.command(["presign", "get", "s3://examplebucket/k"], variables: variables, now: now)
        #expect(failed.code == 3 && failed.output == "")
        #expect(failed.diagnostics == "error: credential_process at \(files.folder)/config:2: what it prints is not a JSON object\n")
    }

    @Test func aSecretOfABatchIsInNoDump() throws {
        let line = try BatchLine(
            Array(#"{"method":"GET","bucket":"b","accessKeyId":"A","secretAccessKey":"hidden","sessionToken":"hidden"}"#.utf8)[...])
        var dumped = ""
        dump(line.keys, to: &dumped)
        #expect(dumped.contains("A") && !dumped.contains("hidden"))
    }
}
