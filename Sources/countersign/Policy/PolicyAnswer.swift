import ArgumentParser
import S3Policy
import S3Signing

/// How the answers to questions about all requests are printed.
enum AnswerFormat: String, CaseIterable, ExpressibleByArgument { case text, json }

/// A yes, a no with a request that shows it, or neither; the exit code is 1 unless it is yes.
struct PolicyAnswer {
    let verdict: Verdict
    /// What holds when the answer is yes, as a sentence.
    let yes: String
    /// What holds when it is no.
    let no: String
    /// The policies in question, as the verdict counts them.
    let policies: [PolicyInput.Read]
    /// The policy that the example is to be simulated with.
    let shown: String

    func show(_ format: AnswerFormat, context: CommandContext) throws {
        try context.say(format == .json ? json.pretty : text(context))
        if verdict != .yes { throw CommandFailure.no("") }
    }

    private func text(_ context: CommandContext) -> String {
        switch verdict {
        case .yes: return context.paintOutput("yes:", .green) + " \(yes)"
        case .no(let request):
            return ([context.paintOutput("no:", .red) + " \(no)"] + RequestText.lines(request, policy: shown)).joined(separator: "\n")
        case .unknown(let uncertainty):
            return context.paintOutput("unknown:", .yellow)
                + " it cannot be told, since \(uncertainty.words)\(place(uncertainty).map { " (\($0))" } ?? "")"
        }
    }

    private func place(_ uncertainty: Uncertainty) -> String? {
        guard let place = uncertainty.place, policies.indices.contains(place.policy) else { return nil }
        let read = policies[place.policy]
        guard read.policy.statements.indices.contains(place.statement) else { return nil }
        return read.place(read.policy.statements[place.statement].range.lowerBound)
    }

    private var json: JSON {
        switch verdict {
        case .yes: .object([.init("answer", .string("yes")), .init("details", .string(yes))])
        case .no(let request):
            .object([.init("answer", .string("no")), .init("details", .string(no)), .init("request", RequestText.json(request))])
        case .unknown(let uncertainty):
            .object([
                .init("answer", .string("unknown")), .init("details", .string(uncertainty.words)),
                .init("reason", .string(uncertainty.reason.rawValue)), .init("place", place(uncertainty).map(JSON.string) ?? .null),
            ])
        }
    }
}
