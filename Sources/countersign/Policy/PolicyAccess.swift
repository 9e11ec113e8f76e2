import ArgumentParser
import S3Policy

struct PolicyAccess: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access",
        abstract: "Tells whether a policy grants none of some actions on some resources, with a request that shows it.",
        discussion: """
            The exit code is 0 when nothing of it is granted to anybody, 1 when anything is, or when it cannot be told.

            Example:
              countersign policy access bucket-policy.json --action s3:DeleteObject --action 's3:Put*'
            """)

    @Argument(help: ArgumentHelp("The policy.", valueName: "file"))
    var file: String

    @Option(
        name: .customLong("action"), parsing: .upToNextOption,
        help: ArgumentHelp("Actions, or patterns of actions (default: all).", valueName: "action"))
    var actions: [String] = []

    @Option(
        name: .customLong("resource"), parsing: .upToNextOption,
        help: ArgumentHelp("ARNs, or patterns of ARNs (default: all).", valueName: "arn"))
    var resources: [String] = []

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = AnswerFormat.text

    func validate() throws {
        if let wrong = actions.first(where: { ActionPattern($0) == nil }) {
            throw ValidationError("\(Quoting.terminal(wrong)) is no action; write it as s3:GetObject or s3:Get*.")
        }
        if let wrong = resources.first(where: { $0 != "*" && ARN($0) == nil }) {
            throw ValidationError("\(Quoting.terminal(wrong)) is no ARN; write it as arn:aws:s3:::bucket/*.")
        }
    }

    func run() async throws {
        let read = try PolicyInput.policy(file)
        let verdict = PolicyQuestions().allowsNone(
            read.policy, of: actions.compactMap { ActionPattern($0) }, on: resources.map { PolicyText($0, version: .v2008) })
        try PolicyAnswer(
            verdict: verdict, yes: "\(file) grants none of it.", no: "\(file) grants this:", policies: [read], shown: file
        ).show(format, context: CommandContext.current)
    }
}
