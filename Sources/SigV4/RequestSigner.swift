internal import Libcrypto

/// Signs requests to one service in one region with one set of credentials; safe to share between threads.
///
/// Source: AWS, "Create a signed AWS API request". Every time is an argument: the signer has no clock.
public struct RequestSigner: Sendable {
    public let credentials: Credentials
    public let region: String
    public let service: String
    public let rules: PathRules
    private let keys: SigningKeyCache
    private let encodedAccessKeyID: String

    public init(
        credentials: Credentials, region: String, service: String, rules: PathRules = .general,
        keyCache: SigningKeyCache = SigningKeyCache()
    ) {
        self.credentials = credentials
        self.region = region
        self.service = service
        self.rules = rules
        keys = keyCache
        encodedAccessKeyID = PercentEncoding.encode(credentials.accessKeyID)
    }

    /// Where a session token goes.
    public enum TokenPlacement: Sendable {
        /// It is part of what is signed: nearly every service.
        case signed
        /// It is added to the signed request: a few services want it so.
        case added
    }

    /// What header signing adds to a request.
    public struct HeaderSignature: Sendable {
        /// To be sent besides the request's own headers, `Authorization` last.
        public let headers: [Header]
        public let stages: SigningStages
    }

    /// What query signing makes of a request.
    public struct QuerySignature: Sendable {
        /// The whole query, encoded, to stand behind the path and `?`.
        public let query: String
        public let stages: SigningStages
    }

    /// Signs a request in its headers.
    ///
    /// - Parameters:
    ///   - payload: what is said about the body.
    ///   - declaresPayload: whether `x-amz-content-sha256` is added and signed; S3 demands it.
    /// - Throws: `invalid_header`, `invalid_host`, `reserved_name`.
    public func authorize(
        _ request: SignableRequest, payload: PayloadHash, declaresPayload: Bool, token: TokenPlacement = .signed, at time: SigningTime
    ) throws(SigningError) -> HeaderSignature {
        try check(request)
        var added = [Header("x-amz-date", time.iso8601Basic)]
        if declaresPayload { added.append(Header("x-amz-content-sha256", payload.text)) }
        let tokenHeader = credentials.sessionToken.map { Header("x-amz-security-token", $0) }
        if let tokenHeader, token == .signed { added.append(tokenHeader) }
        let workspace = SigningWorkspace.take()
        defer { workspace.giveBack() }
        workspace.buffers.reset()
        add(request.headers + added, to: &workspace.buffers.canonical)
        workspace.buffers.canonical.closeHeaders()
        for item in request.query { workspace.buffers.canonical.addQuery(item.name, item.value) }
        let key = key(at: time)
        try write(request, payload: payload, to: &workspace.buffers.canonical)
        let signature = workspace.buffers.sign(with: key, at: time)
        if let tokenHeader, token == .added { added.append(tokenHeader) }
        added.append(Header("Authorization", authorization(workspace.buffers, signature, with: key)))
        return HeaderSignature(headers: added, stages: workspace.buffers.stages(signature))
    }

    /// Signs a request in its query, so that a URL is all that is needed to send it.
    ///
    /// - Parameter expiresSeconds: 1…604800.
    /// - Throws: `expiry_out_of_range`, `invalid_header`, `invalid_host`, `reserved_name`.
    public func presign(
        _ request: SignableRequest, expiresSeconds: Int, payload: PayloadHash = .empty, token: TokenPlacement = .signed,
        at time: SigningTime
    ) throws(SigningError) -> QuerySignature {
        try RequestSigner.check(expiresSeconds: expiresSeconds)
        try check(request)
        let workspace = SigningWorkspace.take()
        defer { workspace.giveBack() }
        workspace.buffers.reset()
        add(request.headers, to: &workspace.buffers.canonical)
        workspace.buffers.canonical.closeHeaders()
        let key = key(at: time)
        addSigningQuery(
            request.query, expiresSeconds: expiresSeconds, signsToken: token == .signed, with: key, at: time,
            to: &workspace.buffers.canonical)
        try write(request, payload: payload, to: &workspace.buffers.canonical)
        let signature = workspace.buffers.sign(with: key, at: time)
        var query = workspace.buffers.signedQuery(signature)
        if token == .added, let sessionToken = credentials.sessionToken {
            query += "&X-Amz-Security-Token=\(PercentEncoding.encode(sessionToken))"
        }
        return QuerySignature(query: query, stages: workspace.buffers.stages(signature))
    }

