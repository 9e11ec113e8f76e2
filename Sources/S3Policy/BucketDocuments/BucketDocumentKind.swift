/// What a JSON document about a bucket is.
public enum BucketDocumentKind: String, Sendable, CaseIterable {
    /// A bucket's resource policy.
    case bucket
    /// An IAM policy of a user or role, such as the signer's.
    case identity
    /// A bucket's CORS rules.
    case cors
    /// A bucket's lifecycle rules.
    case lifecycle

    /// The file of this kind in an environment's folder.
    public var fileName: String {
        switch self {
        case .bucket: "bucket-policy.json"
        case .identity: "signer-policy.json"
        case .cors: "cors.json"
        case .lifecycle: "lifecycle.json"
        }
    }

    /// What a file is by its name, else by what is in it; a policy without any principal in a file of another name is still a
    /// bucket's, since that is what is usually validated.
    public init(fileName: String, document: JSONDocument) {
        if let kind = Self.allCases.first(where: { $0.fileName == fileName }) {
            self = kind
        } else if document.root?["CORSRules"] != nil {
            self = .cors
        } else if document.root?["Rules"] != nil, document.root?["Statement"] == nil {
            self = .lifecycle
        } else {
            self = .bucket
        }
    }
}
