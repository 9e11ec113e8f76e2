import Libcrypto
import S3Signing
import Settings
import Testing

@testable import countersign

@Suite struct TokenTests {
    @Test func printsTheKeyOnce() async throws {
        let run = await CommandRun.command(["token", "mint", "--name", "web-backend", "--environment", "staging"], variables: [:])
        #expect(run.code == 0)
        let key = try #require(APIKey(run.result))
        #expect(
            run.diagnostics
                == "add to the service's variables:\nCOUNTERSIGN_STAGING_API_KEYS=web-backend:\(key.sha256.hex)\n")
    }

    @Test func printsJSON() async throws {
        let run = await CommandRun.command(["token", "mint", "--name", "a", "--format", "json"], variables: [:])
        let text = try #require(run.json["key"]?.string)
        let key = try #require(APIKey(text))
        #expect(run.json["environment"] == .null)
        #expect(run.json["variable"] == .string("COUNTERSIGN_API_KEYS"))
        #expect(run.json["value"] == .string("a:\(key.sha256.hex)"))
        #expect(run.diagnostics == "")
    }

    @Test func makesAnotherKeyEachTime() async {
        var keys = Set<String>()
        for _ in 0..<10 { keys.insert(await CommandRun.command(["token", "mint", "--name", "a"], variables: [:]).result) }
        #expect(keys.count == 10)
    }

    @Test func namesTheEnvironmentsVariable() async throws {
        let run = await CommandRun.command(
            ["token", "mint", "--name", "a", "--environment", "eu-staging", "--format", "json"], variables: [:])
        #expect(run.json["variable"] == .string("COUNTERSIGN_EU_STAGING_API_KEYS"))
    }

    @Test(arguments: [
        ["--name", ""], ["--name", "a:b"], ["--name", "a,b"], ["--name", "a b"], ["--name", "é"], [],
        ["--name", "a", "--environment", "Staging"],
    ])
    func refusesNames(_ options: [String]) async {
        let run = await CommandRun.command(["token", "mint"] + options, variables: [:])
        #expect(run.code == 2)
        #expect(run.output == "")
    }
}
