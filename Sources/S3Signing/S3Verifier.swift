internal import Libcrypto
public import SigV4

/// Decides as S3 does whether a received request or form is signed well, and answers in S3's words where not.
///
/// Whether the signer may do what it asks is not decided here.
public struct S3Verifier: Sendable {
    let region: String
    let credentials: @Sendable (String) -> Credentials?
    let keys: SigningKeyCache

    /// S3 allows clocks to differ by 15 minutes.
    static let maximumSkewSeconds: Int64 = 900

    /// - Parameter credentials: the credentials of an access key, `nil` for an unknown one.
    public init(region: String, credentials: @escaping @Sendable (_ accessKeyID: String) -> Credentials?) {
        self.region = region
        self.credentials = credentials
        keys = SigningKeyCache()
    }

    /// Verifies a request that is signed in its headers or in its query; one that is not signed is denied.
    public func verify(_ request: ReceivedRequest, at now: SigningTime) throws(S3Error) -> VerifiedRequest {
        guard let target = RequestTarget(request.target) else {
            throw S3Error(code: "InvalidURI", status: 400, message: "Couldn't parse the specified URI.")
        }
        let authorizations = request.values(of: "authorization")
        // As S3 was measured to do: without these two parameters, the others of a signature make nobody's request anyone's.
        let isPresigned = target.query.contains { HeaderRules.isIdentical($0.name, "X-Amz-Algorithm") }
        let isVersion2 = target.query.contains { HeaderRules.isIdentical($0.name, "Signature") }
        guard authorizations.count + (isPresigned ? 1 : 0) + (isVersion2 ? 1 : 0) <= 1 else {
            throw .invalidArgument(
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the "
                    + "Authorization header should be specified", name: "Authorization", value: "one mechanism too many")
        }
        if isVersion2 || authorizations.first?.hasPrefix("AWS ") == true {
            throw .invalidRequest("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
        }
        if let authorization = authorizations.first { return try verifyHeader(authorization, request, target, at: now) }
        guard isPresigned else { throw .accessDenied() }
        return try verifyQuery(request, target, at: now)
    }

    private func verifyHeader(
        _ authorization: String, _ request: ReceivedRequest, _ target: RequestTarget, at now: SigningTime
    ) throws(S3Error) -> VerifiedRequest {
        guard authorization.utf8.starts(with: "AWS4-HMAC-SHA256 ".utf8) else {
            throw .invalidArgument("Unsupported Authorization Type", name: "Authorization", value: authorization)
        }
        let presented: PresentedSignature
        do { presented = try PresentedSignature(authorization: authorization) } catch {
            throw S3Verifier.headerMalformed("the \(error.field) component is \(error.reason)")
        }
        let dates = request.values(of: "x-amz-date")
        guard dates.count == 1, let time = SigningTime(iso8601Basic: dates[0]) else {
            throw .accessDenied("AWS authentication requires a valid Date or x-amz-date header")
        }
        try check(presented.scope, at: time) { S3Verifier.headerMalformed($0, region: $1) }
        let credentials = try known(presented.accessKeyID)
        guard abs(now.secondsSinceEpoch - time.secondsSinceEpoch) <= S3Verifier.maximumSkewSeconds else {
            throw S3Error(
                code: "RequestTimeTooSkewed", status: 403,
                message: "The difference between the request time and the current time is too large.",
                details: [
                    Header("RequestTime", time.iso8601Basic), Header("ServerTime", now.iso8601),
                    Header("MaxAllowedSkewMilliseconds", "\(S3Verifier.maximumSkewSeconds * 1000)"),
                ])
        }
        try check(tokens: request.values(of: "x-amz-security-token"), of: credentials)
        guard let payload = try declaredPayload(request) else {
            throw .invalidRequest("Missing required header for this request: x-amz-content-sha256")
        }
        try checkSignedHeaders(request, presented)
        try check(presented, request, target, payload: payload, credentials: credentials, signedAt: time)
        return VerifiedRequest(
            accessKeyID: presented.accessKeyID, isPresigned: false, payload: payload, signedHeaders: presented.signedHeaders,
            signedAt: time, expiresAt: nil, chunks: chunks(of: payload, presented, credentials, signedAt: time))
    }

    private func verifyQuery(
        _ request: ReceivedRequest, _ target: RequestTarget, at now: SigningTime
    ) throws(S3Error) -> VerifiedRequest {
        let presented: PresentedSignature
        do { presented = try PresentedSignature(query: target.query) } catch { throw S3Verifier.queryMalformed(error) }
        guard let (time, expiresSeconds) = presented.query else { throw .accessDenied() }
        guard expiresSeconds >= 0 else { throw S3Verifier.queryError("X-Amz-Expires must be non-negative") }
        guard expiresSeconds <= 604_800 else {
            throw S3Verifier.queryError(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
        }
        try check(presented.scope, at: time) { message, region in
            S3Verifier.queryError("Error parsing the X-Amz-Credential parameter; \(message)", region: region)
        }
        let expiresAt = time.adding(seconds: Int64(expiresSeconds))
        try checkPeriod(from: time, to: expiresAt, seconds: expiresSeconds, at: now)
        let credentials = try known(presented.accessKeyID)
        let tokens = target.query.filter { HeaderRules.isSame($0.name, "X-Amz-Security-Token") }.map(\.value)
        try check(tokens: tokens + request.values(of: "x-amz-security-token"), of: credentials)
        let payload = try declaredPayload(request) ?? .unsigned
        try checkSignedHeaders(request, presented)
        try check(presented, request, target, payload: payload, credentials: credentials, signedAt: time)
        return VerifiedRequest(
            accessKeyID: presented.accessKeyID, isPresigned: true, payload: payload, signedHeaders: presented.signedHeaders, signedAt: time,
            expiresAt: expiresAt, chunks: chunks(of: payload, presented, credentials, signedAt: time))
    }

    /// The chain of signatures that begins with the request's own.
    private func chunks(
        of payload: PayloadHash, _ presented: PresentedSignature, _ credentials: Credentials, signedAt time: SigningTime
    ) -> ChunkVerifier? {
        guard case .streaming(let word) = payload, ChunkedPayload(rawValue: word)?.isSigned == true else { return nil }
        let key = keys.key(for: credentials, at: time, region: presented.scope.region, service: presented.scope.service)
        let chain = ChunkSignatureChain(seed: presented.signature, key: key, at: time)
        return ChunkVerifier(accessKeyID: presented.accessKeyID, chain: chain)
    }

    private func checkPeriod(from start: SigningTime, to end: SigningTime, seconds: Int, at now: SigningTime) throws(S3Error) {
        guard start <= now.adding(seconds: S3Verifier.maximumSkewSeconds) else {
            throw .accessDenied(
                "Request is not yet valid", details: [Header("X-Amz-Date", start.iso8601Basic), Header("ServerTime", now.iso8601)])
        }
        guard now < end else {
            throw .accessDenied(
                "Request has expired",
                details: [Header("X-Amz-Expires", "\(seconds)"), Header("Expires", end.iso8601), Header("ServerTime", now.iso8601)])
        }
    }

    /// Service, region and day of a scope.
    func check(
        _ scope: CredentialScope, at time: SigningTime, refuse: (_ message: String, _ region: String?) -> S3Error
    ) throws(S3Error) {
        guard scope.service == "s3" else {
            throw refuse("incorrect service \"\(scope.service)\". This endpoint belongs to \"s3\".", nil)
        }
        guard scope.region == region else { throw refuse("the region '\(scope.region)' is wrong; expecting '\(region)'", region) }
        guard time.isOn(date: scope.date) else {
            throw refuse("Invalid credential date \"\(scope.date)\". This date is not the same as X-Amz-Date: \"\(time.dateStamp)\".", nil)
        }
    }

    func known(_ accessKeyID: String) throws(S3Error) -> Credentials {
        // Compared by bytes: to Swift, and so to a dictionary, texts are equal that only look the same.
        guard let credentials = credentials(accessKeyID), HeaderRules.isIdentical(credentials.accessKeyID, accessKeyID) else {
            throw .invalidAccessKeyID(accessKeyID)
        }
        return credentials
    }

    /// Temporary credentials need their own token, permanent ones none.
    func check(tokens: [String], of credentials: Credentials) throws(S3Error) {
        switch (credentials.sessionToken, tokens.count) {
        case (nil, 0): return
        case (.some, 0): throw .invalidAccessKeyID(credentials.accessKeyID)
        case (.some(let expected), 1) where ConstantTime.equal(expected, tokens[0]): return
        default: throw .invalidToken
        }
    }

    private func declaredPayload(_ request: ReceivedRequest) throws(S3Error) -> PayloadHash? {
        let values = request.values(of: "x-amz-content-sha256")
        guard let value = values.first else { return nil }
        if values.count == 1 {
            if value == "UNSIGNED-PAYLOAD" { return .unsigned }
            if ChunkedPayload(rawValue: value) != nil { return .streaming(value) }
            if let digest = SHA256Digest(hex: value), digest.hex == value { return .sha256(digest) }
        }
        throw .invalidArgument(
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, one of the STREAMING values, or a valid sha256 value.",
            name: "x-amz-content-sha256", value: value)
    }

    /// `host`, `content-md5` and every `x-amz-*` header must be covered: what is not signed could have been added by anyone. The
    /// value of `x-amz-content-sha256` is covered in any case, as the canonical request's last line.
    private func checkSignedHeaders(_ request: ReceivedRequest, _ presented: PresentedSignature) throws(S3Error) {
        var unsigned = presented.signedHeaders.contains("host") ? [] : ["host"]
        let headers = request.headers.span
        for index in headers.indices where S3Verifier.mustBeSigned(headers[index].name) {
            let name = HeaderRules.lowercased(headers[index].name)
            if !presented.signedHeaders.contains(name) { unsigned.append(name) }
        }
        guard unsigned.isEmpty else {
            throw .accessDenied(
                "There were headers present in the request which were not signed",
                details: [Header("HeadersNotSigned", Set(unsigned).sorted().joined(separator: ", "))])
        }
    }

    private static func mustBeSigned(_ name: String) -> Bool {
        HeaderRules.hasPrefix(name, "x-amz-") ? !HeaderRules.isSame(name, "x-amz-content-sha256") : HeaderRules.isSame(name, "content-md5")
    }

    private func check(
        _ presented: PresentedSignature, _ request: ReceivedRequest, _ target: RequestTarget, payload: PayloadHash,
        credentials: Credentials, signedAt time: SigningTime
    ) throws(S3Error) {
        let verifier = RequestVerifier(rules: .s3, keyCache: keys)
        func verdict(keepsPort: Bool) -> RequestVerifier.Verdict {
            let signable = SignableRequest(
                method: request.method, path: target.rawPath, query: target.query,
                headers: S3Verifier.asSigned(request.headers, keepsPort: keepsPort))
            return verifier.verdict(on: signable, presented: presented, payload: payload, credentials: credentials, at: time)
        }
        switch verdict(keepsPort: false) {
        case .matches: return
        case .unreadablePath: throw S3Error(code: "InvalidURI", status: 400, message: "Couldn't parse the specified URI.")
        case .differs(let stages):
            let hasDefaultPort = request.values(of: "host").contains { S3Verifier.defaultPort(of: $0) != nil }
            if hasDefaultPort, case .matches = verdict(keepsPort: true) { return }
            throw .signatureDoesNotMatch([
                Header("AWSAccessKeyId", presented.accessKeyID), Header("StringToSign", stages.stringToSign),
                Header("SignatureProvided", presented.signature), Header("CanonicalRequest", stages.canonicalRequest),
            ])
        }
    }

    /// Signers lower the host's case and leave the scheme's own port out, whatever their HTTP library sends. They keep the other
    /// scheme's own port, and which of the two theirs was is not to be seen here.
    private static func asSigned(_ headers: [Header], keepsPort: Bool) -> [Header] {
        var headers = headers
        for index in headers.indices where HeaderRules.isSame(headers[index].name, "host") {
            guard HeaderRules.holdsAny(headers[index].value, { $0 == UInt8(ascii: ":") || (0x41...0x5A).contains($0) }) else { continue }
            let host = HeaderRules.lowercased(headers[index].value)
            headers[index].value = keepsPort ? host : String(host.dropLast(defaultPort(of: host)?.count ?? 0))
        }
        return headers
    }

    private static func defaultPort(of host: String) -> String? {
        [":80", ":443"].first(where: host.hasSuffix)
    }

    private static func headerMalformed(_ message: String, region: String? = nil) -> S3Error {
        S3Error(
            code: "AuthorizationHeaderMalformed", status: 400, message: "The authorization header is malformed; \(message)",
            details: region.map { [Header("Region", $0)] } ?? [])
    }

    static func queryError(_ message: String, region: String? = nil) -> S3Error {
        S3Error(
            code: "AuthorizationQueryParametersError", status: 400, message: message, details: region.map { [Header("Region", $0)] } ?? [])
    }

    private static func queryMalformed(_ error: PresentedSignature.Malformed) -> S3Error {
        switch (error.field, error.reason) {
        case ("X-Amz-Algorithm", .malformed): queryError("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"")
        case ("X-Amz-Credential", .malformed):
            queryError(
                "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
                    + "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
        case ("X-Amz-Date", .malformed): queryError("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        case ("X-Amz-Expires", .malformed): queryError("X-Amz-Expires should be a number")
        default:
            queryError(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, "
                    + "X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
        }
    }
}
