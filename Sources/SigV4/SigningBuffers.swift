package import Libcrypto

/// The buffers of one signature, kept for the next.
package struct SigningBuffers: ~Copyable {
    package var canonical = CanonicalRequest()
    package private(set) var stringToSign = GrowingBytes(capacity: 192)
    /// Room for what is made of the signature: a URL, say.
    package var output = GrowingBytes()

    private static let pool = Pool { Workspace() }

    /// Runs `body` with empty buffers that nobody else has meanwhile.
    @inline(__always)
    package static func with<Result, Failure>(
        _ body: (inout SigningBuffers) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try pool.with { workspace throws(Failure) in
            workspace.buffers.reset()
            return try body(&workspace.buffers)
        }
    }

    private mutating func reset() {
        canonical.reset()
        stringToSign.removeAll()
        output.removeAll()
    }

    /// Signs the canonical request that stands in `canonical`.
    package mutating func sign(with key: SigningKey, at time: SigningTime, region: String, service: String) -> SHA256Digest {
        let digest = canonical.bytes.withSpan { SHA256.hash($0) }
        StringToSign.write(time: time, region: region, service: service, canonicalRequest: digest, to: &stringToSign)
        return stringToSign.withSpan { key.hmac.authenticate($0) }
    }

    /// The texts of this signature.
    package borrowing func stages(_ signature: SHA256Digest) -> SigningStages {
        SigningStages(
            canonicalRequest: canonical.bytes.text(), stringToSign: stringToSign.text(), signature: signature.hex)
    }
}

/// What the pool keeps: it lends a workspace to one thread at a time, hence unchecked.
private final class Workspace: @unchecked Sendable {
    var buffers = SigningBuffers()
}
