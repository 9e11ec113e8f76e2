internal import Libcrypto
public import SigV4

/// Writes an `aws-chunked` body piece by piece, so that it can be signed without being known as a whole.
public struct ChunkedBodyEncoder: Sendable {
    private let payload: ChunkedPayload
    private var chain: ChunkSignatureChain?

    /// - Parameter chain: the signatures of a signed body; `S3Signer.chunkedBody` makes both.
    init(_ payload: ChunkedPayload, chain: ChunkSignatureChain?) {
        self.payload = payload
        self.chain = chain
    }

    /// The next chunk as it goes over the wire. Each but the last must have at least 8192 bytes, and none may be empty.
    public mutating func chunk(_ bytes: [UInt8]) -> [UInt8] {
        precondition(!bytes.isEmpty, "an empty chunk ends the body: call end(trailer:)")
        return head(bytes) + bytes + Array("\r\n".utf8)
    }

    /// The end of the body. The names in `trailer`, in lower case, are those that the request's `x-amz-trailer` has announced.
    public mutating func end(trailer: [Header] = []) -> [UInt8] {
        precondition(trailer.isEmpty || payload.hasTrailer, "\(payload.rawValue) has no trailer")
        var text = trailer.map { "\($0.name):\($0.value)\r\n" }.joined()
        let last = head([])
        if payload.hasTrailer, let signature = chain?.sign(trailer: trailer).signature {
            text += "\(ChunkedPayload.trailerSignatureName):\(signature)\r\n"
        }
        return last + Array((text + "\r\n").utf8)
    }

    private mutating func head(_ bytes: [UInt8]) -> [UInt8] {
        let signature = chain?.sign(chunk: SHA256.hash(bytes)).signature
        return Array((String(bytes.count, radix: 16) + (signature.map { ChunkedPayload.signatureParameter + $0 } ?? "") + "\r\n").utf8)
    }
}

extension S3Signer {
    /// The encoder of a request's body.
    ///
    /// - Parameters:
    ///   - request: authorized with `payload.payloadHash`, and with the headers `x-amz-decoded-content-length` and, where there is
    ///     a trailer, `x-amz-trailer`.
    ///   - time: when the request was signed.
    public func chunkedBody(_ payload: ChunkedPayload, of request: AuthorizedRequest, at time: SigningTime) -> ChunkedBodyEncoder {
        let chain = ChunkSignatureChain(seed: request.stages.signature, key: signer.key(at: time), at: time)
        return ChunkedBodyEncoder(payload, chain: payload.isSigned ? chain : nil)
    }
}
