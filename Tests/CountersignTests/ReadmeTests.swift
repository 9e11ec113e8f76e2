import ArgumentParser
import Foundation
import Settings
import Testing

@testable import countersign

/// The README says what the program does.
@Suite struct ReadmeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ file: String = "README.md") throws -> String {
        try String(contentsOf: root.appending(path: file), encoding: .utf8)
    }

    @Test func theConfigurationTableIsComplete() throws {
        let rows = ServiceSettings.keys.map { key in
            let value = key.defaultValue.map { "`\($0)`" } ?? "–"
            return "| `\(key.name)` | \(key.type) | \(value) | \(key.isSecret ? "yes" : "no") | \(key.meaning) |"
        }
        let table = ["| variable | type | default | secret | meaning |", "|---|---|---|---|---|"] + rows
        #expect(try Self.text().contains(table.joined(separator: "\n") + "\n"))
    }

    /// Whatever SECURITY.md says that a test shows, there is a test of that name.
    @Test func everyTestThatTheThreatModelNamesIsThere() throws {
        let text = try Self.text(".github/SECURITY.md")
        let sections = text.components(separatedBy: "\n## ").filter { $0.hasPrefix("What a stolen") || $0.hasPrefix("How it is held") }
        let quoted = sections.flatMap { $0.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element) }
        let words = ["once", "expiresAt", "exp", "grantLifetime", "Vary: Origin", "credential_process"]
        let names = quoted.filter { !$0.hasPrefix("countersign ") && !words.contains($0) }
        #expect(names.count > 40)
        let files = try #require(FileManager.default.enumerator(at: Self.root.appending(path: "Tests"), includingPropertiesForKeys: nil))
        let sources = try files.compactMap { $0 as? URL }.filter {
            ["swift", "py"].contains($0.pathExtension) && !$0.path.contains("/.build")
        }
        .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
        for name in Set(names) {
            #expect(
                sources.contains("func \(name)(") || sources.contains("func `\(name)`(") || sources.contains("def \(name)("), "\(name)")
        }
    }

    /// Every `countersign …` of the shell examples parses.
    @Test func theExamplesParse() throws {
        let joined = try Self.text().replacing("\\\n", with: " ")
        let lines = joined.split(separator: "\n").filter { $0.hasPrefix("countersign ") }
        #expect(lines.count >= 9)
        for line in lines {
            let words = line.replacing("'", with: "").split(separator: " ").prefix { $0 != ">" && $0 != "|" }.dropFirst()
            #expect(throws: Never.self, "\(line)") { try Countersign.parseAsRoot(words.map(String.init)) }
        }
    }

    /// The flawed policy gives the findings that are printed below it.
    @Test func theFlawedPolicyIsShownAsItIs() async throws {
        let section = try #require(try Self.text().split(separator: "## Policies, checked offline").last)
        let blocks = section.split(separator: "```")
        let policy = try #require(blocks.first { $0.hasPrefix("json\n") }).dropFirst("json\n".count)
        let command = "$ countersign policy validate bucket-policy.json\n"
        let shown = try #require(blocks.first { $0.contains(command) }).split(separator: command, maxSplits: 1).last ?? ""
        let files = try PolicyFiles(["bucket-policy.json": String(policy)])
        let run = await CommandRun.command(["policy", "validate", files.path("bucket-policy.json")])
        #expect((run.output + run.diagnostics).replacing("\(files.folder)/", with: "") == shown)
    }
}
