import Foundation
import S3Signing
import Testing

@testable import countersign

/// How `policy public`, `compare`, `access` and `equal` print their answers.
@Suite struct PolicyAnswerTests {
    private static let reader = statement("{\"AWS\": \"arn:aws:iam::111122223333:role/reader\"}", "s3:GetObject")

    private static func statement(_ principal: String, _ action: String, _ resource: String = "*", when condition: String? = nil) -> String
    {
        let condition = condition.map { ", \"Condition\": {\($0)}" } ?? ""
        return """
            {"Effect": "Allow", "Principal": \(principal), "Action": "\(action)", "Resource": "arn:aws:s3:::my-bucket/\(resource)"\(condition)}
            """
    }

    /// Statements, each on its line from the second.
    private static func policy(_ statements: String...) -> String {
        "{\"Version\": \"2012-10-17\", \"Statement\": [\n\(statements.joined(separator: ",\n"))\n]}\n"
    }

    private func ask(_ arguments: String...) async -> CommandRun { await CommandRun.command(["policy"] + arguments) }

    /// Runs the last line that shows how to see why, as a shell would.
    private func seeWhy(_ output: String) async throws -> CommandRun {
        let prefix = "To see why: countersign "
        let line = try #require(output.split(separator: "\n").last { $0.hasPrefix(prefix) })
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", "printf '%s\\n' \(line.dropFirst(prefix.count))"]
        let pipe = Pipe()
        shell.standardOutput = pipe
        try shell.run()
        let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        return await CommandRun.command(words.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init))
    }

    @Test func yesIsOneLine() async throws {
        let files = try PolicyFiles([
            "old.json": Self.policy(Self.reader),
            "new.json": Self.policy(Self.statement("{\"AWS\": \"arn:aws:iam::111122223333:role/reader\"}", "s3:GetObject", "a/*")),
        ])
        let (old, new) = (files.path("old.json"), files.path("new.json"))
        let run = await ask("compare", old, new)
        #expect(run.output == "yes: \(new) allows nothing that \(old) does not.\n" && run.diagnostics == "")
        #expect(await ask("equal", old, old).output == "yes: \(old) and \(old) allow the same requests.\n")
        #expect(await ask("access", old, "--action", "s3:PutObject", "s3:Delete*").output == "yes: \(old) grants none of it.\n")
        #expect(
            await ask("public", old).output == """
                by S3 Block Public Access: not public
                by what it means: not public: nobody outside is allowed anything

                """)
    }

    @Test func noIsARequestThatOneCanPaste() async throws {
        let condition = "\"ForAnyValue:StringEquals\": {\"aws:TagKeys\": \"it's\"}, \"StringEquals\": {\"aws:Referer\": \"[a b]\"}"
        let files = try PolicyFiles([
            "old.json": Self.policy(Self.reader),
            "new.json": Self.policy(Self.reader, Self.statement("\"*\"", "s3:PutObject", "in box/*", when: condition)),
        ])
        let (old, new) = (files.path("old.json"), files.path("new.json"))
        let run = await ask("compare", old, new)
        #expect(
            run.output.hasPrefix("no: \(new) allows a request that \(old) does not:\n  principal  anonymous\n  action     s3:PutObject\n"))
        let simulation = try await seeWhy(run.output)
        #expect(
            simulation.code == 0 && simulation.output.hasPrefix("allowed  s3:PutObject"), "\(simulation.output)\(simulation.diagnostics)")

        let request = try #require(await ask("compare", old, new, "--format", "json").json["request"])
        #expect(request["context"]?["aws:TagKeys"] == .array([.string("it's")]))
        #expect(request["context"]?["aws:Referer"] == .string("[a b]"))
        let access = await ask("access", new, "--action", "s3:Get*", "--resource", "arn:aws:s3:::my-bucket/a*")
        #expect(access.output.contains("  action     s3:GetObject\n  resource   arn:aws:s3:::my-bucket/a"))
        #expect(try await seeWhy(access.output).code == 0)
        for pair in [[old, new], [new, old]] {
            #expect(
                await ask("equal", pair[0], pair[1]).output.hasPrefix("no: only one of \(pair[0]) and \(pair[1]) allows this request:\n"))
        }
    }

    @Test func unknownNamesTheStatement() async throws {
        let canonical = "{\"CanonicalUser\": \"\(String(repeating: "0123456789abcdef", count: 4))\"}"
        let files = try PolicyFiles([
            "old.json": Self.policy(Self.reader), "new.json": Self.policy(Self.reader, Self.statement(canonical, "s3:PutObject")),
        ])
        let (old, new) = (files.path("old.json"), files.path("new.json"))
        let run = await ask("compare", old, new)
        #expect(run.code == 1)
        #expect(run.output == "unknown: it cannot be told, since a canonical user id does not tell its account (\(new):3:1)\n")
        let json = await ask("compare", old, new, "--format", "json").json
        #expect(
            json["answer"] == .string("unknown") && json["reason"] == .string("canonicalUser") && json["place"] == .string("\(new):3:1"))
        #expect(await ask("equal", new, old, "--format", "json").json["place"] == .string("\(new):3:1"))
    }

    @Test func publicShowsTheStatementAndWhatAnybodyMayDo() async throws {
        let deny = "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"*\", \"Resource\": \"*\"}"
        let files = try PolicyFiles([
            "open.json": Self.policy(Self.reader, Self.statement("\"*\"", "s3:GetObject")),
            "denied.json": Self.policy(Self.statement("\"*\"", "s3:GetObject"), deny),
        ])
        let run = await ask("public", files.path("open.json"))
        #expect(run.code == 1)
        #expect(
            run.output.hasPrefix(
                "by S3 Block Public Access: public\n  the statement at \(files.path("open.json")):3:1 is bound to no fixed value\n"))
        #expect(run.output.contains("\nby what it means: public: anybody may do this\n  principal  anonymous\n"))
        #expect(try await seeWhy(run.output).code == 0)
        let denied = await ask("public", files.path("denied.json"), "--format", "json")
        #expect(denied.code == 1)
        #expect(denied.json["blockPublicAccess"]?["public"] == .bool(true) && denied.json["meaning"]?["public"] == .bool(false))
    }

    @Test func whatIsNoPolicyIsToldWithItsPlace() async throws {
        let files = try PolicyFiles(["good.json": Self.policy(Self.reader), "bad.json": Self.policy("{\"Effect\": \"Maybe\"}")])
        #expect(await ask("compare", files.path("good.json"), files.path("missing.json")).code == 2)
        let run = await ask("compare", files.path("good.json"), files.path("bad.json"))
        #expect(run.code == 1 && run.output == "" && run.diagnostics.contains("\(files.path("bad.json")):2:12: "))
        #expect(await ask("compare", files.path("good.json")).code == 2)
        #expect(await ask("access", files.path("good.json"), "--resource", "my-bucket").code == 2)
    }
}

