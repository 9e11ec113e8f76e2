import Foundation
import Libcrypto
import Settings
import SigV4
import Testing
import Uploads

@testable import UploadService

/// Credentials from servers on loopback that answer as AWS's do, and as they should not.
@Suite struct CredentialFetcherTests {
    private func fetch(
        _ variables: [String: String], config: String? = nil, deadline: Duration = .seconds(60)
    ) async throws -> SigningCredentials {
        let settings = AWSSettings(variables: variables.merging(["HOME": "/h"]) { one, _ in one }) { path throws(AWSSettingsError) in
            path == "/h/.aws/config" ? config.map { Array($0.utf8) } : nil
        }
        return try await CredentialFetcher(deadline: deadline, nearDeadline: deadline).fetch(try settings.credentialPlan(), at: Fixture.now)
    }

    private func message(_ variables: [String: String], config: String? = nil, deadline: Duration = .seconds(60)) async -> String {
        do {
            return "no error, but \(try await fetch(variables, config: config, deadline: deadline))"
        } catch {
            return "\(error)"
        }
    }

    private static let expected = SigningCredentials(
        Credentials(accessKeyID: "ID", secretAccessKey: Secret(CredentialText.secret), sessionToken: CredentialText.token),
        expiresAt: SigningTime(iso8601: "2030-01-02T03:04:05Z"))

    // MARK: - The instance

    private static let rolePath = "/latest/meta-data/iam/security-credentials/"

