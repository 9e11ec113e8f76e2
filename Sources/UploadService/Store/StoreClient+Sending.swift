import AsyncHTTPClient
public import Libcrypto
public import NIOCore
public import S3Signing
public import SigV4
public import Uploads

/// The bytes that a request carries, made anew for each try.
public struct StoreBody: Sendable {
    public let byteCount: Int64
    /// Signed where it is known, so that the store refuses other bytes.
    public let sha256: SHA256Digest?
    let make: @Sendable () -> HTTPClientRequest.Body

    /// - Parameter chunks: begins again with each call; its bytes are `byteCount`.
    public init<Chunks: AsyncSequence & Sendable>(
        byteCount: Int64, sha256: SHA256Digest? = nil, chunks: @escaping @Sendable () -> Chunks
    ) where Chunks.Element == ByteBuffer {
        self.byteCount = byteCount
        self.sha256 = sha256
        make = { .stream(chunks(), length: .known(byteCount)) }
    }
}

/// Sending objects, for a program that has their bytes.
extension StoreClient {
    /// PutObject.
    ///
    /// - Parameters:
    ///   - headers: what the object is to be stored with.
    ///   - createOnly: an object that has the key already stays (`If-None-Match: *`), which is `preconditionFailed`.
    public func putObject(
        _ key: ObjectKey, headers: [Header], createOnly: Bool, body: StoreBody, at location: S3Location,
        with credentials: SigningCredentials
    ) async throws(StoreFault) -> StoredUpload {
        var call = StoreCall(method: .put, key: key, headers: headers, body: .stream(body))
        if createOnly { call.headers.append(Header("if-none-match", "*")) }
        let reply = try await reply(to: call, at: location, with: credentials, plan: sendingPlan)
        return StoredUpload(reply, etag: try Self.etag(of: reply))
    }

    /// UploadPart.
    ///
    /// - Returns: the part's ETag, as the store writes it.
    public func uploadPart(
        _ number: Int, of key: ObjectKey, uploadID: String, body: StoreBody, at location: S3Location,
        with credentials: SigningCredentials
    ) async throws(StoreFault) -> String {
        let query = [QueryItem("partNumber", String(number)), QueryItem("uploadId", uploadID)]
        let call = StoreCall(method: .put, key: key, query: query, body: .stream(body))
        return try Self.etag(of: try await reply(to: call, at: location, with: credentials, plan: sendingPlan))
    }

    private static func etag(of reply: StoreReply) throws(StoreFault) -> String {
        guard let etag = reply.answer.etag else { throw .unreachable("the answer has no ETag") }
        return etag
    }
}
