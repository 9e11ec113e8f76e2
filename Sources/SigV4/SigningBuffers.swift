package import Libcrypto
internal import Synchronization

/// The buffers of one signature, kept for the next.
package struct SigningBuffers: ~Copyable {
    package var canonical = CanonicalRequest()
    package private(set) var stringToSign = GrowingBytes(capacity: 192)
    /// Room for what is made of the signature: a URL, say.
    package var output = GrowingBytes()

    /// Empties the buffers; every signature begins so.
    package mutating func reset() {
        canonical.reset()
        stringToSign.removeAll()
        output.removeAll()
    }

    /// Signs the canonical request that stands in `canonical`.
    package mutating func sign(with key: SigningKey, at time: SigningTime) -> SHA256Digest {
        let digest = canonical.bytes.withSpan { SHA256.hash($0) }
        StringToSign.write(time: time, key: key, canonicalRequest: digest, to: &stringToSign)
        return stringToSign.withSpan { key.hmac.authenticate($0) }
    }

    /// The whole query of a presigned request, behind what shall stand before it.
    package mutating func signedQuery(_ signature: SHA256Digest, origin: String? = nil) -> String {
        if let origin {
            output.append(origin)
            output.append(canonical.path, of: canonical.bytes)
            output.append(UInt8(ascii: "?"))
        }
        output.append(canonical.query, of: canonical.bytes)
        output.append("&X-Amz-Signature=" as StaticString)
        output.append(signature)
        return output.text()
    }

    /// The texts of this signature.
    package borrowing func stages(_ signature: SHA256Digest) -> SigningStages {
        SigningStages(
            canonicalRequest: canonical.bytes.text(), stringToSign: stringToSign.text(), signature: signature.hex)
    }
}

/// Buffers that one thread at a time borrows, hence unchecked: `take` and `giveBack` go in pairs.
package final class SigningWorkspace: @unchecked Sendable {
    package var buffers = SigningBuffers()

    private static let idle = Mutex<[SigningWorkspace]>([])
    private static let maximumIdle = 32

    /// Buffers that nobody else has, with what the last signature left in them.
    package static func take() -> SigningWorkspace {
        idle.withLock { $0.popLast() } ?? SigningWorkspace()
    }

    /// Keeps the buffers for the next signature.
    package func giveBack() {
        SigningWorkspace.idle.withLock { if $0.count < SigningWorkspace.maximumIdle { $0.append(self) } }
    }
}
