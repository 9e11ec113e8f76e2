public import S3Signing
public import SigV4

/// Permission for one upload in parts.
public struct MultipartTicket: Sendable, Equatable {
    public let environment: String
    public let rule: String
    public let bucket: String
    public let key: String
    public let mode: MultipartMode
    /// How the client creates the upload, where it does so itself.
    public let create: PresignedStep?
    /// How the file is cut; nil where the client could not know its size, and cuts as it likes.
    public let plan: PartPlan?
    /// All parts, where they are few.
    public let parts: [PartTicket]?
    /// When the grant ends, and with it the upload.
    public let expiresAt: SigningTime
    public let once: Bool
    public let publicURL: String?
    /// The sizes that it binds, in bytes: one exact size, or the rule's range, which is held when the upload is completed.
    public let sizeBytes: ClosedRange<Int64>
    public let contentType: ContentType
    /// What each later step presents: the sealed ``Grant``.
    public let grant: String
}

/// One presigned request of an upload in parts.
public struct PresignedStep: Sendable, Equatable {
    public let method: S3Method
    /// It is as good as a password until it expires.
    public let url: String
    /// All that must be sent and that a browser does not send by itself.
    public let headers: [Header]
    public let expiresAt: SigningTime
}

/// Permission to send one part.
public struct PartTicket: Sendable, Equatable {
    /// 1…10,000.
    public let number: Int
    public let step: PresignedStep
}

/// An upload in parts that its rule allows and the store does not know yet.
public struct MultipartStart: Sendable {
    let upload: CheckedUpload
    let caller: Caller
    public let key: ObjectKey
    /// What CreateMultipartUpload is sent with, in lower case: what the object is to be stored with.
    public let headers: [Header]
    public var mode: MultipartMode { upload.rule.multipart ?? .assisted }
    public var rule: String { upload.rule.name }
    /// The sizes that the ticket will bind, in bytes.
    public var sizeBytes: ClosedRange<Int64> { upload.sizeBytes }
}