    private func add(_ headers: [Header], to canonical: inout CanonicalRequest) {
        for header in headers where HeaderRules.isSignable(header.name) { canonical.addHeader(header.name, header.value) }
    }

    /// The rule of `X-Amz-Expires`: 1…604800 seconds.
    public static func check(expiresSeconds: Int) throws(SigningError) {
        guard (1...604_800).contains(expiresSeconds) else {
            throw SigningError(
                .expiryOutOfRange, field: "expires",
                "A signed URL lives 1 to 604800 seconds (7 days), not \(expiresSeconds): choose a lifetime in that range.")
        }
    }

    private func check(_ request: SignableRequest) throws(SigningError) {
        for header in request.headers {
            try HeaderRules.check(header)
            try RequestSigner.checkNotReserved(header.name)
        }
        for item in request.query { try RequestSigner.checkNotReserved(item.name) }
        guard request.headers.count(where: { HeaderRules.isSame($0.name, "host") }) == 1 else {
            throw SigningError(.invalidHost, field: "host", "A request is signed for one host: give exactly one Host header.")
        }
    }

    /// Refuses a header or parameter that the signature itself sets.
    package static func checkNotReserved(_ name: String) throws(SigningError) {
        guard !HeaderRules.isReserved(name) else {
            throw SigningError(.reserved, field: name, "\(name) is set by the signature itself: take it out of the request.")
        }
    }

    private func write(_ request: SignableRequest, payload: PayloadHash, to canonical: inout CanonicalRequest) throws(SigningError) {
        canonical.startPath(method: request.method)
        guard rules.append(wirePath: request.path, to: &canonical.bytes) else {
            throw SigningError(.invalidPath, field: "path", "The path has a % that two hexadecimal digits do not follow: encode it as %25.")
        }
        canonical.finish(payload: payload)
    }

    private func authorization(_ buffers: borrowing SigningBuffers, _ signature: SHA256Digest, with key: SigningKey) -> String {
        let headers = buffers.canonical.bytes.text(buffers.canonical.signedHeaders)
        return
            "\(StringToSign.algorithm) Credential=\(credentials.accessKeyID)/\(key.scope), SignedHeaders=\(headers), Signature=\(signature)"
    }
}

extension SigningError.Code {
    /// The path's percent-encoding is broken.
    public static let invalidPath = SigningError.Code(rawValue: "invalid_path")
}

// The steps that `S3Signing` takes by itself, so that a URL costs no more than its own text.
extension RequestSigner {
    /// The key that signs on the day of `time`.
    package func key(at time: SigningTime) -> SigningKey {
        keys.key(for: credentials, at: time, region: region, service: service)
    }

    /// Adds the parameters of a signature in the query, then the request's own query; the headers are closed before.
    package func addSigningQuery(
        _ query: [QueryItem], expiresSeconds: Int, signsToken: Bool = true, with key: SigningKey, at time: SigningTime,
        to canonical: inout CanonicalRequest
    ) {
        canonical.addQuery("X-Amz-Algorithm") { $0.append(StringToSign.algorithm) }
        canonical.addQuery("X-Amz-Credential") {
            $0.append(encodedAccessKeyID)
            $0.append("%2F" as StaticString)
            $0.append(key.encodedScope)
        }
        canonical.addQuery("X-Amz-Date") { key.append(time, to: &$0) }
        canonical.addQuery("X-Amz-Expires") { $0.append(expiresSeconds) }
        if signsToken, let token = credentials.sessionToken {
            canonical.addQuery("X-Amz-Security-Token") { $0.appendEncoded(token) }
        }
        canonical.addSignedHeadersQuery()
        for item in query { canonical.addQuery(item.name, item.value) }
    }
}
