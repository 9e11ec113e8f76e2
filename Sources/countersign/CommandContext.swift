import Foundation
import SigV4

/// What a command may touch of the world: variables, the clock, standard input and the two outputs.
/// Tests give their own.
struct CommandContext: Sendable {
    enum Colour: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case bold = "1"
    }

    var variables: [String: String]
    var now: @Sendable () -> SigningTime
    var input: any ByteInput
    var output: any ByteOutput
    var diagnostics: any ByteOutput
    var outputIsTerminal = false
    var diagnosticsIsTerminal = false

    @TaskLocal static var current = CommandContext.ofThisProcess()

    static func ofThisProcess() -> CommandContext {
        CommandContext(
            variables: ProcessInfo.processInfo.environment,
            now: { SigningTime(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)) },
            input: FileDescriptorInput(descriptor: 0),
            output: FileDescriptorOutput(descriptor: 1, buffered: isatty(1) == 0),
            diagnostics: FileDescriptorOutput(descriptor: 2, buffered: false),
            outputIsTerminal: isatty(1) == 1,
            diagnosticsIsTerminal: isatty(2) == 1)
    }

    /// A variable's value; an empty one counts as unset.
    func variable(_ name: String) -> String? {
        guard let value = variables[name], !value.isEmpty else { return nil }
        return value
    }

    /// One line on standard output.
    func say(_ line: String) throws { try output.write(line + "\n") }

    /// One line on standard error; a closed standard error is nobody's fault.
    func complain(_ line: String) { try? diagnostics.write(line + "\n") }

    /// `text` in a colour for standard error, when that is a terminal that wants one (https://no-color.org).
    func paint(_ text: String, _ colour: Colour) -> String {
        paint(text, colour, when: diagnosticsIsTerminal)
    }

    /// The same for standard output.
    func paintOutput(_ text: String, _ colour: Colour) -> String {
        paint(text, colour, when: outputIsTerminal)
    }

    private func paint(_ text: String, _ colour: Colour, when isTerminal: Bool) -> String {
        guard isTerminal, variable("NO_COLOR") == nil, variables["TERM"] != "dumb" else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}

/// Ends the process; in one place, because only `main` may.
func exitProcess(_ code: Int32) -> Never { exit(code) }
