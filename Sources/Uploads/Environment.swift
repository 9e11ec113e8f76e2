public import S3Signing
internal import SigV4

/// A bucket with the rules for what may be uploaded to it and from where.
public struct Environment: Sendable {
    public let name: String
    /// Bucket, endpoint and addressing.
    public let location: S3Location
    public let provider: Provider
    /// Web pages that may ask for tickets.
    public let allowedOrigins: [OriginPattern]
    /// The number of the AWS account that owns the bucket; nil where it is not said.
    public let account: String?
    /// Whether callers may ask for tickets that read what lies under their own prefixes.
    public let allowsDownloads: Bool
    /// Where the public reads objects, such as a CDN, without a trailing slash; `nil` when nobody does.
    public let publicBaseURL: String?
    /// In the order of the configuration.
    public let rules: [UploadRule]
    /// The existing browser clients that are answered.
    public let dialects: Dialects
    /// How much callers may take.
    public let limits: UploadLimits
    /// Whether the store holds CompleteMultipartUpload to `x-amz-mp-object-size`.
    let comparesObjectSize: Bool

    /// Checks all values together and reports everything that is wrong; `field` is the key in `uploads.yaml`, `rules.NAME.KEY` for rules.
    public init(
        name: String, location: S3Location, provider: Provider, allowedOrigins: [OriginPattern] = [],
        account: String? = nil, allowsDownloads: Bool = false, publicBaseURL: String? = nil, rules: [UploadRule],
        dialects: Dialects = Dialects(), limits: UploadLimits = UploadLimits()
    ) throws(InvalidValues) {
        var problems: [InvalidValue] = []
        if let account, account.utf8.count != 12 || !account.utf8.allSatisfy(ASCII.isDigit) {
            problems.append(InvalidValue(field: "account", "\(quoted(account)) is no AWS account; write its twelve digits"))
        }
        if !Environment.isName(name) {
            problems.append(
                InvalidValue(
                    field: "name",
                    "\(quoted(name)) is not an environment's name; use 1 to 32 lower-case letters, digits and single \"-\" between them, beginning with a letter"
                ))
        }
        if let publicBaseURL, let problem = Environment.problem(publicBaseURL: publicBaseURL) {
            problems.append(InvalidValue(field: "publicBaseUrl", problem))
        }
        if rules.isEmpty {
            problems.append(InvalidValue(field: "rules", "an environment needs at least one upload rule"))
        }
        for (index, rule) in rules.enumerated() {
            let field = "rules.\(rule.name)"
            if rules[..<index].contains(where: { $0.name == rule.name }) {
                problems.append(InvalidValue(field: field, "there are two rules of this name"))
            }
            for problem in provider.problems(of: StoreDemands(rule), region: location.endpoint.region) {
                problems.append(InvalidValue(field: "\(field).\(problem.field ?? "")", problem.message))
            }
            for other in rules[..<index]
            where rule.keyTemplate.clashes(with: other.keyTemplate, environment: name, rules: (rule.name, other.name)) {
                problems.append(
                    InvalidValue(
                        field: "\(field).key",
                        "a caller of this rule could own a prefix that holds other callers' files of the rule \(other.name); "
                            + "begin each key with a folder of its rule's own, as in \(rule.name)/{caller}/{uuid}"))
            }
        }
        problems += dialects.problems(among: rules)
        problems += limits.problems(among: rules).map { InvalidValue(field: "limits.\($0.field ?? "")", $0.message) }
        guard problems.isEmpty else { throw InvalidValues(problems) }
        self.init(
            unchecked: name, location: location, provider: provider, allowedOrigins: allowedOrigins, account: account,
            allowsDownloads: allowsDownloads, publicBaseURL: publicBaseURL.map(Environment.withoutTrailingSlash), rules: rules,
            dialects: dialects, limits: limits, comparesObjectSize: provider.features.comparesObjectSize)
    }

    private init(
        unchecked name: String, location: S3Location, provider: Provider, allowedOrigins: [OriginPattern], account: String?,
        allowsDownloads: Bool, publicBaseURL: String?, rules: [UploadRule], dialects: Dialects, limits: UploadLimits,
        comparesObjectSize: Bool
    ) {
        self.name = name
        self.location = location
        self.provider = provider
        self.allowedOrigins = allowedOrigins
        self.account = account
        self.allowsDownloads = allowsDownloads
        self.publicBaseURL = publicBaseURL
        self.rules = rules
        self.dialects = dialects
        self.limits = limits
        self.comparesObjectSize = comparesObjectSize
    }

    public func rule(named name: String) -> UploadRule? {
        rules.first { $0.name == name }
    }

    /// Where an object will be read, where the environment has a public base.
    public func publicURL(of key: String) -> String? {
        publicBaseURL.map { "\($0)/\(PercentEncoding.encodePath(key))" }
    }

    /// Whether a page of that origin may ask for tickets; the value of an `Origin` header.
    public func allows(origin: String) -> Bool {
        allowedOrigins.contains { $0.matches(origin) }
    }

    /// The same rules for the local bucket, whose provider is `custom`; it compares objects' sizes.
    public func replacing(location: S3Location, publicBaseURL: String?, allowedOrigins: [OriginPattern]) -> Environment {
        Environment(
            unchecked: name, location: location, provider: .custom, allowedOrigins: allowedOrigins, account: account,
            allowsDownloads: allowsDownloads,
            publicBaseURL: publicBaseURL.map(Environment.withoutTrailingSlash), rules: rules, dialects: dialects,
            limits: limits, comparesObjectSize: true)
    }

    /// Where an object is, without the rights to read it.
    public func address(of key: String) -> String {
        publicURL(of: key) ?? location.url(for: try? ObjectKey(key))
    }

    /// A name is a folder, a part of variables' names and perhaps of keys.
    public static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, ASCII.isLowercase(first), name.utf8.count <= 32 else { return false }
        // Two hyphens in a row, or one at the end, would give two environments the same variables.
        return name.utf8.last != UInt8(ascii: "-") && !name.contains("--")
            && name.utf8.allSatisfy { ASCII.isLowercase($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func problem(publicBaseURL text: String) -> String? {
        let lowered = ASCII.lowercased(text)
        let isHTTPS = lowered.hasPrefix("https://")
        let rest = lowered.dropFirst(isHTTPS ? 8 : 7)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let isPlain = rest.utf8.allSatisfy { ASCII.isAlphanumeric($0) || "-._~/%:[]".utf8.contains($0) }
        guard isHTTPS || lowered.hasPrefix("http://"), isPlain,
            let origin = try? OriginPattern("\(isHTTPS ? "https" : "http")://\(rest[..<slash])"), origin.matches(origin.text)
        else {
            return
                "\(quoted(text)) is not a base URL; write https:// with a host and perhaps a path, such as https://cdn.example.com/files "
                + "(plain http is for localhost only)"
        }
        return nil
    }

    private static func withoutTrailingSlash(_ url: String) -> String {
        String(url.reversed().drop { $0 == "/" }.reversed())
    }
}
