import HTTPTypes
import S3Signing
import SigV4

/// A request's head as S3 sees it: what it is about, and every header.
struct S3Request: Sendable {
    let method: String
    /// Path and query exactly as on the request line: what the signature is over.
    let rawTarget: String
    let target: RequestTarget
    /// All headers, Host included.
    let headers: [Header]
    let fields: FieldList
    let host: String
    /// Nil when the request is about no bucket: `GET /`.
    let bucket: String?
    /// Nil when the request is about the bucket itself.
    let key: String?

    /// - Parameter buckets: The names that a Host header may begin with.
    init(_ head: HTTPRequest, buckets: some Collection<String>) throws(S3Error) {
        guard let authority = head.authority, !head.headerFields.contains(where: { $0.name.canonicalName == "host" }) else {
            throw S3Error(code: "InvalidRequest", status: 400, message: "Exactly one Host header is needed.")
        }
        guard let raw = head.path, raw.utf8.first == UInt8(ascii: "/"), let target = RequestTarget(raw) else { throw Refused.invalidURI }
        self.method = head.method.rawValue
        self.rawTarget = raw
        self.target = target
        self.host = authority
        self.headers = [Header("Host", authority)] + head.headerFields.map { Header($0.name.rawName, $0.value) }
        self.fields = FieldList(self.headers)
        let (bucket, key) = Self.resolve(target, host: authority, buckets: buckets)
        self.bucket = bucket
        self.key = key
    }

    /// Apart from reading the request, so that a page of another origin can read these refusals too.
    func checkLimits() throws(S3Error) {
        if self.headers.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count }) > Limits.headerBytes { throw Refused.headersTooLarge }
        if let key, key.utf8.count > Limits.keyBytes { throw Refused.keyTooLong(key.utf8.count) }
    }

    /// Virtual-host style when the host is a bucket's name, or begins with one and a dot; path style otherwise.
    private static func resolve(
        _ target: RequestTarget, host: String, buckets: some Collection<String>
    ) -> (bucket: String?, key: String?) {
        let name = self.hostName(host)
        let virtual = buckets.filter { name == $0 || name.hasPrefix($0 + ".") }.max { $0.utf8.count < $1.utf8.count }
        if let virtual, !self.isAddress(name) {
            return (virtual, self.text(target.path.utf8.dropFirst()))
        }
        // The first segment of the raw path, so that an encoded slash does not end it.
        let segment = target.rawPath.utf8.dropFirst().prefix { $0 != UInt8(ascii: "/") }
        guard let bucket = self.text(segment) else { return (nil, nil) }
        if segment.contains(UInt8(ascii: "%")) { return (bucket, nil) }
        return (bucket, self.text(target.path.utf8.dropFirst(segment.count + 2)))
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String? {
        bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private static func hostName(_ host: String) -> String {
        guard !host.hasPrefix("["), let colon = host.lastIndex(of: ":") else { return host.lowercased() }
        return host[..<colon].lowercased()
    }

    private static func isAddress(_ name: String) -> Bool {
        name.hasPrefix("[") || name.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// The decoded value of a query parameter; empty when it has none, nil when it is not there.
    func query(_ name: String) -> String? {
        self.target.query.first { $0.name == name }?.value
    }

    /// Whether this is PutObjectTagging.
    var putsTags: Bool { self.method == "PUT" && self.key != nil && self.query("tagging") != nil && self.query("uploadId") == nil }

    /// Path and query without what makes a presigned URL valid: what an error may repeat.
    var resource: String { self.target.path }
}
