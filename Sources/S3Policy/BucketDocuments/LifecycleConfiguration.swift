/// A bucket's lifecycle document, in the JSON that the AWS CLI takes: `{"Rules":[…]}`. Only what Countersign asks about it.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>.
public struct LifecycleConfiguration: Sendable, Hashable {
    public var rules: [LifecycleRule]

    public init(rules: [LifecycleRule]) {
        self.rules = rules
    }

    /// Whether unfinished multipart uploads of a key are ended some day; their parts cost money until then.
    public func abortsUnfinishedUploads(of key: String) -> Bool {
        self.rules.contains { $0.isEnabled && $0.abortDays != nil && $0.appliesToAll(of: key) }
    }
}

/// One rule of a ``LifecycleConfiguration``.
public struct LifecycleRule: Sendable, Hashable {
    public var id: String?
    public var isEnabled: Bool
    /// What the keys begin with; empty for all.
    public var prefix: String
    /// Whether the rule asks for tags or sizes too.
    public var hasOtherFilter: Bool
    /// After how many days an unfinished multipart upload is ended.
    public var abortDays: Int?
    /// After how many days an object is deleted.
    public var expirationDays: Int?

    public init(
        id: String? = nil, isEnabled: Bool = true, prefix: String = "", hasOtherFilter: Bool = false, abortDays: Int? = nil,
        expirationDays: Int? = nil
    ) {
        self.id = id
        self.isEnabled = isEnabled
        self.prefix = prefix
        self.hasOtherFilter = hasOtherFilter
        self.abortDays = abortDays
        self.expirationDays = expirationDays
    }

    /// Whether the rule is about every object of this key, whatever its tags and size.
    func appliesToAll(of key: String) -> Bool {
        !self.hasOtherFilter && key.utf8.starts(with: self.prefix.utf8)
    }
}
