internal import Libcrypto

/// Makes the signature that a received request should carry, and compares in constant time.
///
/// It says whether a signature is the right one for a request; whether its scope, time and headers are acceptable is
/// the service's decision (`S3Verifier` for S3).
public struct RequestVerifier: Sendable {
    public let rules: PathRules
    private let keys: SigningKeyCache

    public init(rules: PathRules = .general, keyCache: SigningKeyCache = SigningKeyCache()) {
        self.rules = rules
        keys = keyCache
    }

    /// What comparing a signature with the right one tells.
    public enum Verdict: Sendable, Equatable {
        /// It is the right one.
        case matches
        /// It is another; the stages are those of the right one.
        case differs(SigningStages)
        /// The path cannot be decoded, so that there is no right one.
        case unreadablePath
    }

    /// Compares a request's signature with the one that `credentials` would give it.
    ///
    /// The names that were signed must be those of headers that were sent, sorted, each once: in an `Authorization` header
    /// their list is not signed itself, so that any other list is one that somebody has altered.
    ///
    /// - Parameters:
    ///   - request: as received, `path` exactly as on the request line, `query` with the signature still in it.
    ///   - time: when the request says it was signed.
    public func verdict(
        on request: SignableRequest, presented: PresentedSignature, payload: PayloadHash, credentials: Credentials, at time: SigningTime
    ) -> Verdict {
        let key = keys.key(for: credentials, at: time, region: presented.scope.region, service: presented.scope.service)
        let workspace = SigningWorkspace.take()
        defer { workspace.giveBack() }
        guard let signature = sign(request, presented, payload, with: key, at: time, in: &workspace.buffers) else { return .unreadablePath }
        let isListTheSame = workspace.buffers.canonical.hasSignedHeaders(presented.signedHeaders)
        guard signature.isSame(asHex: presented.signature), isListTheSame else { return .differs(workspace.buffers.stages(signature)) }
        return .matches
    }

    private func sign(
        _ request: SignableRequest, _ presented: PresentedSignature, _ payload: PayloadHash, with key: SigningKey, at time: SigningTime,
        in buffers: inout SigningBuffers
    ) -> SHA256Digest? {
        buffers.reset()
        let headers = request.headers.span
        for index in headers.indices where presented.signs(headers[index].name) {
            buffers.canonical.addHeader(headers[index].name, headers[index].value)
        }
        buffers.canonical.closeHeaders()
        let query = request.query.span
        for index in query.indices where presented.query == nil || !HeaderRules.isIdentical(query[index].name, "X-Amz-Signature") {
            buffers.canonical.addQuery(query[index].name, query[index].value)
        }
        buffers.canonical.startPath(method: request.method)
        guard rules.append(wirePath: request.path, to: &buffers.canonical.bytes) else { return nil }
        buffers.canonical.finish(payload: payload)
        return buffers.sign(with: key, at: time)
    }
}
