public import S3Policy
public import S3Signing
public import SigV4

/// What the local bucket serves, and where.
public struct LocalBucketConfiguration: Sendable {
    /// One bucket and who may use it.
    public struct Bucket: Sendable {
        public var name: BucketName
        /// Requests signed with any of these are answered; others get `AccessDenied` or `InvalidAccessKeyId`.
        public var credentials: [Credentials]
        /// Nil: the bucket has no CORS document, and S3 refuses every preflight.
        public var cors: CORSConfiguration?

        /// The bucket's policy; nil denies nothing.
        public var policy: Policy?
        /// The bucket's name in the policy, where this bucket stands in for another one.
        public var policyBucketName: String

        public init(
            name: BucketName, credentials: [Credentials], cors: CORSConfiguration? = nil, policy: Policy? = nil,
            policyBucketName: String? = nil
        ) {
            self.name = name
            self.credentials = credentials
            self.cors = cors
            self.policy = policy
            self.policyBucketName = policyBucketName ?? name.name
        }
    }

    /// Where the objects are kept; made when it is not there. Each bucket has a folder of its name in it.
    public var folder: String
    /// The region in whose name requests must be signed.
    public var region: String
    public var buckets: [Bucket]
    /// The address to listen on; loopback unless you know better.
    public var host: String
    /// The port to listen on; 0 takes a free one.
    public var port: Int
    /// A connection on which nothing arrives for so long is closed, also in the middle of a request.
    public var idleTimeoutSeconds: Double
    /// Tells the time, for signatures and Last-Modified.
    public var clock: @Sendable () -> SigningTime

    public init(
        folder: String, region: String = "us-east-1", buckets: [Bucket], host: String = "127.0.0.1", port: Int = 9000,
        idleTimeoutSeconds: Double = 30, clock: @escaping @Sendable () -> SigningTime
    ) {
        self.folder = folder
        self.region = region
        self.buckets = buckets
        self.host = host
        self.port = port
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.clock = clock
    }
}

/// Why a local bucket cannot start.
public struct LocalBucketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong and what to change.
    public let message: String

    public init(_ message: String) {
        self.message = message
    }

    public var description: String { self.message }
}
