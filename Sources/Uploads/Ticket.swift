public import SigV4

/// Permission for one upload: what to send, where, and until when. It does exactly one thing.
public struct Ticket: Sendable, Equatable {
    public let environment: String
    public let rule: String
    public let bucket: String
    public let key: String
    public let method: UploadMethod
    /// Where the file is sent to. It is as good as a password until the ticket expires.
    public let url: String
    /// With PUT: all that must be sent and that a browser does not send by itself, so neither `host` nor `content-length`.
    public let headers: [Header]
    /// With POST: the form's fields, to be sent in this order before `file`.
    public let fields: [Header]
    public let expiresAt: SigningTime
    /// Whether the ticket's second use is refused (412). Never with POST.
    public let once: Bool
    /// Where the object will be read, where the environment has a public base.
    public let publicURL: String?
    /// The sizes that it binds, in bytes: one exact size, or a range with POST when the request named none.
    public let sizeBytes: ClosedRange<Int64>
    public let contentType: ContentType
    /// What later steps of the upload present: the sealed ``Grant``. It is as good as a password together with its caller's.
    public let grant: String
}
