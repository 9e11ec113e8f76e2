public import SigV4

/// How a request names its bucket.
public enum AddressingStyle: String, Sendable, Hashable {
    /// In the host: `https://bucket.s3.region.amazonaws.com/key`.
    case virtualHost = "virtual"
    /// In the path: `https://s3.region.amazonaws.com/bucket/key`.
    case path
}

/// A bucket at an endpoint, with the style that addresses it.
public struct S3Location: Sendable, Hashable {
    public let endpoint: Endpoint
    public let bucket: BucketName
    public let style: AddressingStyle
    /// The host as it is sent and signed.
    public let host: String
    /// Scheme and host.
    let origin: String
    /// Where forms are posted to; ends in `/`.
    let formURL: String
    /// What stands before `/key` in the path: percent-encoded, without a trailing slash.
    let pathPrefix: String

    /// - Parameter style: `nil` means what suits: virtual hosts on AWS unless the bucket's name has dots, paths elsewhere.
    /// - Throws: `unsupported_endpoint` where the bucket cannot be addressed so.
    public init(endpoint: Endpoint, bucket: BucketName, style: AddressingStyle? = nil) throws(SigningError) {
        let style = style ?? (endpoint.isAWS && bucket.fitsOneLabel ? .virtualHost : .path)
        try S3Location.check(endpoint, bucket, style)
        self.endpoint = endpoint
        self.bucket = bucket
        self.style = style
        switch style {
        case .virtualHost:
            host = "\(bucket).\(endpoint.authority)"
            pathPrefix = endpoint.basePath
        case .path:
            host = endpoint.authority
            pathPrefix = "\(endpoint.basePath)/\(bucket)"
        }
        origin = "\(endpoint.scheme)://\(host)"
        formURL = "\(origin)\(pathPrefix)/"
    }

    /// The URL of an object, or of the bucket itself, without a signature.
    public func url(for key: ObjectKey?) -> String {
        var text = GrowingBytes()
        text.append(origin)
        appendPath(of: key, to: &text)
        return text.text()
    }

    /// The one writer of paths, for what is signed and for what is sent.
    @inline(__always)
    func appendPath(of key: ObjectKey?, to buffer: inout GrowingBytes) {
        buffer.append(pathPrefix)
        if let key {
            buffer.append(UInt8(ascii: "/"))
            buffer.appendEncoded(key.name, keepsSlash: true)
        } else if pathPrefix.isEmpty {
            buffer.append(UInt8(ascii: "/"))
        }
    }

    private static func check(_ endpoint: Endpoint, _ bucket: BucketName, _ style: AddressingStyle) throws(SigningError) {
        func refuse(_ message: String) -> SigningError { SigningError(.unsupportedEndpoint, field: "style", message) }
        if endpoint.isAccelerated && (style == .path || !bucket.fitsOneLabel) {
            throw refuse("Transfer Acceleration takes virtual hosts and bucket names without dots only: leave it out for \(bucket).")
        }
        guard style == .virtualHost else { return }
        if endpoint.scheme == "https" && !bucket.fitsOneLabel {
            throw refuse("No TLS certificate covers \(bucket).\(endpoint.authority), since the bucket's name has dots: use path style.")
        }
        if endpoint.host.hasPrefix("[") || isIPv4Address(String(endpoint.host)) {
            throw refuse("\(endpoint.host) is an address, which cannot have the bucket before it: use path style.")
        }
    }
}