    private static func instance(_ answers: [String: CredentialServer.Answer]) -> CredentialServer.Respond {
        { request in
            let usual: [String: CredentialServer.Answer] = [
                "/latest/api/token": request.method == "PUT" ? .body("TOKEN==") : .body("", status: 405),
                rolePath: .body("web-server\n"),
                rolePath + "web-server": .body(CredentialText.json("ID", extra: #""Code":"Success","Type":"AWS-HMAC","#)),
            ]
            guard request.path == "/latest/api/token" || request.header("x-aws-ec2-metadata-token") == "TOKEN==" else {
                return .body("", status: 401)
            }
            return answers[request.path] ?? usual[request.path] ?? .body("", status: 404)
        }
    }

    @Test func theInstanceGivesThemToWhoHasAToken() async throws {
        try await CredentialServer.run(Self.instance([:])) { base, server in
            let found1 = try await fetch(["AWS_EC2_METADATA_SERVICE_ENDPOINT": base + "/"])
            #expect(found1 == Self.expected)
            #expect(server.requests.map(\.method) == ["PUT", "GET", "GET"])
            #expect(server.requests[0].header("x-aws-ec2-metadata-token-ttl-seconds") == "21600")
            #expect(server.requests.map(\.path) == ["/latest/api/token", Self.rolePath, Self.rolePath + "web-server"])
        }
    }

    @Test(
        arguments: [
            ("/latest/api/token", .body("", status: 403), "the answer is 403"),
            ("/latest/api/token", .body(""), "the answer is no token"),
            ("/latest/api/token", .body("a\r\nx: y"), "the answer is no token"),
            (rolePath, .body("", status: 404), "the instance has no role"),
            (rolePath, .body("<html>hidden</html>"), "the answer is no role's name"),
            (rolePath, .body("../../user-data"), "the answer is no role's name"),
            (rolePath, .body(""), "the answer is no role's name"),
            (rolePath + "web-server", .body(#"{"Code":"AssumeRoleUnauthorizedAccess"}"#), "the answer is AssumeRoleUnauthorizedAccess"),
            (rolePath + "web-server", .body("<html>hidden</html>"), "the answer is not a JSON object"),
            (rolePath + "web-server", .body(""), "the answer is empty"),
            (rolePath + "web-server", .body("[]"), "the answer is not a JSON object"),
            (rolePath + "web-server", .body(#"{"AccessKeyId":"hidden"}"#), "the answer has no SecretAccessKey"),
            (rolePath + "web-server", .body(#"{"SecretAccessKey":"hidden"}"#), "the answer has no AccessKeyId"),
            (
                rolePath + "web-server", .body(#"{"AccessKeyId":1,"SecretAccessKey":"hidden"}"#),
                "AccessKeyId in the answer must be a string"
            ),
            (
                rolePath + "web-server", .body(CredentialText.json("ID", expiration: "hidden")),
                "Expiration in the answer is no ISO 8601 time"
            ),
            (rolePath + "web-server", .body(CredentialText.json("I D")), "this is not an access key id"),
            (rolePath + "web-server", .blanks(70_000), "the answer is larger than 64 KiB"),
            (rolePath + "web-server", .redirect("http://example.com/"), "the answer is 302"),
            (rolePath + "web-server", .body(String(repeating: "[", count: 60_000)), "the answer is not a JSON object"),
        ] as [(String, CredentialServer.Answer, String)])
    func saysWhatIsWrongWithTheInstance(path: String, answer: CredentialServer.Answer, says: String) async throws {
        try await CredentialServer.run(Self.instance([path: answer])) { base, _ in
            let said = await message(["AWS_EC2_METADATA_SERVICE_ENDPOINT": base])
            #expect(said.hasPrefix("the instance's metadata: no AWS credentials found. Looked at AWS_ACCESS_KEY_ID (not set)"), "\(said)")
            #expect(said.hasSuffix("\(says))") || said.contains(says), "\(said)")
            #expect(!said.contains("hidden"))
        }
    }

    // MARK: - Containers

    @Test func aContainerShowsItsToken() async throws {
        let respond: CredentialServer.Respond = { request in
            request.header("authorization") == "Bearer of this"
                ? .body(CredentialText.json("ID")) : .body(#"{"code":"AccessDenied"}"#, status: 403)
        }
        try await CredentialServer.run(respond) { base, server in
            let url = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": base + "/v1/credentials?x=1"]
            let token = url.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "Bearer of this"]) { one, _ in one }
            let found2 = try await fetch(token)
            #expect(found2 == Self.expected)
            let request = try #require(server.requests.last)
            #expect(request.path == "/v1/credentials?x=1" && request.header("accept") == "application/json")
            let file = try TemporaryFile("Bearer of this\n")
            // The file wins, and is read anew each time.
            let both = url.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file.path]) {
                one, _ in one
            }
            let found3 = try await fetch(both)
            #expect(found3 == Self.expected)
            try file.write("hidden")
            #expect(await message(both) == "the endpoint of AWS_CONTAINER_CREDENTIALS_FULL_URI: the answer is 403 AccessDenied")
            try file.write("two\nlines")
            #expect(await message(both).contains("is empty or has more than one line"))
            #expect(
                await message(url.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/nowhere"]) { one, _ in one }).contains(
                    "/nowhere is not there"))
        }
    }

    @Test(
        arguments: [
            (.body("<html>hidden</html>", status: 500), "the answer is 500"),
            (.body(#"{"code":"<b>hidden</b>","message":"hidden"}"#, status: 400), "the answer is 400"),
            (.body("\u{FEFF}{}"), "the answer"), (.blanks(1 << 20), "larger than 64 KiB"),
            (.body(#"{"AccessKeyId":"A","SecretAccessKey":"s","Token":"a\r\nb"}"#), "this is not a session token"),
        ] as [(CredentialServer.Answer, String)])
    func saysWhatIsWrongWithAContainer(answer: CredentialServer.Answer, says: String) async throws {
        try await CredentialServer.run({ _ in answer }) { base, _ in
            let said = await message(["AWS_CONTAINER_CREDENTIALS_FULL_URI": base])
            #expect(said.contains(says) && !said.contains("hidden"), "\(said)")
        }
    }

    @Test func anAnswerThatDripsIsGivenUp() async throws {
        try await CredentialServer.run({ _ in .drip }) { base, _ in
            for variable in ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT"] {
                let said = await message([variable: base], deadline: .seconds(2))
                #expect(said.contains("the answer did not come within 2 seconds"), "\(said)")
            }
        }
    }

    @Test func whereNobodyListensIsSaid() async {
        let said = await message(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/"])
        #expect(said.hasPrefix("the endpoint of AWS_CONTAINER_CREDENTIALS_FULL_URI: the request failed"), "\(said)")
    }

    // MARK: - Roles

    private static let chain = """
        [default]
        role_arn = arn:aws:iam::1:role/last
        source_profile = middle
        external_id = a b+c
        duration_seconds = 1800
        role_session_name = uploads@example
        [profile middle]
        role_arn = arn:aws:iam::1:role/first
        source_profile = keys
        [profile keys]
        aws_access_key_id = FIRST
        aws_secret_access_key = first-secret
        """

    @Test func rolesAreTakenOneWithTheOther() async throws {
        let respond: CredentialServer.Respond = { request in
            .body(CredentialText.xml(request.form["RoleArn"] == "arn:aws:iam::1:role/first" ? "MIDDLE" : "ID"))
        }
        try await CredentialServer.run(respond) { base, server in
            let variables = ["AWS_ENDPOINT_URL_STS": base, "AWS_REGION": "eu-central-1"]
            let found4 = try await fetch(variables, config: Self.chain)
            #expect(found4 == Self.expected)
            let requests = server.requests
            #expect(requests.count == 2)
            #expect(
                requests[0].form == [
                    "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/first",
                    "RoleSessionName": "countersign-\(Fixture.now.secondsSinceEpoch)",
                ])
            #expect(
                requests[1].form == [
                    "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/last",
                    "RoleSessionName": "uploads@example", "ExternalId": "a b+c", "DurationSeconds": "1800",
                ])
            // Each is signed with what came before, in a way that a verifier accepts.
            let known = [
                "FIRST": Credentials(accessKeyID: "FIRST", secretAccessKey: Secret("first-secret")),
                "MIDDLE": Credentials(
                    accessKeyID: "MIDDLE", secretAccessKey: Secret(CredentialText.secret), sessionToken: CredentialText.token),
            ]
            for (request, id) in zip(requests, ["FIRST", "MIDDLE"]) {
                let authorization = try #require(request.header("authorization"))
                #expect(authorization.contains("Credential=\(id)/20250601/eu-central-1/sts/aws4_request"))
                #expect(request.header("x-amz-security-token") == known[id]?.sessionToken)
                let expected = try Self.authorization(of: request, with: try #require(known[id]))
                #expect(authorization == expected)
            }
        }
    }

    /// What the header has to be for a request as it came.
    private static func authorization(of request: CredentialRequest, with credentials: Credentials) throws -> String? {
        let headers = ["host", "content-type"].map { Header($0, request.header($0) ?? "") }
        let signer = RequestSigner(credentials: credentials, region: "eu-central-1", service: "sts")
        return try signer.authorize(
            SignableRequest(method: request.method, path: request.path, headers: headers), payload: .sha256(SHA256.hash(request.body)),
            declaresPayload: false, at: Fixture.now
        ).headers.last?.value
    }

    @Test func aWebIdentityShowsItsTokenAndSignsNothing() async throws {
        try await CredentialServer.run({ _ in .body(CredentialText.xml("ID", action: "AssumeRoleWithWebIdentity")) }) { base, server in
            let file = try TemporaryFile("header.payload.signature\n")
            let variables = [
                "AWS_ENDPOINT_URL_STS": base, "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod", "AWS_WEB_IDENTITY_TOKEN_FILE": file.path,
                "AWS_ROLE_SESSION_NAME": "pod-1",
            ]
            let found5 = try await fetch(variables)
            #expect(found5 == Self.expected)
            let request = try #require(server.requests.first)
            #expect(request.header("authorization") == nil)
            #expect(
                request.form == [
                    "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/pod",
                    "RoleSessionName": "pod-1", "WebIdentityToken": "header.payload.signature",
                ])
            try file.write("")
            #expect(await message(variables).contains("is empty"))
            let pipe = file.path + ".pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            defer { unlink(pipe) }
            for (path, says) in [
                (pipe, "this is no regular file"), ("/nowhere/at-all", "is not there"), ("/dev/zero", "larger than 1 MiB"),
            ] {
                let said = await message(variables.merging(["AWS_WEB_IDENTITY_TOKEN_FILE": path]) { $1 })
                #expect(said.contains("the token file \(path)") && said.contains(says), "\(said)")
            }
        }
    }

    @Test(
        arguments: [
            (
                .body(CredentialText.xmlError("AccessDenied", "User: x is not authorized to perform: sts:AssumeRole"), status: 403),
                "STS answers 403 AccessDenied: User: x is not authorized to perform: sts:AssumeRole"
            ),
            (
                .body(CredentialText.xmlError("InvalidIdentityToken", "not header.hidden.signature"), status: 400),
                "STS answers 400 InvalidIdentityToken"
            ),
            (.body("<html>hidden</html>", status: 503), "STS answers 503"), (.body("<html>hidden</html>"), "the answer has no Credentials"),
            (.body(""), "the answer has no Credentials"), (.blanks(100_000), "the answer is larger than 64 KiB"),
            (.body("<R><Credentials><AccessKeyId>A</AccessKeyId></Credentials></R>"), "the answer has no Expiration"),
            (.body(CredentialText.xml("A\u{7F}")), "accessKeyID in the answer: this is not an access key id"),
            (.redirect("/"), "STS answers 302"),
        ] as [(CredentialServer.Answer, String)])
    func saysWhatIsWrongWithSTS(answer: CredentialServer.Answer, says: String) async throws {
        try await CredentialServer.run({ _ in answer }) { base, _ in
            let file = try TemporaryFile("header.hidden.signature")
            let said = await message([
                "AWS_ENDPOINT_URL_STS": base, "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod", "AWS_WEB_IDENTITY_TOKEN_FILE": file.path,
            ])
            #expect(said.contains(": " + says) && !said.contains("hidden"), "\(said)")
        }
    }

    @Test func aSlowSTSIsGivenUp() async throws {
        try await CredentialServer.run({ _ in .drip }) { base, _ in
            let said = await message(["AWS_ENDPOINT_URL_STS": base], config: Self.chain, deadline: .seconds(1))
            #expect(said == "role_arn at /h/.aws/config:8: the answer did not come within 1 seconds")
        }
    }
}

/// A file that lasts as long as the test.
final class TemporaryFile: Sendable {
    let path: String

    init(_ text: String) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("countersign-\(UUID().uuidString)").path
        try write(text)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
}
