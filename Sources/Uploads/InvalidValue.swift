/// A value of the configuration that cannot be: what is wrong with it and what is allowed.
public struct InvalidValue: Error, Sendable, Hashable, CustomStringConvertible {
    /// The key of `uploads.yaml` that is to blame, from the value's own type outwards (`rules.avatars.lifetime`); `nil` for the value itself.
    public let field: String?
    /// One sentence that says what to change.
    public let message: String

    public init(field: String? = nil, _ message: String) {
        self.field = field
        self.message = message
    }

    public var description: String {
        field.map { "\($0): \(message)" } ?? message
    }
}

/// All that is wrong with an upload rule or an environment, at once.
public struct InvalidValues: Error, Sendable, Equatable, CustomStringConvertible {
    public let problems: [InvalidValue]

    public init(_ problems: [InvalidValue]) {
        self.problems = problems
    }

    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