/// How `policy simulate` takes requests.
@Suite final class PolicySimulateTests {
    private let files: PolicyFiles

    init() throws {
        self.files = try PolicyFiles([
            "p.json": """
            {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::my-bucket/*"},
            {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::052310077262:root"}, "Action": "s3:PutObject",
             "Resource": "arn:aws:s3:::my-bucket/private/*"},
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::my-bucket/*",
             "Condition": {"StringEquals": {"aws:Referer": "https://www.example.com/"}}}
            ]}
            """,
            "signer-policy.json": """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::my-bucket/*"}]}
            """,
        ])
    }

    private func simulate(_ arguments: String...) async -> CommandRun {
        await CommandRun.command(["policy", "simulate", "--policy", files.path("p.json")] + arguments)
    }

    /// A URL that the holder of a key signed; the account 052310077262 is in the key's id.
    private func url(key: String, accessKeyID: String = "AKIAQYLPMN5HFIQR7XYA", at: String? = nil) async throws -> String {
        var variables = CommandRun.exampleVariables
        variables["AWS_ACCESS_KEY_ID"] = accessKeyID
        let run = await CommandRun.command(
            ["presign", "put", "s3://my-bucket/\(key)", "--region", "eu-central-1"] + (at.map { ["--at", $0] } ?? []), variables: variables)
        try #require(run.code == 0, "\(run.diagnostics)")
        return run.output.trimmingCharacters(in: .newlines)
    }

