import ArgumentParser
import Testing

@testable import countersign

/// Every help text, whole: a change of the command line shows up here as the reader sees it, 80 columns wide.
@Suite struct HelpTests {
    @Test(arguments: HelpTexts.all)
    func printsTheWholeHelp(_ command: String, _ text: String) async {
        let run = await CommandRun.command(command.split(separator: " ").map(String.init) + ["--help"], variables: ["COLUMNS": "80"])
        #expect(run.code == 0)
        #expect(run.output == text + "\n")
        #expect(run.diagnostics == "")
    }

    @Test func coversEveryCommand() {
        func names(_ command: any ParsableCommand.Type, _ path: String) -> [String] {
            [path]
                + command.configuration.subcommands.flatMap { sub in
                    names(sub, (path.isEmpty ? "" : path + " ") + (sub.configuration.commandName ?? "\(sub)".lowercased()))
                }
        }
        #expect(Set(names(Countersign.self, "")) == Set(HelpTexts.all.map(\.0)))
    }

    @Test func printsTheVersion() async {
        #expect(await CommandRun.command(["--version"]).output == "0.1.0\n")
    }

    @Test func aWrongOptionIsWrongUse() async {
        let run = await CommandRun.command(["presign", "put", "s3://b/k", "--content-lenght", "5"])
        #expect(run.code == 2)
        #expect(run.output == "")
        #expect(run.diagnostics.contains("--content-length"))
    }
}
