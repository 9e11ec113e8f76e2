import Foundation
import S3Signing
import Testing

@testable import countersign

/// `policy simulate`, `public`, `compare`, `access`, `equal` and `data`.
@Suite struct PolicyQuestionTests {
    static let network = ", \"Condition\": {\"IpAddress\": {\"aws:SourceIp\": \"203.0.113.0/24\"}}"

    private func simulate(_ policy: String, _ arguments: [String], input: String = "") async throws -> CommandRun {
        let files = try PolicyFiles(["p.json": policy])
        return await CommandRun.command(["policy", "simulate", "--policy", files.path("p.json")] + arguments, input: input)
    }

    private static let read = ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k"]

    @Test(arguments: [
        (["--context", "aws:SourceIp=203.0.113.9"], "allowed", 0), (["--context", "aws:SourceIp=192.0.2.1"], "implicitDeny", 1),
        ([], "implicitDeny", 1),
        (["--principal", "arn:aws:iam::111122223333:user/a"], "needsIdentityPolicy", 1),
        (["--principal", "arn:aws:iam::111122223333:user/a", "--bucket-account", "444455556666"], "implicitDeny", 1),
        (["--principal", "arn:aws:iam::111122223333:user/a", "--context", "aws:SourceIp=203.0.113.9"], "allowed", 0),
    ])
    func decides(arguments: [String], decision: String, code: Int32) async throws {
        let run = try await simulate(PolicyFiles.allow(rest: Self.network), Self.read + arguments)
        #expect(run.code == code && run.output.hasPrefix("\(decision)  s3:GetObject on arn:aws:s3:::b/k by "), "\(run.output)")
        let json = try await simulate(PolicyFiles.allow(rest: Self.network), Self.read + arguments + ["--format", "json"])
        #expect(json.json["decision"] == .string(decision) && json.code == code)
    }

    @Test func saysWhatWasComparedAndWhatIsMissing() async throws {
        let run = try await simulate(PolicyFiles.allow(rest: Self.network), Self.read + ["--context", "aws:SourceIp=203.0.113.9"])
        #expect(run.output.contains("allowed by statement \"Read\" at "))
        #expect(run.output.contains("p.json:4:5\n    aws:SourceIp \"203.0.113.9\", compared by IpAddress with \"203.0.113.0/24\""))
        #expect(try await simulate(PolicyFiles.allow(rest: Self.network), Self.read).output.contains("not told: aws:SourceIp"))
    }

    @Test func aContextFileTellsOneValueFromSeveral() async throws {
        let rest =
            ", \"Condition\": {\"ForAnyValue:StringEquals\": {\"aws:CalledVia\": \"x.amazonaws.com\"}, \"StringEquals\": {\"aws:referer\": \"a\"}}"
        let files = try PolicyFiles([
            "p.json": PolicyFiles.allow(rest: rest), "c.json": "{\"aws:CalledVia\": [\"x.amazonaws.com\"], \"aws:referer\": \"a\"}",
            "d.json": "{\"aws:CalledVia\": [\"x.amazonaws.com\"], \"aws:referer\": [\"a\"]}",
        ])
        func run(_ file: String) async -> Int32 {
            await CommandRun.command(
                ["policy", "simulate", "--policy", files.path("p.json")] + Self.read + ["--context-file", files.path(file)]
            ).code
        }
        #expect(await run("c.json") == 0)
        #expect(await run("d.json") == 1)
    }

