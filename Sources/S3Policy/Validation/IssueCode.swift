/// The name of a kind of ``Finding``, stable for ever: IAM Access Analyzer's own, S3's, or Countersign's.
public struct IssueCode: Sendable, Hashable, CustomStringConvertible {
    /// Whose code it is.
    public enum Origin: Sendable, Hashable {
        /// Documented on AWS's reference of policy checks.
        case accessAnalyzer
        /// What S3 answers to PutBucketPolicy, PutBucketCors or PutBucketLifecycleConfiguration.
        case s3
        /// What only shows when the environment is known.
        case countersign
    }

    public let name: String
    public let type: FindingType
    public let origin: Origin
    /// Whether AWS's page leaves open when exactly the code appears, so that the rule is our narrow reading of it.
    public let isInferred: Bool

    public init(_ name: String, _ type: FindingType, origin: Origin = .accessAnalyzer, isInferred: Bool = false) {
        self.name = name
        self.type = type
        self.origin = origin
        self.isInferred = isInferred
    }

    public var description: String { self.name }
}
