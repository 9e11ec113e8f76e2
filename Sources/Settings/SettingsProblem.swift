/// One mistake in a file of `policies/` or in a variable, and what is allowed there.
public struct SettingsProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path, or the variable's name.
    public let file: String
    /// From 1; `nil` where the whole file or variable is meant.
    public let line: Int?
    /// From 1, in Unicode scalars.
    public let column: Int?
    /// What to change. It never holds a secret.
    public let message: String

    public init(file: String, line: Int? = nil, column: Int? = nil, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `policies/staging/uploads.yaml:12:5: …`, as compilers print positions.
    public var description: String {
        let position = [line, column].compactMap { $0.map { ":\($0)" } }.joined()
        return "\(file)\(position): \(message)"
    }
}

/// All mistakes at once.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    public let problems: [SettingsProblem]

    public init(_ problems: [SettingsProblem]) {
        self.problems = problems
    }

    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
