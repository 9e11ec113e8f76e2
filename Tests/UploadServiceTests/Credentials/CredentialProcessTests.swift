import Foundation
import Libcrypto
import SigV4
import Testing
import Uploads

@testable import UploadService

/// Programs that print credentials, and programs that do something else.
@Suite struct CredentialProcessTests {
    private func run(_ words: [String], deadline: Duration = .seconds(60)) async throws -> SigningCredentials {
        try await CredentialProcess(words: words, deadline: deadline).credentials()
    }

    private func message(_ words: [String], deadline: Duration = .seconds(60)) async -> String {
        do { return "no error, but \(try await run(words, deadline: deadline))" } catch { return "\(error)" }
    }

    private static func printing(_ extra: String = #""Version":1,"#, expiration: String? = "2030-01-02T03:04:05+00:00") -> [String] {
        ["printf", "%s\\n", CredentialText.json("ID", token: "SessionToken", expiration: expiration, extra: extra)]
    }

    @Test func takesWhatAProgramPrints() async throws {
        let found = try await run(Self.printing())
        #expect(found.credentials.accessKeyID == "ID" && found.credentials.sessionToken == CredentialText.token)
        #expect(found.credentials.secretAccessKey == Secret(CredentialText.secret))
        #expect(found.expiresAt?.iso8601 == "2030-01-02T03:04:05Z")
        #expect(try await run(Self.printing(expiration: nil)).expiresAt == nil)
    }

    @Test func noShellReadsTheCommand() async throws {
        let script = try TemporaryFile("[ \"$1\" = '$HOME; false' ] && [ \"$#\" = 1 ] && printf '%s' '\(Self.printing()[2])'")
        #expect(try await run(["sh", script.path, "$HOME; false"]).credentials.accessKeyID == "ID")
    }

    @Test(
        arguments: [
            (["sh", "-c", "echo hidden >&2; echo hidden; exit 3"], "it ended with exit code 3; run it by hand to see why"),
            (["sh", "-c", "exit 127"], "it ended with exit code 127; is its path right?"),
            (["sh", "-c", "kill -9 $$"], "it was ended by signal 9"),
            (["/nowhere/hidden"], "it cannot be started: No such file or directory"),
            (["/dev/null"], "it cannot be started: Permission denied"),
            (
                ["API_TOKEN=hidden", "/usr/bin/get"],
                "it cannot be started: No such file or directory; a variable in front of a program is for shells, use a script"
            ),
            (["true"], "what it prints is empty"), (["echo", "<html>hidden</html>"], "what it prints is not a JSON object"),
            (["echo", "[]"], "what it prints is not a JSON object"),
            (["head", "-c", "70000", "/dev/zero"], "it prints more than 64 KiB"), (["cat", "/dev/zero"], "it prints more than 64 KiB"),
            (["echo", "{}"], "Version in what it prints must be 1"), (["echo", #"{"Version":2}"#], "Version in what it prints must be 1"),
            (["echo", #"{"Version":1}"#], "what it prints has no AccessKeyId"),
            (["echo", #"{"Version":1,"AccessKeyId":"hidden"}"#], "what it prints has no SecretAccessKey"),
            (
                ["echo", #"{"Version":1,"AccessKeyId":"A","SecretAccessKey":["hidden"]}"#],
                "SecretAccessKey in what it prints must be a string, not an array"
            ),
        ])
    func saysWhatIsWrong(words: [String], says: String) async {
        let said = await message(words)
        #expect(said == says)
        #expect(!said.contains("hidden"))
    }

    /// Neither the program nor what it has started outlives the deadline, even where only the latter hangs.
    @Test(arguments: ["sleep 600", "sleep 600 & echo '{}'", "trap '' TERM INT; sleep 600 >/dev/null & sleep 600", "exec >&-; sleep 600"])
    func whatHangsIsKilled(script: String) async throws {
        let pid = try TemporaryFile("")
        let said = await message(["sh", "-c", "echo $$ > \(pid.path); \(script)"], deadline: .seconds(1))
        #expect(said == "it did not end in time, and was stopped")
        let group = try #require(pid_t(String(contentsOfFile: pid.path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        // The kernel may need a moment to bury them.
        for _ in 0..<600 where kill(-group, 0) == 0 && !Self.isDead(group: group) { try await Task.sleep(for: .milliseconds(100)) }
        #expect(kill(-group, 0) != 0 || Self.isDead(group: group))
    }

    /// A program that leaves its group is still the one that was started.
    @Test func whatLeavesItsGroupIsKilled() async throws {
        let pid = try TemporaryFile("")
        let script = """
            import os, time
            os.setpgid(0, os.getpgid(os.getppid()))
            open('\(pid.path)', 'w').write(str(os.getpid()))
            time.sleep(600)
            """
        let said = await message(["python3", "-c", script], deadline: .seconds(3))
        #expect(said == "it did not end in time, and was stopped")
        let id = try #require(pid_t(String(contentsOfFile: pid.path, encoding: .utf8)))
        // It has been waited for, so there is no zombie either.
        #expect(kill(id, 0) != 0)
    }

    /// The secrets of the service are none of its business; AWS's variables are.
    @Test func aProgramSeesNoVariableOfTheService() async throws {
        setenv("COUNTERSIGN_TEST_OF_A_PROGRAM", "hidden", 1)
        setenv("AWS_TEST_OF_A_PROGRAM", "seen", 1)
        defer { for name in ["COUNTERSIGN_TEST_OF_A_PROGRAM", "AWS_TEST_OF_A_PROGRAM"] { unsetenv(name) } }
        let script =
            "[ -z \"$COUNTERSIGN_TEST_OF_A_PROGRAM\" ] && [ \"$AWS_TEST_OF_A_PROGRAM\" = seen ] && [ -n \"$PATH\" ] && printf '%s' '\(Self.printing()[2])'"
        #expect(try await run(["sh", "-c", script]).credentials.accessKeyID == "ID")
    }

    /// Whether only zombies are left of a process group, for whom nobody waits in a container without an init process.
    private static func isDead(group: pid_t) -> Bool {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.filter { Int($0) != nil }.allSatisfy { id in
            guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8), let end = stat.lastIndex(of: ")") else {
                return true
            }
            let fields = stat[end...].split(separator: " ")
            return fields.count < 4 || fields[3] != String(group) || fields[1] == "Z"
        }
    }

    @Test func aCancelledFetchLeavesNothingBehind() async throws {
        let pid = try TemporaryFile("")
        let task = Task { await message(["sh", "-c", "echo $$ > \(pid.path); sleep 600"]) }
        for _ in 0..<600 {
            if let text = try? String(contentsOfFile: pid.path, encoding: .utf8), text.hasSuffix("\n") { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        task.cancel()
        #expect(await task.value == "it was stopped with this program")
    }

    @Test func manyAtOnceDoNotMixUp() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<20 {
                group.addTask {
                    let text = #"{"Version":1,"AccessKeyId":"ID\#(index)","SecretAccessKey":"s"}"#
                    return try await self.run(["echo", text]).credentials.accessKeyID == "ID\(index)"
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}
