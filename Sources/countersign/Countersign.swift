import ArgumentParser
import UploadService

/// The command line: one binary that serves, signs by hand and explains what was signed.
@main
struct Countersign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "countersign",
        abstract: "Signs direct uploads to S3: one ticket, one key, one type, one size.",
        discussion: """
            A web app asks Countersign before each upload; the answer is a presigned PUT or a signed POST form \
            that fits this one file, and the browser sends the bytes straight to the bucket.

            First look, without an account:
              countersign dev

            Results go to standard output, everything else to standard error.
            Exit codes: 0 fine, 1 findings or a "no", 2 wrong use, 3 a fault outside (network, credentials).
            """,
        version: ServiceVersion.current,
        subcommands: [
            Serve.self, Dev.self, Presign.self, Upload.self, Inspect.self, PolicyCommand.self, Check.self, Token.self, Health.self,
        ])

    static func main() async {
        let context = CommandContext.ofThisProcess()
        let code = await run(Array(CommandLine.arguments.dropFirst()), in: context)
        exitProcess(code)
    }

    /// Runs one command line and returns its exit code; everything it reads or writes goes through `context`.
    static func run(_ arguments: [String], in context: CommandContext) async -> Int32 {
        await CommandContext.$current.withValue(context) {
            do {
                var command = try parseAsRoot(arguments)
                if var asynchronous = command as? any AsyncParsableCommand {
                    try await asynchronous.run()
                } else {
                    try command.run()
                }
                try context.output.flush()
                return 0
            } catch {
                return report(error, in: context)
            }
        }
    }

    /// Says what went wrong on standard error (help and version on standard output) and chooses the exit code.
    private static func report(_ error: any Error, in context: CommandContext) -> Int32 {
        if error is OutputClosed { return 0 }
        if error is Interrupted {
            context.complain("interrupted")
            return 130
        }
        try? context.output.flush()
        if let failure = error as? CommandFailure {
            if !failure.message.isEmpty { context.complain("\(context.paint("error:", .red)) \(failure.message)") }
            return failure.kind.rawValue
        }
        let code = exitCode(for: error)
        let columns = context.variable("COLUMNS").flatMap { Int($0) }
        if code == .success {
            try? context.output.write(fullMessage(for: error, columns: columns) + "\n")
            try? context.output.flush()
            return 0
        }
        context.complain(fullMessage(for: error, columns: columns))
        return code == .validationFailure ? CommandFailure.Kind.wrongUse.rawValue : CommandFailure.Kind.outside.rawValue
    }
}
