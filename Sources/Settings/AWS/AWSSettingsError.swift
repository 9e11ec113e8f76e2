/// What AWS's tools are told on this machine cannot be used: says where it stands, and what to change. It never holds a secret.
public struct AWSSettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A variable's name, or a file's path with the line where one is to blame.
    public let place: String
    public let message: String

    public init(_ place: String, _ message: String) {
        self.place = place
        self.message = message
    }

    public var description: String { "\(place): \(message)" }
}
