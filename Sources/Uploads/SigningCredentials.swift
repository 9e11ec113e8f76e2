public import Libcrypto
public import SigV4

/// What signs, and until when what it signs is good.
public struct SigningCredentials: Sendable, Equatable {
    public let credentials: Credentials
    /// When temporary credentials end, and with them everything that they signed; nil for keys that stay.
    public let expiresAt: SigningTime?

    public init(_ credentials: Credentials, expiresAt: SigningTime? = nil) {
        self.credentials = credentials
        self.expiresAt = expiresAt
    }

    /// Takes what a person or another program wrote.
    ///
    /// - Throws: with `accessKeyID`, `secretAccessKey` or `sessionToken` as the field, for what cannot be signed with; never with the value.
    public init(
        accessKeyID: String, secretAccessKey: Secret, sessionToken: String?, expiresAt: SigningTime? = nil
    ) throws(InvalidValue) {
        guard SigningCredentials.isHeaderText(accessKeyID), !accessKeyID.utf8.contains(where: "/,".utf8.contains) else {
            throw InvalidValue(field: "accessKeyID", "this is not an access key id; it looks like AKIA and 16 letters and digits")
        }
        guard secretAccessKey.byteCount > 0 else { throw InvalidValue(field: "secretAccessKey", "the secret access key is empty") }
        guard sessionToken.map(SigningCredentials.isHeaderText) ?? true else {
            throw InvalidValue(field: "sessionToken", "this is not a session token; it is one line without blanks")
        }
        self.init(
            Credentials(accessKeyID: accessKeyID, secretAccessKey: secretAccessKey, sessionToken: sessionToken), expiresAt: expiresAt)
    }

    /// Whole seconds that they still live; nil where they do not end.
    public func remainingSeconds(at now: SigningTime) -> Int64? {
        expiresAt.map { $0.secondsSinceEpoch - now.secondsSinceEpoch }
    }

    private static func isHeaderText(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
