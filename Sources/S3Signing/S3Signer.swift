internal import Libcrypto
public import SigV4

extension SigningError.Code {
    /// An `x-amz-*` query parameter that S3 would ignore or refuse there.
    public static let ignoredInQuery = SigningError.Code(rawValue: "ignored_in_query")
}

/// The methods of S3 requests that can be signed.
public enum S3Method: String, Sendable, Hashable {
    case get = "GET"
    case put = "PUT"
    case head = "HEAD"
    case delete = "DELETE"
    case post = "POST"

    /// The raw value, without making a text of it.
    var text: StaticString {
        switch self {
        case .get: "GET"
        case .put: "PUT"
        case .head: "HEAD"
        case .delete: "DELETE"
        case .post: "POST"
        }
    }
}

/// What a presigned request is to allow.
public struct PresignRequest: Sendable, Hashable {
    public var method: S3Method
    /// The object, or `nil` for the bucket itself.
    public var key: ObjectKey?
    /// How long the URL can be used, in seconds after the signing time: 1…604800.
    public var expiresSeconds: Int
    /// Headers that bind: they are signed, so the client must send each of them exactly so. `Host` is added.
    public var headers: [Header]
    /// Query parameters that belong to the operation, such as `uploadId` or `response-content-disposition`.
    public var query: [QueryItem]

    public init(method: S3Method, key: ObjectKey?, expiresSeconds: Int, headers: [Header] = [], query: [QueryItem] = []) {
        self.method = method
        self.key = key
        self.expiresSeconds = expiresSeconds
        self.headers = headers
        self.query = query
    }
}

/// A request that anyone can send who has it, until it expires.
public struct PresignedRequest: Sendable {
    public let method: S3Method
    /// The whole URL, its signature last.
    public let url: String
    /// What the client must send besides, exactly so.
    public let headers: [Header]
    public let expiresAt: SigningTime

    /// 64 lower-case hexadecimal digits.
    public var signature: String { String(url.suffix(64)) }

    /// The names that the signature covers, in lower case and sorted.
    public var signedHeaders: [String] {
        Set(headers.map { HeaderRules.lowercased($0.name) } + ["host"]).sorted()
    }
}

/// A request signed in its headers, for a program that sends it at once.
public struct AuthorizedRequest: Sendable {
    public let method: S3Method
    public let url: String
    /// All to be sent except `Host`, which follows from the URL; `Authorization` last.
    public let headers: [Header]
    public let stages: SigningStages
}

/// Signs requests and POST policies for one bucket with one set of credentials; safe to share between threads.
///
/// Sources: Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)", its pages on the query,
/// the header and POST policies.
public struct S3Signer: Sendable {
    public let location: S3Location
    let signer: RequestSigner

    public init(credentials: Credentials, location: S3Location, keyCache: SigningKeyCache = SigningKeyCache()) {
        self.location = location
        signer = RequestSigner(
            credentials: credentials, region: location.endpoint.region, service: "s3", rules: .s3, keyCache: keyCache)
    }

    /// Makes a presigned request; its body is not signed (`UNSIGNED-PAYLOAD`).
    ///
    /// - Throws: `expiry_out_of_range`, `invalid_header`, `header_not_signable`, `reserved_name`, `ignored_in_query`.
    public func presign(_ request: PresignRequest, at time: SigningTime) throws(SigningError) -> PresignedRequest {
        let workspace = SigningWorkspace.take()
        defer { workspace.giveBack() }
        let url = try url(of: request, at: time, in: &workspace.buffers)
        return PresignedRequest(
            method: request.method, url: url, headers: request.headers,
            expiresAt: time.adding(seconds: Int64(request.expiresSeconds)))
    }

    private func url(
        of request: PresignRequest, at time: SigningTime, in buffers: inout SigningBuffers
    ) throws(SigningError) -> String {
        let signature = try sign(request, at: time, in: &buffers)
        return buffers.signedQuery(signature, origin: location.origin)
    }

    /// The three texts behind the signature of a presigned request.
    public func stages(of request: PresignRequest, at time: SigningTime) throws(SigningError) -> SigningStages {
        let workspace = SigningWorkspace.take()
        defer { workspace.giveBack() }
        let signature = try sign(request, at: time, in: &workspace.buffers)
        return workspace.buffers.stages(signature)
    }

