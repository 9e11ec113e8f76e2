/// What a policy may ask about one S3 request, told by whoever saw or signed it.
public struct S3RequestFacts: Sendable, Hashable {
    /// How a request is signed: the values of `s3:authType`.
    public enum Authentication: String, Sendable, Hashable {
        case header = "REST-HEADER"
        case query = "REST-QUERY-STRING"
        case form = "POST"
    }

    /// A header, a query parameter or a tag.
    public struct Item: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// In capitals.
    public var method: String
    public var bucket: String
    /// Nil for requests about the bucket.
    public var key: String?
    /// Decoded.
    public var query: [Item]
    /// With names in lower case; a form's fields among them.
    public var headers: [Item]
    /// The tags that an upload gives its object.
    public var tags: [Item] = []
    /// Nil when the request is not signed.
    public var authentication: Authentication?
    /// How long ago it was signed, in milliseconds; nil where that does not count or is not known.
    public var signatureAgeMilliseconds: Int64?
    /// Whether it comes over TLS.
    public var isSecure: Bool?
    /// Such as `1.3`.
    public var tlsVersion: String?
    public var sourceIP: String?
    /// When S3 gets it, in seconds since 1970.
    public var timeSeconds: Int64?
    public var region: String?
    /// The account that owns the bucket.
    public var bucketAccount: String?
    /// The partition of the bucket's ARN.
    public var partition = "aws"

    public init(
        method: String, bucket: String, key: String? = nil, query: [Item] = [], headers: [Item] = [], authentication: Authentication? = nil
    ) {
        self.method = method
        self.bucket = bucket
        self.key = key
        self.query = query
        self.headers = headers.map { header in
            let name = header.name.lowercased()
            // A form's fields are named as the headers are, but for this one.
            return Item(authentication == .form && name == "acl" ? "x-amz-acl" : name, header.value)
        }
        self.authentication = authentication
    }

    var isForm: Bool { self.authentication == .form }

    func hasQuery(_ name: String) -> Bool { self.query.contains { $0.name == name } }

    func hasHeader(_ name: String) -> Bool { self.headers.contains { $0.name == name } }

    /// Whether an upload gives its object tags, even where it is not known which.
    var setsTags: Bool { !self.tags.isEmpty || self.hasHeader(self.isForm ? "tagging" : "x-amz-tagging") }

    /// The ARN of the object, or of the bucket; of all objects for DeleteObjects, which names its objects in the body.
    public var resource: String {
        let key = self.key ?? (self.method == "POST" && self.hasQuery("delete") ? "*" : nil)
        return "arn:\(self.partition):s3:::\(self.bucket)" + (key.map { "/\($0)" } ?? "")
    }

    /// All that a policy must allow for the request to succeed; S3 asks for each of them.
    ///
    /// Copying reads the source too: that is another bucket's policy's, and is not listed.
    /// - Parameter reference: Tells which keys each action has.
    public func accesses(by caller: Caller, reference: ServiceReference = .embedded) -> [AccessRequest] {
        S3Operation.actions(self).map { name in
            AccessRequest(
                caller: caller, action: "s3:\(name)", resource: self.resource, context: self.context(of: reference.action(named: name)))
        }
    }
}

// MARK: - Context

extension S3RequestFacts {
    private func context(of action: ActionReference?) -> RequestContext {
        var context = RequestContext()
        func set(_ name: String, _ value: RequestContext.Value?) {
            guard let key = ConditionKey(name), let value else { return }
            context[key] = value
        }
        for (name, value) in self.globalValues { set(name, value.map(RequestContext.Value.single)) }
        for (name, value) in self.serviceValues {
            guard let key = ConditionKey(name), action?.supports(key) != false else { continue }
            set(name, value.map(RequestContext.Value.single))
        }
        if !self.tags.isEmpty, let tagKeys = ConditionKey("s3:RequestObjectTagKeys"), action?.supports(tagKeys) != false {
            context[tagKeys] = .multiple(self.tags.map(\.name))
            for tag in self.tags { set("s3:RequestObjectTag/\(tag.name)", .single(tag.value)) }
        }
        return context
    }

    private var globalValues: [(String, String?)] {
        [
            ("aws:SecureTransport", self.isSecure.map { $0 ? "true" : "false" }), ("aws:SourceIp", self.sourceIP),
            ("aws:EpochTime", self.timeSeconds.map(String.init)),
            ("aws:CurrentTime", self.timeSeconds.map { PolicyDate(millisecondsSinceEpoch: $0 * 1000).description }),
            ("aws:UserAgent", self.header("user-agent")), ("aws:referer", self.header("referer")), ("aws:RequestedRegion", self.region),
            ("aws:ResourceAccount", self.bucketAccount),
        ]
    }

    /// Headers count, not query parameters of their names: S3 ignores or refuses those.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html> and
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html>.
    private var serviceValues: [(String, String?)] {
        var values: [(String, String?)] = [
            ("s3:authType", self.authentication?.rawValue), ("s3:signatureversion", self.authentication.map { _ in "AWS4-HMAC-SHA256" }),
            ("s3:signatureAge", self.signatureAgeMilliseconds.map(String.init)), ("s3:TlsVersion", self.tlsVersion),
            ("s3:ResourceAccount", self.bucketAccount), ("s3:ObjectCreationOperation", S3Operation.createsObject(self) ? "true" : "false"),
            ("s3:prefix", self.parameter("prefix")), ("s3:delimiter", self.parameter("delimiter")),
            ("s3:max-keys", self.parameter("max-keys")),
            ("s3:versionid", self.parameter("versionId")),
        ]
        let names = ["if-none-match", "if-match"]
        values += self.headers.filter { names.contains($0.name) || $0.name.hasPrefix("x-amz-") }.map {
            ("s3:\(Self.keyName($0.name))", $0.value)
        }
        return values
    }

    /// Object Lock's keys drop the `x-amz-` of their headers.
    private static func keyName(_ header: String) -> String {
        header.hasPrefix("x-amz-object-lock-") ? String(header.dropFirst("x-amz-".count)) : header
    }

    private func header(_ name: String) -> String? { self.headers.first { $0.name == name }?.value }

    private func parameter(_ name: String) -> String? { self.query.first { $0.name == name }?.value }
}
