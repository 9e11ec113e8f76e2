public import Libcrypto

/// The signatures inside an `aws-chunked` body: each covers a chunk and the signature before it, the first one the request's own.
///
/// Both sides walk along the same chain: whoever sends writes each signature beside its chunk, whoever receives compares.
/// Source: Amazon S3 API Reference, "Transferring Payload in Multiple Chunks" and "Including Trailing Headers".
public struct ChunkSignatureChain: Sendable {
    /// What one signature is made from, for whoever compares it with another implementation's.
    public struct Link: Sendable, Equatable {
        public let stringToSign: String
        /// 64 lower-case hexadecimal digits.
        public let signature: String
    }

    private let key: SigningKey
    private let time: SigningTime
    private var previous: String

    /// - Parameters:
    ///   - seed: the signature of the request that carries the body.
    ///   - key: what that request was signed with.
    ///   - time: when it was signed.
    public init(seed: String, key: SigningKey, at time: SigningTime) {
        self.key = key
        self.time = time
        previous = seed
    }

    /// Signs the next chunk, by the digest of its bytes; the last chunk is empty.
    public mutating func sign(chunk digest: SHA256Digest) -> Link {
        sign(algorithm: "AWS4-HMAC-SHA256-PAYLOAD", lines: [ChunkSignatureChain.emptyDigest, digest.hex])
    }

    /// Signs the headers that come behind the last chunk.
    public mutating func sign(trailer headers: [Header]) -> Link {
        let text = headers.map { "\($0.name):\($0.value)\n" }.joined()
        return sign(algorithm: "AWS4-HMAC-SHA256-TRAILER", lines: [SHA256.hash(text).hex])
    }

    private mutating func sign(algorithm: String, lines: [String]) -> Link {
        let text = ([algorithm, time.iso8601Basic, key.scope, previous] + lines).joined(separator: "\n")
        previous = key.sign(text).hex
        return Link(stringToSign: text, signature: previous)
    }

    /// A chunk could have headers of its own, but S3 gives it none.
    private static let emptyDigest = SHA256.hash([]).hex
}
