import S3Signing
import SigV4

/// Bucket, key and region as a URL's host and path tell them.
struct InspectedPlace: Equatable {
    var bucket: String?
    var key: String?
    /// The region that the host names.
    var region: String?
    var style: AddressingStyle?
    var remark: String?

    /// - Parameters:
    ///   - host: with its port, as in the URL.
    ///   - rawPath: encoded, beginning with a slash.
    ///   - endpoint: the base URL that the user named for a store other than AWS.
    init(host: String, rawPath: String, endpoint: String?) {
        let path = PercentEncoding.decode(rawPath) ?? rawPath
        if let aws = AWSHost(host) {
            region = aws.region
            if let name = aws.bucket { readVirtual(bucket: name, path: path) } else { readPath(path) }
            if aws.isGlobal { remark = "AWS's global endpoint: a bucket elsewhere answers 307" }
            return
        }
        guard let endpoint, let base = Self.authorityAndPath(endpoint) else {
            readPath(path)
            remark = "not an AWS host: taken as path style; name the store's --endpoint if it is not"
            return
        }
        let rest = path.hasPrefix(base.path + "/") ? String(path.dropFirst(base.path.count)) : path
        if host.lowercased() == base.authority {
            readPath(rest)
        } else if host.lowercased().hasSuffix("." + base.authority) {
            readVirtual(bucket: String(host.dropLast(base.authority.count + 1)), path: rest)
        } else {
            readPath(path)
            remark = "not the endpoint's host: taken as path style"
        }
    }

    private mutating func readVirtual(bucket: String, path: String) {
        style = .virtualHost
        self.bucket = bucket
        let key = path.unicodeScalars.dropFirst()
        self.key = key.isEmpty ? nil : String(key)
    }

    private mutating func readPath(_ path: String) {
        style = .path
        let rest = path.unicodeScalars.dropFirst()
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        bucket = slash > rest.startIndex ? String(rest[..<slash]) : nil
        let key = rest[slash...].dropFirst()
        self.key = key.isEmpty ? nil : String(key)
    }

    private static func authorityAndPath(_ baseURL: String) -> (authority: String, path: String)? {
        guard let endpoint = try? Endpoint(baseURL: baseURL, region: "us-east-1"), let start = endpoint.baseURL.firstRange(of: "://")
        else { return nil }
        let rest = endpoint.baseURL[start.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        return (String(rest[..<slash]), PercentEncoding.decode(rest[slash...]) ?? "")
    }
}

/// The parts of an S3 host name of AWS: `bucket.s3.dualstack.region.amazonaws.com` and its relatives.
/// https://docs.aws.amazon.com/general/latest/gr/s3.html
struct AWSHost: Equatable {
    let bucket: String?
    let region: String?
    var isGlobal: Bool { region == nil && !isAccelerated }
    let isAccelerated: Bool

    init?(_ host: String) {
        let name = host.lowercased().split(separator: ":").first.map(String.init) ?? ""
        guard let suffix = [".amazonaws.com", ".amazonaws.com.cn"].first(where: name.hasSuffix) else { return nil }
        let labels = name.dropLast(suffix.count).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let service = labels.lastIndex(where: { $0 == "s3" || $0.hasPrefix("s3-") }) else { return nil }
        var rest = labels[(service + 1)...]
        if rest.first == "dualstack" { rest = rest.dropFirst() }
        guard rest.count <= 1 else { return nil }
        bucket = service > 0 ? labels[..<service].joined(separator: ".") : nil
        let variant = labels[service].dropFirst("s3-".count)
        isAccelerated = variant == "accelerate"
        let legacyRegion = variant.isEmpty || variant == "fips" || isAccelerated ? nil : String(variant)
        region = rest.first ?? legacyRegion
    }
}
