import ArgumentParser
import S3Policy

struct PolicyCompare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Tells whether a policy allows anything that an older one does not, with a request that shows it.",
        discussion: """
            All requests are considered, not a sample. The exit code is 0 when the new policy allows nothing new, 1 when it \
            does or when it cannot be told.

            Example:
              countersign policy compare old.json policies/staging/bucket-policy.json
            """)

    @Argument(help: ArgumentHelp("The policy as it was.", valueName: "old"))
    var old: String

    @Argument(help: ArgumentHelp("The policy as it shall be.", valueName: "new"))
    var new: String

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = AnswerFormat.text

    func run() async throws {
        let (before, after) = try PolicyInput.policies(old, new)
        let verdict = PolicyQuestions().allowsNothingNew(after.policy, comparedWith: before.policy)
        try PolicyAnswer(
            verdict: verdict, yes: "\(new) allows nothing that \(old) does not.", no: "\(new) allows a request that \(old) does not:",
            policies: [before, after], shown: new
        ).show(format, context: CommandContext.current)
    }
}

struct PolicyEqual: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "equal",
        abstract: "Tells whether two policies allow the same requests, with a request that shows where they differ.",
        discussion: """
            All requests are considered, not a sample. The exit code is 0 when they are equal, 1 when they differ or when it \
            cannot be told.

            Example:
              countersign policy equal written.json generated.json
            """)

    @Argument(help: ArgumentHelp("A policy.", valueName: "first"))
    var first: String

    @Argument(help: ArgumentHelp("Another policy.", valueName: "second"))
    var second: String

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = AnswerFormat.text

    func run() async throws {
        let (one, other) = try PolicyInput.policies(first, second)
        let verdict = PolicyQuestions().areEqual(one.policy, other.policy)
        try PolicyAnswer(
            verdict: verdict, yes: "\(first) and \(second) allow the same requests.",
            no: "only one of \(first) and \(second) allows this request:",
            policies: [one, other], shown: first
        ).show(format, context: CommandContext.current)
    }
}
