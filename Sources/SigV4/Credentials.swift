public import Libcrypto

/// What AWS gives out to sign with: an access key and, where temporary, the token that goes with it.
public struct Credentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The public half, which stands in every URL.
    public let accessKeyID: String
    public let secretAccessKey: Secret
    /// The session token of temporary credentials. It is sent with each request, but is worth nothing without the secret.
    public let sessionToken: String?

    public init(accessKeyID: String, secretAccessKey: Secret, sessionToken: String? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }

    public var description: String {
        "Credentials(accessKeyID: \(accessKeyID), secretAccessKey: <redacted>\(sessionToken == nil ? "" : ", sessionToken: <redacted>"))"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