    @Test func whoSignedAURLIsOfTheAccountInTheAccessKey() async throws {
        let denied = await simulate("--method", "PUT", "--url", try await url(key: "private/a"))
        #expect(denied.code == 1 && denied.output.hasPrefix("explicitDeny  s3:PutObject on arn:aws:s3:::my-bucket/private/a by "))
        #expect(denied.output.contains("arn:aws:iam::052310077262:user/unknown"))
        let allowed = await simulate("--method", "PUT", "--url", try await url(key: "a"))
        #expect(allowed.code == 0 && allowed.diagnostics == "", "\(allowed.diagnostics)")
        // An id of before 2019 tells nothing.
        let untold = await simulate("--method", "PUT", "--url", try await url(key: "a", accessKeyID: "AKIAIOSFODNN7EXAMPLE"))
        #expect(untold.code == 2 && untold.diagnostics.contains("--principal"))
    }

    @Test func anEndedURLIsToldAsSuch() async throws {
        let url = try await url(key: "a", at: "20100101T000000Z")
        let run = await simulate("--method", "PUT", "--url", url, "--principal", "arn:aws:iam::111122223333:user/u")
        #expect(run.diagnostics == "it ended at 2010-01-01T00:15:00Z, so that S3 refuses it whatever the policy says.\n")
    }

    @Test(arguments: [
        (["--action", "s3:Get*", "--resource", "arn:aws:s3:::my-bucket/a"], "s3:Get* is not one action"),
        (["--action", "GetObject", "--resource", "arn:aws:s3:::my-bucket/a"], "GetObject is not one action"),
        (["--action", "s3:GetObject", "--resource", "my-bucket/a"], "my-bucket/a is no ARN"),
        (
            ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::my-bucket/a", "--principal", "arn:aws:iam::12345:user/john.doe"],
            "is no principal"
        ),
    ])
    func whatIsNoRequestIsRefused(arguments: [String], hint: String) async throws {
        let run = await CommandRun.command(["policy", "simulate", "--policy", files.path("p.json")] + arguments)
        #expect(run.code == 2 && run.diagnostics.contains(hint) && run.output == "", "\(run.diagnostics)")
    }

    @Test func anUnknownActionIsToldWithTheDayOfTheData() async throws {
        let run = await simulate("--action", "s3:GetObjct", "--resource", "arn:aws:s3:::my-bucket/a")
        #expect(run.code == 1 && run.diagnostics.hasPrefix("s3:GetObjct is not in the data of 20"))
    }

    @Test func theStatementThatCameNearestIsNamed() async throws {
        let run = await simulate("--action", "s3:GetObject", "--resource", "arn:aws:s3:::my-bucket/a")
        #expect(
            run.code == 1 && run.output.contains("not allowed: statement 3 at \(files.path("p.json")):5:1 has conditions that do not hold"))
        #expect(run.output.contains("aws:Referer missing, compared by StringEquals with \"https://www.example.com/\""))
        let other = await simulate("--action", "s3:GetObject", "--resource", "arn:aws:s3:::other/a")
        #expect(other.output.contains("is about other resources"))
    }

    @Test func aPolicyOfUsersNeedsAUser() async throws {
        let run = await CommandRun.command([
            "policy", "simulate", "--policy", files.path("signer-policy.json"), "--action", "s3:PutObject", "--resource",
            "arn:aws:s3:::my-bucket/a",
        ])
        #expect(run.code == 2 && run.diagnostics.contains("--principal"))
        let mixed = await CommandRun.command(["policy", "compare", files.path("signer-policy.json"), files.path("p.json")])
        #expect(mixed.code == 2 && mixed.diagnostics.contains("cannot be compared"))
    }
}
