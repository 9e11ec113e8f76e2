public import SigV4

/// A request as it came over the wire.
public struct ReceivedRequest: Sendable {
    public var method: String
    /// Path and query exactly as on the request line.
    public var target: String
    /// All headers, `Host` among them, in their order.
    public var headers: [Header]

    public init(method: String, target: String, headers: [Header]) {
        self.method = method
        self.target = target
        self.headers = headers
    }

    func values(of name: String) -> [String] {
        var values: [String] = []
        let headers = headers.span
        for index in headers.indices where HeaderRules.isSame(headers[index].name, name) { values.append(headers[index].value) }
        return values
    }
}

/// A request line's target, taken apart without losing its exact form.
public struct RequestTarget: Sendable {
    /// As it was sent, still encoded; never empty.
    public let rawPath: String
    /// Decoded once, nothing normalised.
    public let path: String
    /// Decoded.
    public let query: [QueryItem]

    /// `nil` where it is not in origin form (RFC 9112 section 3.2.1), or its percent-encoding is broken or not UTF-8.
    public init?(_ target: String) {
        let parts = unsafe withBytes(of: target) { bytes -> (rawPath: String, query: [QueryItem])? in
            guard unsafe bytes.first == UInt8(ascii: "/") else { return nil }
            let end = unsafe bytes.position(of: UInt8(ascii: "?"), in: 0..<bytes.count)
            guard let query = unsafe QueryItem.parse(UnsafeBufferPointer(rebasing: bytes.dropFirst(end + 1))) else { return nil }
            return (unsafe String(decoding: bytes[..<end], as: UTF8.self), query)
        }
        guard let (rawPath, query) = parts, let path = PercentEncoding.decode(rawPath) else { return nil }
        self.rawPath = rawPath
        self.path = path
        self.query = query
    }
}

/// What a good signature tells about a request.
public struct VerifiedRequest: Sendable {
    public let accessKeyID: String
    /// Whether it was signed in its query.
    public let isPresigned: Bool
    /// What was signed about the body, for the receiver of the body to check.
    public let payload: PayloadHash
    /// In lower case.
    public let signedHeaders: [String]
    public let signedAt: SigningTime
    /// Of a presigned request only.
    public let expiresAt: SigningTime?
    /// For the chunks of a body whose chunks are signed.
    public let chunks: ChunkVerifier?
}

/// A form post as it came, up to its file.
public struct ReceivedForm: Sendable {
    /// The bucket that the URL names.
    public var bucket: String
    /// The fields before the file, in their order.
    public var fields: [Header]
    /// The file part's filename parameter, `nil` where it has none.
    public var filename: String?

    public init(bucket: String, fields: [Header], filename: String?) {
        self.bucket = bucket
        self.fields = fields
        self.filename = filename
    }
}

/// What a good policy and signature tell about a form post.
public struct VerifiedForm: Sendable {
    public let accessKeyID: String
    public let key: ObjectKey
    /// With `${filename}` expanded, several of one name joined, without policy and signature fields.
    public let fields: [Header]
    /// What all the policy's ranges leave, in bytes; `nil` without any.
    public let contentLengthRange: ClosedRange<Int64>?

    /// Checks the file's size in bytes; throws `EntityTooSmall` or `EntityTooLarge`.
    public func check(size: Int64) throws(S3Error) {
        guard let range = contentLengthRange else { return }
        if size < range.lowerBound {
            throw S3Error(
                code: "EntityTooSmall", status: 400, message: "Your proposed upload is smaller than the minimum allowed size",
                details: [Header("ProposedSize", "\(size)"), Header("MinSizeAllowed", "\(range.lowerBound)")])
        }
        if size > range.upperBound {
            throw S3Error(
                code: "EntityTooLarge", status: 400, message: "Your proposed upload exceeds the maximum allowed size",
                details: [Header("ProposedSize", "\(size)"), Header("MaxSizeAllowed", "\(range.upperBound)")])
        }
    }
}
