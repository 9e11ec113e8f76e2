public import SigV4

extension SigningError.Code {
    /// A region, or a base URL, that is none.
    public static let invalidEndpoint = SigningError.Code(rawValue: "invalid_endpoint")
    /// The endpoint exists, but not with this combination of options, style and bucket.
    public static let unsupportedEndpoint = SigningError.Code(rawValue: "unsupported_endpoint")
}

/// Where an S3 service answers: its base URL, and the region that signatures for it name.
public struct Endpoint: Sendable, Hashable {
    /// Variants of AWS's regional endpoints.
    public struct Options: OptionSet, Sendable, Hashable {
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// IPv6 as well as IPv4.
        public static let dualstack = Options(rawValue: 1)
        /// FIPS 140 validated cryptography in TLS.
        public static let fips = Options(rawValue: 2)
        /// Transfer Acceleration, where the bucket has it enabled.
        public static let accelerate = Options(rawValue: 4)
    }

    /// The region of the credential scope.
    public let region: String
    let scheme: String
    /// In lower case, with a port unless it is the scheme's own.
    let authority: String
    /// Percent-encoded; empty, or with a leading and without a trailing slash.
    let basePath: String
    let isAWS: Bool
    let isAccelerated: Bool

    /// AWS's endpoint of a region. The partition (`aws`, `aws-cn`, `aws-us-gov`) follows from the region's name.
    ///
    /// Always the regional host: the global one answers 307 for young buckets of other regions, which ends a browser's preflight.
    ///
    /// - Throws: `invalid_endpoint` for a region that cannot be one, `unsupported_endpoint` for options that AWS does not combine.
    public static func aws(region: String, options: Options = []) throws(SigningError) -> Endpoint {
        let partition = try Partition(region: region)
        try partition.check(options, region: region)
        var host = options.contains(.fips) ? "s3-fips" : options.contains(.accelerate) ? "s3-accelerate" : "s3"
        if options.contains(.dualstack) { host += ".dualstack" }
        if !options.contains(.accelerate) { host += ".\(region)" }
        return Endpoint(
            region: region, scheme: "https", authority: "\(host).\(partition.suffix)", basePath: "", isAWS: true,
            isAccelerated: options.contains(.accelerate))
    }

    /// An endpoint at a base URL, such as `https://storage.example.com:9000/s3`.
    ///
    /// - Parameter region: the region that its signatures name; any text without `/` or blanks.
    /// - Throws: `invalid_endpoint`.
    public init(baseURL: String, region: String) throws(SigningError) {
        let parts = try BaseURL(baseURL)
        guard !region.isEmpty, region.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
            throw SigningError(.invalidEndpoint, field: "region", "'\(region)' is no region: give a name such as us-east-1.")
        }
        self.init(
            region: region, scheme: parts.scheme, authority: parts.authority, basePath: parts.path, isAWS: false, isAccelerated: false)
    }

    private init(region: String, scheme: String, authority: String, basePath: String, isAWS: Bool, isAccelerated: Bool) {
        self.region = region
        self.scheme = scheme
        self.authority = authority
        self.basePath = basePath
        self.isAWS = isAWS
        self.isAccelerated = isAccelerated
    }

    /// Scheme, host, port where it is not the scheme's own, and path.
    public var baseURL: String { "\(scheme)://\(authority)\(basePath)" }

    /// The host without its port.
    var host: Substring {
        guard !authority.hasSuffix("]"), let colon = authority.lastIndex(of: ":") else { return authority[...] }
        return authority[..<colon]
    }
}

private enum Partition {
    case aws, china, government

    /// Reads the partition off the region's name.
    init(region: String) throws(SigningError) {
        let bytes = region.utf8
        let isRegion =
            bytes.count <= 32 && region.split(separator: "-", omittingEmptySubsequences: false).count >= 3
            && region.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
            && bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
        guard isRegion else {
            throw SigningError(.invalidEndpoint, field: "region", "'\(region)' is no AWS region: give one such as eu-central-1.")
        }
        guard !region.contains("-iso"), !region.hasPrefix("eusc-") else {
            throw SigningError(
                .unsupportedEndpoint, field: "region", "\(region) lies in a partition whose hosts are not known here: give its base URL.")
        }
        self = region.hasPrefix("cn-") ? .china : region.hasPrefix("us-gov-") ? .government : .aws
    }

    var suffix: String { self == .china ? "amazonaws.com.cn" : "amazonaws.com" }

    func check(_ options: Endpoint.Options, region: String) throws(SigningError) {
        func refuse(_ message: String) -> SigningError { SigningError(.unsupportedEndpoint, field: "endpoint", message) }
        if options.contains([.fips, .accelerate]) {
            throw refuse("AWS has no endpoint with both FIPS and acceleration: choose one.")
        }
        if options.contains(.fips) && !region.hasPrefix("us-") && !region.hasPrefix("ca-") {
            throw refuse("\(region) has no FIPS endpoints, only regions of the United States and Canada have: leave FIPS out.")
        }
        if self != .aws && options.contains(.accelerate) { throw refuse("\(region) has no Transfer Acceleration: leave it out.") }
    }
}

/// The parts of a base URL that a signature needs (RFC 3986), nothing else allowed in it.
private struct BaseURL {
    let scheme: String
    let authority: String
    let path: String

    init(_ text: String) throws(SigningError) {
        func refuse(_ problem: String) -> SigningError {
            SigningError(
                .invalidEndpoint, field: "endpoint",
                "'\(text)' is no base URL: \(problem). Give one such as https://s3.eu-central-1.amazonaws.com or http://localhost:9000.")
        }
        guard let separator = text.firstRange(of: "://") else { throw refuse("it needs http:// or https:// in front") }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { throw refuse("it needs http:// or https:// in front") }
        let rest = text[separator.upperBound...]
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw refuse("it holds a character that a URL cannot hold") }
        guard !rest.contains("@") else { throw refuse("credentials do not belong into it") }
        guard !rest.contains("?"), !rest.contains("#") else { throw refuse("it cannot have a query or a fragment") }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let authority = BaseURL.authority(rest[..<slash].lowercased(), scheme: scheme) else {
            throw refuse("its host or port is none")
        }
        guard let path = PercentEncoding.decode(rest[slash...]) else { throw refuse("its path has a broken % sequence") }
        self.scheme = scheme
        self.authority = authority
        self.path = PercentEncoding.encodePath(String(path.reversed().drop { $0 == "/" }.reversed()))
    }

    private static func authority(_ text: String, scheme: String) -> String? {
        let isIPv6 = text.hasPrefix("[")
        let hostEnd = isIPv6 ? text.firstIndex(of: "]").map(text.index(after:)) : text.firstIndex(of: ":") ?? text.endIndex
        guard let hostEnd else { return nil }
        let host = text[..<hostEnd]
        let isHostValid = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"): isIPv6
            default: false
            }
        }
        guard !host.isEmpty, isHostValid else { return nil }
        guard hostEnd < text.endIndex else { return String(host) }
        let digits = text[text.index(after: hostEnd)...]
        guard text[hostEnd] == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits), port > 0 else {
            return nil
        }
        // A client leaves the scheme's own port out of Host, so it cannot be signed.
        return port == (scheme == "https" ? 443 : 80) ? String(host) : "\(host):\(port)"
    }
}
