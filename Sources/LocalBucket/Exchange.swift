import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import S3Signing
import SigV4

/// What is known about one request while it is answered.
struct Exchange {
    let identifiers: RequestIdentifiers
    let method: String
    var request: S3Request?
    var bucket: ServedBucket?
    var errorCode: String?
    var keepsConnection = true

    init(identifiers: RequestIdentifiers, method: String) {
        self.identifiers = identifiers
        self.method = method
    }

    mutating func refuse(_ error: any Error, _ logger: Logger) -> Response {
        let refusal: S3Error
        if let known = error as? S3Error {
            refusal = known
        } else {
            logger.error("The local bucket failed", metadata: ["error": "\(error)"])
            refusal = Refused.internalError
        }
        self.errorCode = refusal.code
        return .refusal(refusal, resource: self.request?.resource ?? "/", identifiers: self.identifiers)
    }

    func log(_ response: Response, to logger: Logger) {
        var metadata: Logger.Metadata = [
            "requestId": "\(self.identifiers.requestID)", "method": "\(self.method)", "status": "\(response.status.code)",
        ]
        metadata["bucket"] = self.request?.bucket.map { "\($0)" }
        metadata["key"] = self.request?.key.map { "\(PercentEncoding.encodePath($0))" }
        metadata["code"] = self.errorCode.map { "\($0)" }
        logger.info("bucket request", metadata: metadata)
    }
}

extension Response {
    /// How long a connection that is being closed is still read, so that the client sees the answer and not a reset.
    private static let lingerSeconds: Int64 = 30

    /// The same answer, after which the connection is closed: first our side, then, when the client has had time to read, all.
    func closing(_ channel: any Channel) -> Response {
        var response = self
        let body = self.body
        let length = self.headers[.contentLength]
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            try await body.write(writer)
            channel.close(mode: .output, promise: nil)
            let closing = channel.eventLoop.scheduleTask(in: .seconds(Self.lingerSeconds)) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in closing.cancel() }
        }
        response.headers[.contentLength] = length
        response.headers[.connection] = "close"
        return response
    }
}
