/// A bucket's CORS document, in the JSON that the AWS CLI takes: `{"CORSRules":[…]}`.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html>.
public struct CORSConfiguration: Sendable, Hashable {
    /// The rules, in the order in which S3 tries them.
    public var rules: [CORSRule]

    public init(rules: [CORSRule]) {
        self.rules = rules
    }

    /// The rule that S3 applies to a request: the first that allows the origin, the method and every requested header.
    ///
    /// - Parameters:
    ///   - origin: The value of `Origin`; compared byte for byte, as S3 does.
    ///   - method: The value of `Access-Control-Request-Method`, or the method of the actual request.
    ///   - headers: The names in `Access-Control-Request-Headers`; none for an actual request.
    /// - Returns: The rule, or nil when no rule allows it.
    public func match(origin: String, method: String, headers: [String]) -> CORSRule? {
        self.rules.first { $0.allows(origin: origin) && $0.allows(method: method) && headers.allSatisfy($0.allows(header:)) }
    }
}

/// One rule of a ``CORSConfiguration``.
public struct CORSRule: Sendable, Hashable {
    /// A name for people; at most 255 characters.
    public var id: String?
    /// Origins such as `https://app.example.com`; each may have one `*`.
    public var allowedOrigins: [String]
    /// Any of `GET`, `PUT`, `POST`, `DELETE`, `HEAD`.
    public var allowedMethods: [String]
    /// Request headers that a preflight may announce; compared without case; each may have one `*`.
    public var allowedHeaders: [String]
    /// Response headers that a page may read; no `*`.
    public var exposeHeaders: [String]
    /// How long a browser may keep the answer to a preflight.
    public var maxAgeSeconds: Int?

    public init(
        id: String? = nil, allowedOrigins: [String], allowedMethods: [String], allowedHeaders: [String] = [],
        exposeHeaders: [String] = [], maxAgeSeconds: Int? = nil
    ) {
        self.id = id
        self.allowedOrigins = allowedOrigins
        self.allowedMethods = allowedMethods
        self.allowedHeaders = allowedHeaders
        self.exposeHeaders = exposeHeaders
        self.maxAgeSeconds = maxAgeSeconds
    }

    /// Whether the rule names this origin, exactly or by a pattern.
    public func allows(origin: String) -> Bool {
        self.allowedOrigins.contains { OneStarPattern($0).matches(origin) }
    }

    /// Whether the rule names this method; methods are case-sensitive.
    public func allows(method: String) -> Bool {
        self.allowedMethods.contains { $0.utf8.elementsEqual(method.utf8) }
    }

    /// Whether the rule names this request header, exactly or by a pattern, without regard to case.
    public func allows(header: String) -> Bool {
        let name = header.lowercased()
        return self.allowedHeaders.contains { OneStarPattern($0.lowercased()).matches(name) }
    }

    /// Whether this origin is allowed because the rule allows every origin: S3 then answers `*` and no credentials.
    public func allowsAnyOrigin(matching origin: String) -> Bool {
        let deciding = self.allowedOrigins.first { OneStarPattern($0).matches(origin) }
        return deciding == "*"
    }
}

/// Text with at most one `*`, which stands for any run of bytes, also an empty one.
struct OneStarPattern {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static func isValid(_ text: String) -> Bool {
        text.utf8.count { $0 == UInt8(ascii: "*") } <= 1
    }

    func matches(_ candidate: String) -> Bool {
        let pattern = self.text.utf8
        guard let star = pattern.firstIndex(of: UInt8(ascii: "*")) else {
            return pattern.elementsEqual(candidate.utf8)
        }
        let prefix = pattern[..<star]
        let suffix = pattern[pattern.index(after: star)...]
        return candidate.utf8.count >= prefix.count + suffix.count
            && candidate.utf8.starts(with: prefix)
            && candidate.utf8.reversed().starts(with: suffix.reversed())
    }
}
