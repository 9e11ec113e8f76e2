import ArgumentParser
import S3Policy
import S3Signing

struct PolicyPublic: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "public",
        abstract: "Tells whether a bucket policy is public: by the rule of S3 Block Public Access, and by what it means.",
        discussion: """
            The rule looks at each Allow statement alone and calls it public unless it is bound to fixed values; S3 refuses \
            such a policy where BlockPublicPolicy is on. By what it means a policy is public when anybody at all can do \
            anything. Each answer shows a request.

            The exit code is 0 when the policy is public by neither, 1 otherwise.

            Example:
              countersign policy public policies/staging/bucket-policy.json
            """)

    @Argument(help: ArgumentHelp("The policy.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = AnswerFormat.text

    func run() async throws {
        let context = CommandContext.current
        let read = try PolicyInput.policy(file, kind: .bucket)
        let access = PolicyQuestions().publicAccess(read.policy)
        try context.say(format == .json ? json(access, read).pretty : text(access, read, context))
        if !access.publicStatements.isEmpty || access.keepsStrangersOut != .yes { throw CommandFailure.no("") }
    }

    private func text(_ access: PublicAccess, _ read: PolicyInput.Read, _ context: CommandContext) -> String {
        var lines: [String] = []
        func verdict(_ isPublic: Bool?) -> String {
            switch isPublic {
            case true?: context.paintOutput("public", .red)
            case false?: context.paintOutput("not public", .green)
            case nil: context.paintOutput("unknown", .yellow)
            }
        }
        lines.append("by S3 Block Public Access: \(verdict(!access.publicStatements.isEmpty))")
        for statement in access.publicStatements {
            lines.append(
                "  the statement at \(read.place(read.policy.statements[statement.index].range.lowerBound)) is bound to no fixed value")
            if let example = statement.example { lines += RequestText.lines(example, policy: file) }
        }
        switch access.keepsStrangersOut {
        case .yes: lines.append("by what it means: \(verdict(false)): nobody outside is allowed anything")
        case .no(let request):
            lines += ["by what it means: \(verdict(true)): anybody may do this"] + RequestText.lines(request, policy: file)
        case .unknown(let uncertainty): lines.append("by what it means: \(verdict(nil)), since \(uncertainty.words)")
        }
        return lines.joined(separator: "\n")
    }

    private func json(_ access: PublicAccess, _ read: PolicyInput.Read) -> JSON {
        let statements = access.publicStatements.map { statement in
            JSON.object([
                .init("index", .integer(Int64(statement.index))),
                .init("request", statement.example.map(RequestText.json) ?? .null),
            ])
        }
        var meaning: [JSON.Member] = []
        switch access.keepsStrangersOut {
        case .yes: meaning = [.init("public", .bool(false))]
        case .no(let request): meaning = [.init("public", .bool(true)), .init("request", RequestText.json(request))]
        case .unknown(let uncertainty): meaning = [.init("public", .null), .init("reason", .string(uncertainty.reason.rawValue))]
        }
        return .object([
            .init(
                "blockPublicAccess",
                .object([.init("public", .bool(!statements.isEmpty)), .init("statements", .array(statements))])),
            .init("meaning", .object(meaning)),
        ])
    }
}
