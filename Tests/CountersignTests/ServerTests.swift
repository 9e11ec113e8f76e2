import Foundation
import LocalBucket
import S3Policy
import S3Signing
import Settings
import SigV4
import Testing
import Uploads

@testable import countersign

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// `serve`, `dev` and `health` as processes of their own.
@Suite struct ServerTests {
    private static let policies = """
        bucket: examplebucket-ENVIRONMENT
        region: eu-central-1
        allowedOrigins: [https://app.example.com]
        rules:
          photos:
            contentTypes: [image/png]
            maximumSize: 1MB
            key: "{caller}/{uuid}{ext}"
        """

    /// A working folder with policies for the environments, gone afterwards.
    private func withFolder(
        environments: [String] = ["production", "staging"], _ body: (_ folder: String) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "countersign-serve-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in environments {
            let place = "\(folder)/policies/\(name)"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            let rules = Self.policies.replacing("ENVIRONMENT", with: name)
            try Data(rules.utf8).write(to: URL(filePath: place + "/uploads.yaml"))
            let cors = """
                {"CORSRules": [{"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["PUT", "POST"],
                  "AllowedHeaders": ["content-type", "if-none-match"], "ExposeHeaders": ["ETag"]}]}
                """
            try Data(cors.utf8).write(to: URL(filePath: place + "/cors.json"))
        }
        try await body(folder)
    }

    private static let credentials = [
        "COUNTERSIGN_STAGING_AWS_ACCESS_KEY_ID": "AKIDSTAGING", "COUNTERSIGN_STAGING_AWS_SECRET_ACCESS_KEY": "secretsecret",
        "COUNTERSIGN_SEALING_SECRET": "a-secret-of-32-bytes-or-more-for-tests",
        "COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID": "AKIDPRODUCTION", "COUNTERSIGN_PRODUCTION_AWS_SECRET_ACCESS_KEY": "hiddenhidden",
    ]

    private func ask(
        _ base: String, _ body: String = #"{"rule":"photos","filename":"a.png","size":3,"type":"image/png"}"#,
        headers: [String: String] = [:]
    ) async throws -> (status: Int, json: JSON) {
        var request = URLRequest(url: try #require(URL(string: base + "v1/uploads")))
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await HTTPFetch.send(request)
        return (response.statusCode, try JSONParser.parse(Array(data)[...]))
    }

    // MARK: dev

    @Test func devTakesAPhoto() async throws {
        try await withFolder { folder in
            var variables = ["HOME": folder, "AWS_ACCESS_KEY_ID": "AKIDREAL", "AWS_SECRET_ACCESS_KEY": "real"]
            variables["AWS_ENDPOINT_URL_S3"] = "https://s3.eu-central-1.amazonaws.com"
            let dev = try BinaryRun(["dev", "--port", "0", "--bucket-port", "0"], variables: variables, folder: folder)
            let page = try #require(dev.line())
            let bucket = try #require(dev.line())
            #expect(page.hasPrefix("http://localhost:"))

            let ticket = try await ask(page)
            #expect(ticket.status == 201)
            #expect(ticket.json["environment"] == .string("staging"))
            let url = try #require(ticket.json["url"]?.string)
            #expect(url.hasPrefix(bucket + "local-staging-bucket/dev/"))
            #expect(!url.contains("AKIDREAL"))
            let statuses = try await [put(ticket.json, "abc"), put(ticket.json, "abc"), put(ticket.json, "abcd")]
            #expect(statuses == [200, 412, 403])

            #expect(try await ask(page, headers: ["Origin": "https://app.example.com"]).status == 403)
            #expect(try await ask(page, headers: ["X-Api-Key": "csk_wrong"]).status == 401)
            #expect(try await preflight(url, origin: "http://localhost:5173") == 200)
            #expect(try await preflight(url, origin: "https://app.example.com") == 403)

            dev.signal(SIGTERM)
            let (code, diagnostics) = dev.end()
            #expect(code == 0)
            try await checkGuide(diagnostics, page: page, folder: folder)
        }
    }

    private func put(_ ticket: JSON, _ body: String) async throws -> Int {
        var request = URLRequest(url: try #require(URL(string: ticket["url"]?.string ?? "")))
        request.httpMethod = "PUT"
        request.httpBody = Data(body.utf8)
        guard case .object(let headers)? = ticket["headers"] else { return 0 }
        for header in headers { request.setValue(header.value.string, forHTTPHeaderField: header.name) }
        return try await HTTPFetch.send(request).1.statusCode
    }

    private func preflight(_ url: String, origin: String) async throws -> Int {
        var request = URLRequest(url: try #require(URL(string: url)))
        request.httpMethod = "OPTIONS"
        request.setValue(origin, forHTTPHeaderField: "Origin")
        request.setValue("PUT", forHTTPHeaderField: "Access-Control-Request-Method")
        request.setValue("content-type,if-none-match", forHTTPHeaderField: "Access-Control-Request-Headers")
        return try await HTTPFetch.send(request).1.statusCode
    }

    private func checkGuide(_ diagnostics: String, page: String, folder: String) async throws {
        #expect(diagnostics.contains("Open \(page) and drop a photo on it."))
        #expect(diagnostics.contains("staging: needs no API key here"))
        #expect(diagnostics.contains(#"-d '{"rule":"photos","filename":"a.png","size":68,"type":"image/png"}'"#))
        #expect(diagnostics.firstRange(of: "production: send the API key csk_") != nil)
        let data = folder + "/.countersign-dev"
        #expect(try String(contentsOfFile: data + "/.gitignore", encoding: .utf8) == "*\n")
        let profiles = data + "/aws-config"
        #expect(try FileManager.default.attributesOfItem(atPath: profiles)[.posixPermissions] as? Int == 0o600)
        let text = try String(contentsOfFile: profiles, encoding: .utf8)
        let secrets = text.split(separator: "\n").filter { $0.hasPrefix("aws_secret_access_key = ") }.map { String($0.suffix(40)) }
        #expect(Set(secrets).count == 2)
        #expect(secrets.allSatisfy { !diagnostics.contains($0) })
        #expect(
            diagnostics.contains("AWS_CONFIG_FILE=.countersign-dev/aws-config aws --profile local-staging s3 ls s3://local-staging-bucket"))
    }

    /// The file that the AWS CLI reads, whole.
    @Test func devProfilesAreThoseOfTheAWSCLI() async throws {
        try await withFolder { folder in
            let environments = try PolicyFolder.environments(in: folder + "/policies")
            var random = SeededGenerator(seed: 9)
            let desk = try DevDesk(environments: environments, policiesFolder: folder + "/policies", dataFolder: folder, using: &random)
            let profiles = DevProfiles(desk: desk, bucketPort: 9000)
            try profiles.write()
            try profiles.write()
            let text = try String(contentsOfFile: folder + "/aws-config", encoding: .utf8)
            let places = text.split(separator: "\n\n").dropFirst().map { $0.split(separator: "\n").filter { !$0.hasPrefix("aws_") } }
            let rest: [Substring] = [
                "region = us-east-1", "endpoint_url = http://127.0.0.1:9000", "s3 =", "    addressing_style = path",
                "    signature_version = s3v4",
            ]
            #expect(places == [["[profile local-staging]"] + rest, ["[profile local-production]"] + rest])
            for place in desk.places { #expect(text.contains("\naws_access_key_id = \(place.credentials.accessKeyID)\n")) }
        }
    }

    @Test func devGivesProductionAKey() async throws {
        try await withFolder { folder in
            let environments = try PolicyFolder.environments(in: folder + "/policies")
            var random = SeededGenerator(seed: 9)
            let desk = try DevDesk(environments: environments, policiesFolder: folder + "/policies", dataFolder: folder, using: &random)
            #expect(desk.places.map(\.environment.name) == ["staging", "production"])
            #expect(desk.places.map { $0.apiKey == nil } == [true, false])
            #expect(Set(desk.places.map(\.credentials.accessKeyID)).count == 2)
            #expect(
                desk.places.allSatisfy {
                    $0.cors?.rules.allSatisfy { $0.allowedOrigins.allSatisfy { $0.hasPrefix("http://l") || $0.hasPrefix("http://127.") } }
                        == true
                })
        }
    }

    @Test func devNeedsAPoliciesFolder() async throws {
        try await withFolder(environments: []) { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let (code, diagnostics) = try BinaryRun(["dev"], folder: folder).end()
            #expect(code == 2)
            #expect(diagnostics.contains("policies"))
            #expect(diagnostics.contains("name one with --policies"))
        }
    }

    @Test(arguments: ["--port", "--bucket-port"])
    func devSaysWhichPortIsTaken(_ option: String) async throws {
        try await withFolder { folder in
            let taken = try TakenPort()
            let other = option == "--port" ? "--bucket-port" : "--port"
            let (code, diagnostics) = try BinaryRun(["dev", option, String(taken.port), other, "0"], folder: folder).end()
            #expect(code == 3)
            #expect(
                diagnostics.contains(
                    "localhost:\(taken.port) is in use by another program; stop that, or choose another port with \(option)."))
        }
    }

    // MARK: serve

    @Test func servesUntilTerminated() async throws {
        try await withFolder { folder in
            let mint = await CommandRun.command(["token", "mint", "--name", "web", "--environment", "staging", "--format", "json"])
            var variables = Self.credentials
            variables[try #require(mint.json["variable"]?.string)] = mint.json["value"]?.string
            let serve = try BinaryRun(["serve", "--host", "127.0.0.1", "--port", "0"], variables: variables, folder: folder)
            let base = try #require(serve.line())
            #expect(base.hasPrefix("http://127.0.0.1:"))
            #expect(try await ask(base).status == 401)
            let ticket = try await ask(base, headers: ["Authorization": "Bearer \(mint.json["key"]?.string ?? "")"])
            #expect(ticket.status == 201)
            #expect(ticket.json["url"]?.string?.hasPrefix("https://examplebucket-staging.s3.eu-central-1.amazonaws.com/web/") == true)

            let port = try #require(URL(string: base)?.port)
            #expect(await CommandRun.command(["health", "--port", String(port)]).code == 0)
            serve.signal(SIGINT)
            let (code, diagnostics) = serve.end()
            #expect(code == 0)
            #expect(!diagnostics.contains("csk_"))
            #expect(!diagnostics.contains("secretsecret"))
            #expect(await CommandRun.command(["health", "--port", String(port)]).code == 1)
        }
    }

    @Test func reportsEveryMistakeAtOnce() async throws {
        try await withFolder { folder in
            var variables = Self.credentials
            variables["COUNTERSIGN_PORT"] = "eighty"
            variables["COUNTERSIGN_STAGING_API_KEYS"] = "web"
            variables["COUNTERSIGN_PRODUCTION_AWS_SECRET_ACCESS_KEY"] = nil
            try Data("bucket: UPPER\n".utf8).write(to: URL(filePath: folder + "/policies/staging/uploads.yaml"))
            let (code, diagnostics) = try BinaryRun(["serve"], variables: variables, folder: folder).end()
            #expect(code == 2)
            #expect(diagnostics.hasPrefix("error: the service does not start; "))
            #expect(diagnostics.contains("COUNTERSIGN_PORT"))
            #expect(diagnostics.contains("policies/staging/uploads.yaml:1"))
        }
    }

    @Test func saysThatThePortIsTaken() async throws {
        try await withFolder { folder in
            let taken = try TakenPort()
            let serve = try BinaryRun(
                ["serve", "--host", "127.0.0.1", "--port", String(taken.port)], variables: Self.credentials, folder: folder)
            let (code, diagnostics) = serve.end()
            #expect(code == 3)
            #expect(diagnostics.contains("error: 127.0.0.1:\(taken.port) is in use by another program"))
        }
    }

    @Test func healthTakesThePortFromTheVariables() async {
        #expect(await CommandRun.command(["health"], variables: ["PORT": "no"]).code == 2)
        #expect(await CommandRun.command(["health", "--port", "65536"]).code == 2)
    }

    // MARK: The process

    @Test func theBinaryUsesTheContractsExitCodes() throws {
        #expect(try BinaryRun(["--help"]).end().code == 0)
        #expect(try BinaryRun(["--version"]).end().code == 0)
        #expect(try BinaryRun(["nonsense"]).end().code == 2)
        #expect(try BinaryRun(["presign", "get"]).end().code == 2)
        #expect(
            try BinaryRun(["presign", "get", "s3://examplebucket/k", "--region", "us-east-1"], variables: ["HOME": "/nowhere"]).end().code
                == 3)
        #expect(try BinaryRun(["inspect", PresignTests.documentedURL], variables: ["HOME": "/nowhere"]).end().code == 1)
    }
}
