public import SigV4

/// How a body in chunks says that it is one, in `x-amz-content-sha256`.
///
/// Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".
public enum ChunkedPayload: String, Sendable, CaseIterable {
    /// Each chunk is signed.
    case signed = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    /// Each chunk is signed, and so are the headers behind them.
    case signedWithTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    /// Nothing is signed; a checksum comes behind the chunks.
    case unsignedWithTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

    public var isSigned: Bool { self != .unsignedWithTrailer }
    public var hasTrailer: Bool { self != .signed }

    /// What the signature of the request covers in place of the body's digest.
    public var payloadHash: PayloadHash { .streaming(rawValue) }

    /// The length of the encoded body: the request's `Content-Length`, while `x-amz-decoded-content-length` tells the object's.
    ///
    /// - Parameters:
    ///   - chunkByteCount: bytes of each chunk but the last; S3 takes no fewer than 8192.
    ///   - trailer: headers with values as long as those that will be sent.
    public func encodedByteCount(decodedByteCount: Int, chunkByteCount: Int, trailer: [Header] = []) -> Int {
        let (whole, rest) = decodedByteCount.quotientAndRemainder(dividingBy: chunkByteCount)
        let lines = trailer.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 3 }
        let signature = isSigned && hasTrailer ? ChunkedPayload.trailerSignatureName.utf8.count + 64 + 3 : 0
        return whole * framedByteCount(chunkByteCount) + (rest == 0 ? 0 : framedByteCount(rest)) + framedByteCount(0) + lines + signature
    }

    /// The last chunk's second line break ends the body, behind the trailer where there is one.
    private func framedByteCount(_ size: Int) -> Int {
        String(size, radix: 16).utf8.count + (isSigned ? ChunkedPayload.signatureParameter.utf8.count + 64 : 0) + 2 + size + 2
    }

    /// What stands between a chunk's size and its signature.
    public static let signatureParameter = ";chunk-signature="
    /// The name of the last trailing header of a signed body.
    public static let trailerSignatureName = "x-amz-trailer-signature"
}
