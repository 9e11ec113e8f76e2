package import Libcrypto

/// The buffers of one signature, kept for the next.
package final class Workspace: @unchecked Sendable {
    // Unchecked because the pool lends a workspace to one thread at a time.
    package static let pool = Pool { Workspace() }

    package var canonical = CanonicalRequest()
    package private(set) var stringToSign: [UInt8] = []
    /// Room for what is made of the signature: a URL, say.
    package var output: [UInt8] = []

    /// Empties the buffers and keeps their memory.
    package func reset() {
        canonical.reset()
        stringToSign.removeAll(keepingCapacity: true)
        output.removeAll(keepingCapacity: true)
    }

    /// Signs the canonical request that stands in `canonical`.
    package func sign(with key: SigningKey, at time: SigningTime, region: String, service: String) -> SHA256Digest {
        let digest = SHA256.hash(canonical.bytes)
        StringToSign.write(time: time, region: region, service: service, canonicalRequest: digest, to: &stringToSign)
        let text = stringToSign
        return key.hmac.authenticate(text.span)
    }

    /// The texts of this signature.
    package func stages(_ signature: SHA256Digest) -> SigningStages {
        SigningStages(
            canonicalRequest: String(decoding: canonical.bytes, as: UTF8.self),
            stringToSign: String(decoding: stringToSign, as: UTF8.self), signature: signature.hex)
    }
}
