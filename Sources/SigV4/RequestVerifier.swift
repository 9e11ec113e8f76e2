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

    /// The stages of the signature that `credentials` would give this request.
    ///
    /// - Parameters:
    ///   - request: as received, `path` exactly as on the request line, `query` with the signature still in it.
    ///   - time: when the request says it was signed.
    /// - Returns: `nil` where the path cannot be decoded.
    public func stages(
        of request: SignableRequest, presented: PresentedSignature, payload: PayloadHash, credentials: Credentials, at time: SigningTime
    ) -> SigningStages? {
        let key = keys.key(for: credentials, at: time, region: presented.scope.region, service: presented.scope.service)
        let workspace = SigningWorkspace.take()
        defer { workspace.giveBack() }
        workspace.buffers.reset()
        return stages(of: request, presented: presented, payload: payload, with: key, at: time, in: &workspace.buffers)
    }

    private func stages(
        of request: SignableRequest, presented: PresentedSignature, payload: PayloadHash, with key: SigningKey, at time: SigningTime,
        in buffers: inout SigningBuffers
    ) -> SigningStages? {
        let signed = Set(presented.signedHeaders)
        for header in request.headers {
            let name = HeaderRules.lowercased(header.name)
            if signed.contains(name) { buffers.canonical.addHeader(name, header.value) }
        }
        buffers.canonical.closeHeaders()
        for item in request.query where presented.query == nil || item.name != "X-Amz-Signature" {
            buffers.canonical.addQuery(item.name, item.value)
        }
        buffers.canonical.startPath(method: request.method)
        guard rules.append(wirePath: request.path, to: &buffers.canonical.bytes) else { return nil }
        buffers.canonical.finish(payload: payload)
        return buffers.stages(buffers.sign(with: key, at: time))
    }

    /// Whether a signature is the one of these stages, compared in constant time.
    ///
    /// The names that were signed are those of headers that were sent, sorted, each once: in an `Authorization` header their list is
    /// not signed itself, so that any other list is one that somebody has altered.
    public func matches(_ presented: PresentedSignature, _ stages: SigningStages) -> Bool {
        let lines = stages.canonicalRequest.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let names = presented.signedHeaders.joined(separator: ";")
        return lines.dropLast().last.map { $0.elementsEqual(names.utf8) } == true
            && ConstantTime.equal(presented.signature, stages.signature)
    }
}
