import AsyncHTTPClient
import Libcrypto
import NIOCore
import NIOHTTP1
import S3Signing
import SigV4
import Uploads

/// One operation on an object, signed anew for each try.
struct StoreCall: Sendable {
    enum Body: Sendable {
        /// Signed.
        case bytes([UInt8])
        /// Its length is signed, what it holds only where its digest is known.
        case stream(StoreBody)
    }

    let method: S3Method
    let key: ObjectKey
    var query: [QueryItem] = []
    var headers: [Header] = []
    var body = Body.bytes([])
    var maximumAnswerBytes = Self.maximumErrorBytes

    /// Of an error's document, of which S3 writes less than one.
    static let maximumErrorBytes = 64 * 1024

    func signed(at location: S3Location, with credentials: Credentials, keyCache: SigningKeyCache, now: SigningTime) throws(StoreFault)
        -> AuthorizedRequest
    {
        let signer = S3Signer(credentials: credentials, location: location, keyCache: keyCache)
        do throws(SigningError) {
            switch body {
            case .bytes(let bytes):
                return try signer.authorize(
                    method: method, key: key, query: query, headers: headers, payload: .sha256(SHA256.hash(bytes)), at: now)
            case .stream(let body):
                return try signer.authorize(
                    method: method, key: key, query: query, headers: headers + [Header("content-length", String(body.byteCount))],
                    payload: body.sha256.map { .sha256($0) } ?? .unsigned, at: now)
            }
        } catch {
            throw .unsignable(error)
        }
    }

    func message(_ request: AuthorizedRequest) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: request.url)
        message.method = HTTPMethod(rawValue: method.rawValue)
        // The client writes Content-Length itself, from the body's known length: the value that is signed.
        for header in request.headers where !HeaderRules.isSame(header.name, "content-length") {
            message.headers.add(name: header.name, value: header.value)
        }
        switch body {
        case .bytes(let bytes): if !bytes.isEmpty { message.body = .bytes(bytes) }
        case .stream(let body): message.body = body.make()
        }
        return message
    }
}

/// A store's success.
struct StoreReply: Sendable {
    let answer: HTTPAnswer
    /// The document of the answer; nil where it has none.
    let document: XMLElement?
    /// Whether a try before this one failed, which may have done what was asked all the same.
    let isRetry: Bool
}

/// What an answer means.
enum StoreVerdict: Sendable {
    case done(XMLElement?)
    case fault(StoreFault)
    /// Worth another try.
    case transient(wishSeconds: Int?)

    init(_ answer: HTTPAnswer, to call: StoreCall, isRetry: Bool, hiding hidden: [String]) {
        let document = XMLElement(document: answer.body)
        let isSuccess = (200..<300).contains(answer.status)
        if isSuccess, document?.name != "Error" {
            let isReadable = document != nil || answer.body.isEmpty || call.method == .head
            self = isReadable ? .done(document) : .fault(.unreachable("the answer is not S3's XML"))
            return
        }
        let refusal = StoreRefusal(answer, document?.name == "Error" ? document : nil, hiding: hidden)
        switch (refusal.code ?? "", answer.status) {
        case ("NoSuchUpload", _): self = .fault(.noSuchUpload(afterRetry: isRetry))
        // Ceph's word for it.
        case ("NoSuchKey", _) where call.query.contains { $0.name == "uploadId" }: self = .fault(.noSuchUpload(afterRetry: isRetry))
        case ("NoSuchKey", _), ("NoSuchVersion", _): self = .fault(.notFound)
        case ("", 404) where call.method == .head: self = .fault(.notFound)
        case ("PreconditionFailed", _), (_, 412): self = .fault(.preconditionFailed(afterRetry: isRetry))
        case ("ConditionalRequestConflict", _), ("OperationAborted", _), (_, 409): self = .fault(.conflict)
        case (let code, let status) where Self.isTransient(code, status):
            let wish = answer.headers.first(name: "retry-after").flatMap { Int($0) }
            self = .transient(wishSeconds: wish.flatMap { (0...86_400).contains($0) ? $0 : nil })
        default: self = .fault(.refused(refusal))
        }
    }

    private static func isTransient(_ code: String, _ status: Int) -> Bool {
        switch code {
        case "InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "TooManyRequests": true
        case "NotImplemented": false
        default: status == 429 || status == 500 || (502...504).contains(status)
        }
    }
}
