/// Why a command ends with a code other than 0, in words for the person at the terminal.
struct CommandFailure: Error, Equatable {
    /// The contract's exit codes.
    enum Kind: Int32 {
        /// Findings, or a "no" of the other side.
        case no = 1
        /// An argument, a file or a setting is wrong.
        case wrongUse = 2
        /// A fault outside: network, credentials, a port in use.
        case outside = 3
    }

    let kind: Kind
    let message: String

    static func no(_ message: String) -> CommandFailure { CommandFailure(kind: .no, message: message) }
    static func wrongUse(_ message: String) -> CommandFailure { CommandFailure(kind: .wrongUse, message: message) }
    static func outside(_ message: String) -> CommandFailure { CommandFailure(kind: .outside, message: message) }
}
