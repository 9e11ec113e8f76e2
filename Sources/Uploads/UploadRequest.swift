/// What a caller says about one file before uploading it. Nothing in it is trusted.
public struct UploadRequest: Sendable, Equatable {
    /// The name of the upload rule.
    public var rule: String
    /// The file's name on the user's machine.
    public var filename: String
    /// The file's size in bytes; `nil` where a client cannot know it, which only a POST rule can serve.
    public var size: Int64?
    /// The media type.
    public var type: String
    /// The file's SHA-256, in base64.
    public var sha256: String?
    /// The file's MD5, in base64, where a client knows nothing better. It finds what was damaged on the way, not who changed it.
    public var md5: String?
    /// User metadata, names without `x-amz-meta-`.
    public var metadata: [String: String]
    /// `PUT` or `POST` as the client says; `nil` for the rule's own.
    public var method: String?

    public init(
        rule: String, filename: String, size: Int64?, type: String, sha256: String? = nil, md5: String? = nil,
        metadata: [String: String] = [:], method: String? = nil
    ) {
        self.rule = rule
        self.filename = filename
        self.size = size
        self.type = type
        self.sha256 = sha256
        self.md5 = md5
        self.metadata = metadata
        self.method = method
    }
}