    @Test func aURLTellsItsRequest() async throws {
        let deny =
            "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::example-bucket/*\", \"Condition\": {\"NumericGreaterThan\": {\"s3:signatureAge\": \"60000\"}}}"
        let url = await CommandRun.command(["presign", "put", "s3://example-bucket/k", "--once"]).result
        func decide(_ now: String) async throws -> CommandRun {
            let files = try PolicyFiles(["p.json": PolicyFiles.policy(deny)])
            return await CommandRun.command(
                [
                    "policy", "simulate", "--policy", files.path("p.json"), "--url", url, "--method", "PUT", "--principal",
                    "arn:aws:iam::111122223333:user/a",
                    "--format", "json",
                ],
                now: now)
        }
        let early = try await decide("20130524T000030Z")
        #expect(early.json["decision"] == .string("needsIdentityPolicy"))
        #expect(
            early.json["request"]?["action"] == .string("s3:PutObject")
                && early.json["request"]?["resource"] == .string("arn:aws:s3:::example-bucket/k")
        )
        #expect(try await decide("20130524T000130Z").json["decision"] == .string("explicitDeny"))
    }

    @Test func aFormTellsItsRequest() async throws {
        let form = await CommandRun.command(["presign", "post", "s3://example-bucket/k", "--max-size", "1MB", "--format", "json"]).output
        let deny =
            "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::example-bucket/*\", \"Condition\": {\"StringEquals\": {\"s3:authType\": \"POST\"}}}"
        let run = try await simulate(PolicyFiles.policy(deny), ["--url", "-", "--principal", "111122223333"], input: form)
        #expect(run.code == 1 && run.output.hasPrefix("explicitDeny  s3:PutObject on arn:aws:s3:::example-bucket/k"), "\(run.diagnostics)")
    }

    @Test func linesOfRequestsAreAnsweredInTheirOrder() async throws {
        let files = try PolicyFiles([
            "p.json": PolicyFiles.allow(rest: Self.network),
            "r.jsonl": """
            {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "principal": "*", "context": {"aws:SourceIp": "203.0.113.1"}}

            {"action": "s3:PutObject", "resource": "arn:aws:s3:::b/k"}
            """, "bad.jsonl": "{\"action\": \"s3:GetObject\"}\n",
        ])
        let run = await CommandRun.command([
            "policy", "simulate", "--policy", files.path("p.json"), "--requests", files.path("r.jsonl"), "--format", "json",
        ])
        let decisions = try run.output.split(separator: "\n").map { try JSONParser.parse(String($0))["decision"]?.string }
        #expect(decisions == ["allowed", "implicitDeny"] && run.code == 1)
        let bad = await CommandRun.command(["policy", "simulate", "--policy", files.path("p.json"), "--requests", files.path("bad.jsonl")])
        #expect(bad.code == 2 && bad.diagnostics.contains("bad.jsonl:1: a request has action and resource"))
    }

    @Test(arguments: [
        ["--action", "s3:GetObject"], ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k", "--principal", "somebody"],
        ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k", "--context", "novalue"],
        ["--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k", "--context", "nokey=1"],
        ["--url", "ftp://example.com/"], [],
    ])
    func wrongUse(arguments: [String]) async throws {
        #expect(try await simulate(PolicyFiles.allow(), arguments).code == 2)
    }

    @Test func aTextThatIsNoPolicyIsANo() async throws {
        let run = try await simulate("{\"Statement\": {\"Effect\": \"Maybe\"}}", Self.read)
        #expect(run.code == 1 && run.diagnostics.contains("p.json:1:26: Effect is \"Allow\" or \"Deny\"."))
    }

    @Test func questionsAboutAllRequests() async throws {
        let files = try PolicyFiles(["wide.json": PolicyFiles.allow("s3:Get*"), "narrow.json": PolicyFiles.allow(rest: Self.network)])
        func ask(_ arguments: String...) async -> CommandRun {
            await CommandRun.command(["policy"] + arguments.map { $0.hasSuffix(".json") ? files.path($0) : $0 })
        }
        #expect(await ask("compare", "wide.json", "narrow.json").code == 0)
        let wider = await ask("compare", "narrow.json", "wide.json", "--format", "json")
        #expect(wider.code == 1 && wider.json["answer"] == .string("no") && wider.json["request"]?["principal"] != nil)
        #expect(await ask("equal", "wide.json", "wide.json").code == 0)
        #expect(await ask("equal", "wide.json", "narrow.json").code == 1)
        #expect(await ask("access", "wide.json", "--action", "s3:PutObject").code == 0)
        #expect(await ask("access", "wide.json", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/x").code == 1)
        #expect(await ask("access", "wide.json", "--action", "GetObject").code == 2)
        #expect(await ask("public", "wide.json").code == 1)
        #expect(await ask("public", "narrow.json").code == 0)
        #expect(await ask("public", "wide.json", "--format", "json").json["meaning"]?["public"] == .bool(true))
    }

    @Test func anExampleCanBeSimulated() async throws {
        let files = try PolicyFiles(["wide.json": PolicyFiles.allow("s3:Get*"), "narrow.json": PolicyFiles.allow(rest: Self.network)])
        let compare = await CommandRun.command([
            "policy", "compare", files.path("narrow.json"), files.path("wide.json"), "--format", "json",
        ])
        let request = try #require(compare.json["request"])
        try files.write("r.jsonl", request.compact + "\n")
        func decision(_ file: String) async -> Int32 {
            await CommandRun.command(["policy", "simulate", "--policy", files.path(file), "--requests", files.path("r.jsonl")]).code
        }
        #expect(await decision("wide.json") == 0)
        #expect(await decision("narrow.json") == 1)
    }
}
