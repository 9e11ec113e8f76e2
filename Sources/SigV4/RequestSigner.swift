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
        return try SigningBuffers.with { buffers throws(SigningError) in
            for header in request.headers where HeaderRules.isSignable(header.name) {
                buffers.canonical.addHeader(header.name, header.value)
            }
            for header in added { buffers.canonical.addHeader(header.name, header.value) }
            buffers.canonical.closeHeaders()
            for item in request.query { buffers.canonical.addQuery(item.name, item.value) }
            let signature = try sign(request, payload: payload, at: time, in: &buffers)
            if let tokenHeader, token == .added { added.append(tokenHeader) }
            added.append(Header("Authorization", authorization(buffers, signature, at: time)))
            return HeaderSignature(headers: added, stages: buffers.stages(signature))
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
        return try SigningBuffers.with { buffers throws(SigningError) in
            for header in request.headers where HeaderRules.isSignable(header.name) {
                buffers.canonical.addHeader(header.name, header.value)
            }
            addSigningQuery(request.query, expiresSeconds: expiresSeconds, signsToken: token == .signed, at: time, to: &buffers)
            let signature = try sign(request, payload: payload, at: time, in: &buffers)
            appendSignedQuery(signature, to: &buffers.output, from: buffers.canonical)
            if token == .added, let sessionToken = credentials.sessionToken {
                buffers.output.append("&X-Amz-Security-Token=" as StaticString)
                buffers.output.appendEncoded(sessionToken)
            }
            return QuerySignature(query: buffers.output.text(), stages: buffers.stages(signature))
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
        _ request: SignableRequest, payload: PayloadHash, at time: SigningTime, in buffers: inout SigningBuffers
    ) throws(SigningError) -> SHA256Digest {
        var isPathValid = true
        buffers.canonical.write(method: request.method, payload: payload) {
            isPathValid = rules.append(wirePath: request.path, to: &$0)
        }
        guard isPathValid else {
            throw SigningError(.invalidPath, field: "path", "The path has a % that two hexadecimal digits do not follow: encode it as %25.")
        }
        return sign(&buffers, at: time)
    }

    private func authorization(_ buffers: borrowing SigningBuffers, _ signature: SHA256Digest, at time: SigningTime) -> String {
        let scope = CredentialScope(date: time.dateStamp, region: region, service: service)
        let headers = buffers.canonical.bytes.text(buffers.canonical.signedHeaders)
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
        _ query: [QueryItem], expiresSeconds: Int, signsToken: Bool = true, at time: SigningTime, to buffers: inout SigningBuffers
    ) {
        buffers.canonical.closeHeaders()
        buffers.canonical.addQuery("X-Amz-Algorithm") { $0.append(StringToSign.algorithm) }
        buffers.canonical.addQuery("X-Amz-Credential") { appendCredential(at: time, encoded: true, to: &$0) }
        buffers.canonical.addQuery("X-Amz-Date") { time.append(to: &$0) }
        buffers.canonical.addQuery("X-Amz-Expires") { $0.append(expiresSeconds) }
        if signsToken, let token = credentials.sessionToken {
            buffers.canonical.addQuery("X-Amz-Security-Token") { $0.appendEncoded(token) }
        }
        buffers.canonical.addSignedHeadersQuery()
        for item in query { buffers.canonical.addQuery(item.name, item.value) }
    }

    /// Signs the canonical request in the buffers.
    package func sign(_ buffers: inout SigningBuffers, at time: SigningTime) -> SHA256Digest {
        let key = keys.key(for: credentials, at: time, region: region, service: service)
        return buffers.sign(with: key, at: time, region: region, service: service)
    }

    /// Appends the query that was signed and its signature.
    @inline(__always)
    package func appendSignedQuery(_ signature: SHA256Digest, to output: inout GrowingBytes, from canonical: borrowing CanonicalRequest) {
        output.append(canonical.query, of: canonical.bytes)
        output.append("&X-Amz-Signature=" as StaticString)
        output.append(signature)
    }

    /// Appends access key and scope, as they stand in `X-Amz-Credential`.
    package func appendCredential(at time: SigningTime, encoded: Bool, to buffer: inout GrowingBytes) {
        let slash: StaticString = encoded ? "%2F" : "/"
        func appendPart(_ part: String, to buffer: inout GrowingBytes) {
            if encoded { buffer.appendEncoded(part) } else { buffer.append(part) }
            buffer.append(slash)
        }
        appendPart(credentials.accessKeyID, to: &buffer)
        time.appendDateStamp(to: &buffer)
        buffer.append(slash)
        appendPart(region, to: &buffer)
        appendPart(service, to: &buffer)
        buffer.append(CredentialScope.terminator)
    }
}
