public import Libcrypto
public import SigV4

/// Checks the signatures inside an `aws-chunked` body, one after the other, in constant time each.
///
/// What a refused signature covers must not be used, nor anything that comes after it.
public struct ChunkVerifier: Sendable {
    private let accessKeyID: String
    private var chain: ChunkSignatureChain

    init(accessKeyID: String, chain: ChunkSignatureChain) {
        self.accessKeyID = accessKeyID
        self.chain = chain
    }

    /// Throws `SignatureDoesNotMatch` unless `signature` is the one of the next chunk.
    public mutating func verify(chunk digest: SHA256Digest, signature: String) throws(S3Error) {
        try check(chain.sign(chunk: digest), signature)
    }

    /// Throws `SignatureDoesNotMatch` unless `signature` is the one of the headers behind the last chunk, without the signature's own.
    public mutating func verify(trailer: [Header], signature: String) throws(S3Error) {
        try check(chain.sign(trailer: trailer), signature)
    }

    private func check(_ link: ChunkSignatureChain.Link, _ signature: String) throws(S3Error) {
        guard ConstantTime.equal(link.signature, signature) else {
            throw .signatureDoesNotMatch([
                Header("AWSAccessKeyId", accessKeyID), Header("StringToSign", link.stringToSign), Header("SignatureProvided", signature),
            ])
        }
    }
}
