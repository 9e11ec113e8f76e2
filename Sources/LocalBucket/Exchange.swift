import HTTPTypes
import Hummingbird
import Logging
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