    private func sign(
        _ request: PresignRequest, at time: SigningTime, in buffers: inout SigningBuffers
    ) throws(SigningError) -> SHA256Digest {
        buffers.reset()
        try RequestSigner.check(expiresSeconds: request.expiresSeconds)
        try add(request.headers, of: request.method, to: &buffers.canonical)
        try S3Signer.check(request.query)
        let key = signer.key(at: time)
        signer.addSigningQuery(request.query, expiresSeconds: request.expiresSeconds, with: key, at: time, to: &buffers.canonical)
        buffers.canonical.startPath(method: request.method.text)
        location.appendPath(of: request.key, to: &buffers.canonical.bytes)
        buffers.canonical.finish(payload: .unsigned)
        return buffers.sign(with: key, at: time)
    }

    /// Adds the host and the headers, which are checked one by one only where a glance at them shows something unusual.
    private func add(
        _ headers: [Header], of method: S3Method, to canonical: inout CanonicalRequest
    ) throws(SigningError) {
        canonical.addHost(location.host)
        var areOrdinary = true
        // A span lends its elements, where an array would count references.
        let span = headers.span
        for index in span.indices {
            switch canonical.addHeader(span[index].name, span[index].value) {
            case .ordinary: continue
            case .contentLength: try S3Signer.check(contentLength: span[index].value, of: method)
            default: areOrdinary = false
            }
        }
        if !canonical.closeHeaders() || !areOrdinary { try S3Signer.check(headers, of: method) }
    }

    /// Signs a request in its headers.
    ///
    /// - Throws: `invalid_header`, `header_not_signable`, `reserved_name`, `ignored_in_query`.
    public func authorize(
        method: S3Method, key: ObjectKey?, query: [QueryItem] = [], headers: [Header] = [], payload: PayloadHash, at time: SigningTime
    ) throws(SigningError) -> AuthorizedRequest {
        try S3Signer.check(headers, of: method)
        try S3Signer.check(query)
        var path = GrowingBytes()
        location.appendPath(of: key, to: &path)
        let request = SignableRequest(
            method: method.rawValue, path: path.text(), query: query,
            headers: [Header("host", location.host)] + headers)
        let signature = try signer.authorize(request, payload: payload, declaresPayload: true, at: time)
        let queryText = query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
        return AuthorizedRequest(
            method: method, url: location.url(for: key) + (queryText.isEmpty ? "" : "?\(queryText)"),
            headers: headers + signature.headers, stages: signature.stages)
    }

    /// Checks headers that a client is to send exactly as they are signed.
    static func check(_ headers: [Header], of method: S3Method) throws(SigningError) {
        for (index, header) in headers.enumerated() {
            try HeaderRules.check(header)
            guard !headers[..<index].contains(where: { HeaderRules.isSame($0.name, header.name) }) else {
                throw SigningError(
                    .invalidHeader, field: header.name, "\(header.name) is given twice: join the values with a comma, in one header.")
            }
            switch HeaderRules.role(of: header.name) {
            case .ordinary: break
            case .contentLength: try check(contentLength: header.value, of: method)
            case .reserved: try RequestSigner.checkNotReserved(header.name)
            case .host, .unsignable:
                throw SigningError(
                    .headerNotSignable, field: header.name,
                    "\(header.name) is set by the client's HTTP library or changed on the way: take it out of the signed headers.")
            }
            guard HeaderRules.isASCII(header.value) else {
                throw SigningError(
                    .invalidHeader, field: header.name,
                    "Browsers cannot send the value of \(header.name) as it is signed: use ASCII only, encoding the rest (RFC 8187 for file names)."
                )
            }
        }
    }

    /// S3's largest body of one request: 5 GiB.
    static let maximumBodyBytes: Int64 = 5 << 30

    private static func check(contentLength text: String, of method: S3Method) throws(SigningError) {
        guard let bytes = HeaderRules.number(text) else {
            throw SigningError(.invalidHeader, field: "content-length", "'\(text)' is no length: give the number of bytes in digits.")
        }
        guard method != .put || bytes <= maximumBodyBytes else {
            throw SigningError(
                .invalidHeader, field: "content-length",
                "One PUT takes at most \(maximumBodyBytes) bytes (5 GiB), not \(bytes): upload the file in parts.")
        }
    }

    private static func check(_ query: [QueryItem]) throws(SigningError) {
        for item in query {
            try RequestSigner.checkNotReserved(item.name)
            guard item.name != "Signature", item.name != "AWSAccessKeyId" else {
                throw SigningError(
                    .reserved, field: item.name, "S3 takes \(item.name) for a second signature, of version 2: take it out of the query.")
            }
            guard !HeaderRules.hasPrefix(item.name, "x-amz-") else {
                throw SigningError(
                    .ignoredInQuery, field: item.name,
                    "S3 ignores or refuses \(item.name) in a query: sign it as a header, and have the client send it.")
            }
        }
    }
}
