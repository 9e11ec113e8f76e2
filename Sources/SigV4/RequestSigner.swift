package import Libcrypto

/// Signs requests to one service in one region with one set of credentials; safe to share between threads.
///
/// Source: AWS, "Create a signed AWS API request". Every time is an argument: the signer has no clock.
public struct RequestSigner: Sendable {
    public let credentials: Credentials
    public let region: String
    public let service: String
    public let rules: PathRules
    package let keys: SigningKeyCache

    public init(
        credentials: Credentials, region: String, service: String, rules: PathRules = .general,
        keyCache: SigningKeyCache = SigningKeyCache()
    ) {
        self.credentials = credentials
        self.region = region
        self.service = service
        self.rules = rules
        keys = keyCache
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
        return try Workspace.pool.with { workspace throws(SigningError) in
            workspace.reset()
            for header in request.headers where HeaderRules.isSignable(header.name) {
                workspace.canonical.addHeader(header.name, header.value)
            }
            for header in added { workspace.canonical.addHeader(header.name, header.value) }
            workspace.canonical.closeHeaders()
            for item in request.query { workspace.canonical.addQuery(item.name, item.value) }
            let signature = try sign(request, payload: payload, at: time, in: workspace)
            if let tokenHeader, token == .added { added.append(tokenHeader) }
            added.append(Header("Authorization", authorization(workspace, signature, at: time)))
            return HeaderSignature(headers: added, stages: workspace.stages(signature))
        }
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
        return try Workspace.pool.with { workspace throws(SigningError) in
            workspace.reset()
            for header in request.headers where HeaderRules.isSignable(header.name) {
                workspace.canonical.addHeader(header.name, header.value)
            }
            addSigningQuery(request.query, expiresSeconds: expiresSeconds, signsToken: token == .signed, at: time, to: workspace)
            let signature = try sign(request, payload: payload, at: time, in: workspace)
            appendSignedQuery(signature, to: &workspace.output, from: workspace.canonical)
            if token == .added, let sessionToken = credentials.sessionToken {
                workspace.output.append(contentsOf: "&X-Amz-Security-Token=\(PercentEncoding.encode(sessionToken))".utf8)
            }
            return QuerySignature(query: String(decoding: workspace.output, as: UTF8.self), stages: workspace.stages(signature))
        }
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

    private func sign(
        _ request: SignableRequest, payload: PayloadHash, at time: SigningTime, in workspace: Workspace
    ) throws(SigningError) -> SHA256Digest {
        var isPathValid = true
        workspace.canonical.write(method: request.method, payload: payload) {
            isPathValid = rules.append(wirePath: request.path, to: &$0)
        }
        guard isPathValid else {
            throw SigningError(.invalidPath, field: "path", "The path has a % that two hexadecimal digits do not follow: encode it as %25.")
        }
        return sign(workspace, at: time)
    }

    private func authorization(_ workspace: Workspace, _ signature: SHA256Digest, at time: SigningTime) -> String {
        let scope = CredentialScope(date: time.dateStamp, region: region, service: service)
        let headers = String(decoding: workspace.canonical.bytes[workspace.canonical.signedHeaders], as: UTF8.self)
        return "\(StringToSign.algorithm) Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(headers), Signature=\(signature)"
    }
}

extension SigningError.Code {
    /// The path's percent-encoding is broken.
    public static let invalidPath = SigningError.Code(rawValue: "invalid_path")
}

// The steps that `S3Signing` takes by itself, so that a URL costs no more than its own text.
extension RequestSigner {
    /// Closes the headers and adds the request's own query and the parameters of a signature in the query.
    package func addSigningQuery(
        _ query: [QueryItem], expiresSeconds: Int, signsToken: Bool = true, at time: SigningTime, to workspace: Workspace
    ) {
        workspace.canonical.closeHeaders()
        workspace.canonical.addQuery("X-Amz-Algorithm", StringToSign.algorithm)
        workspace.canonical.addQuery("X-Amz-Credential") { appendCredential(at: time, encoded: true, to: &$0) }
        workspace.canonical.addQuery("X-Amz-Date") { time.append(to: &$0) }
        workspace.canonical.addQuery("X-Amz-Expires") { RequestSigner.append(expiresSeconds, to: &$0) }
        if signsToken, let token = credentials.sessionToken { workspace.canonical.addQuery("X-Amz-Security-Token", token) }
        workspace.canonical.addSignedHeadersQuery()
        for item in query { workspace.canonical.addQuery(item.name, item.value) }
    }

    /// Signs the canonical request in the workspace.
    package func sign(_ workspace: Workspace, at time: SigningTime) -> SHA256Digest {
        let key = keys.key(for: credentials, at: time, region: region, service: service)
        return workspace.sign(with: key, at: time, region: region, service: service)
    }

    /// Appends the query that was signed and its signature.
    package func appendSignedQuery(_ signature: SHA256Digest, to output: inout [UInt8], from canonical: CanonicalRequest) {
        output.append(contentsOf: canonical.bytes[canonical.query])
        output.append(contentsOf: "&X-Amz-Signature=".utf8)
        signature.appendHex(to: &output)
    }

    /// Appends access key and scope, as they stand in `X-Amz-Credential`.
    package func appendCredential(at time: SigningTime, encoded: Bool, to buffer: inout [UInt8]) {
        func appendPart(_ part: String) {
            if encoded { PercentEncoding.append(part.utf8.span, to: &buffer) } else { buffer.append(contentsOf: part.utf8) }
        }
        let slash = encoded ? "%2F" : "/"
        appendPart(credentials.accessKeyID)
        buffer.append(contentsOf: slash.utf8)
        time.appendDateStamp(to: &buffer)
        buffer.append(contentsOf: slash.utf8)
        appendPart(region)
        buffer.append(contentsOf: slash.utf8)
        appendPart(service)
        buffer.append(contentsOf: slash.utf8)
        buffer.append(contentsOf: CredentialScope.terminator.utf8)
    }

    private static func append(_ number: Int, to buffer: inout [UInt8]) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            buffer.append(0x30 + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
