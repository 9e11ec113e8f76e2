internal import Libcrypto

/// Who asks for a ticket, bound to one environment.
public struct Caller: Sendable, Hashable {
    /// Who it is. Two identities are never the same caller, whatever their texts are.
    public enum Identity: Sendable, Hashable {
        /// An API key, by the name that the configuration gives it. Rotating the key keeps the name, and with it the prefix.
        case apiKey(String)
        /// Somebody for whom the holder of an API key got a scoped token, by the name that the holder chose.
        case delegate(String, of: String)
        /// The subject of a JWT, by the name that the configuration gives its issuer.
        case subject(String, issuer: String)
    }

    public let identity: Identity
    /// The one environment that this caller may upload to.
    public let environment: String
    /// The names of the rules that this caller may use; nil for all of the environment.
    public let rules: Set<String>?
    /// What subjects of one issuer share a prefix by, such as their tenant's name; nil where each has one of their own.
    public let group: String?

    public init(_ identity: Identity, environment: String, rules: Set<String>? = nil, group: String? = nil) {
        self.identity = identity
        self.environment = environment
        self.rules = rules
        self.group = group
    }

    /// An API key's caller.
    public init(name: String, environment: String) {
        self.init(.apiKey(name), environment: environment)
    }

    /// For logs: the name of an API key, `web-backend/alice` for whom it delegates to, `auth0:alice` for a subject.
    public var name: String {
        switch identity {
        case .apiKey(let name): name
        case .delegate(let subject, let holder): "\(holder)/\(subject)"
        case .subject(let subject, let issuer): "\(issuer):\(subject)"
        }
    }

    /// Whether the caller may use a rule.
    public func mayUse(rule: String) -> Bool {
        rules?.contains(rule) ?? true
    }

    /// What `{caller}` becomes in a key: one path segment, never empty, `.` or `..`, at most 128 bytes of `a…z 0…9 - _ ~ . =`.
    ///
    /// `a…z`, `0…9` and `-` stand for themselves and every other byte of a name's UTF-8 is `_` and two hexadecimal digits, so no two
    /// names share a segment, not even where a file system or a CDN folds case. A segment that would be longer is `__` and a SHA-256;
    /// `_` alone is the empty name. Between two names stands what tells the kinds of callers apart: `web-backend.alice` for a delegate,
    /// `auth0~alice` for a subject, and `auth0=acme` for a group of them.
    public var keySegment: String {
        switch identity {
        case .apiKey(let name): Self.segment([name], separator: "")
        case .delegate(let subject, let holder): Self.segment([holder, subject], separator: ".")
        case .subject(let subject, let issuer):
            group.map { Self.segment([issuer, $0], separator: "=") } ?? Self.segment([issuer, subject], separator: "~")
        }
    }

    static let maximumSegmentBytes = 128

    /// The bytes that a segment has between two names.
    static let separators = "~.="

    private static func segment(_ names: [String], separator: String) -> String {
        let segment = names.map(self.encoded).joined(separator: separator)
        guard segment.utf8.count > Self.maximumSegmentBytes else { return segment }
        // The lengths keep two lists of names apart that read the same when joined.
        return "__" + SHA256.hash(names.count == 1 ? names[0] : "\(separator)\(names[0].utf8.count):\(names.joined())").hex
    }

    private static func encoded(_ name: String) -> String {
        guard !name.utf8.isEmpty else { return "_" }
        var segment: [UInt8] = []
        segment.reserveCapacity(name.utf8.count)
        for byte in name.utf8 {
            if ASCII.isLowercase(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "-") {
                segment.append(byte)
            } else {
                segment.append(UInt8(ascii: "_"))
                segment.append(contentsOf: ASCII.hex(byte))
            }
        }
        return String(decoding: segment, as: UTF8.self)
    }
}
