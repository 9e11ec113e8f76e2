import NIOHTTP1
public import SigV4

/// Why the store did not do what it was asked. No case holds a secret, or a URL.
public enum StoreFault: Error, Sendable, Equatable {
    /// The request cannot be signed as it is; nothing was sent.
    case unsignable(SigningError)
    /// The store says no, and would say so again.
    case refused(StoreRefusal)
    /// There is no such object, or no such version of it.
    case notFound
    /// The multipart upload was completed or aborted, or never was. After an own retry, perhaps by the try before.
    case noSuchUpload(afterRetry: Bool)
    /// An object with this key exists already (`If-None-Match: *`). After an own retry, perhaps from the try before.
    case preconditionFailed(afterRetry: Bool)
    /// Another request for this key was under way.
    case conflict
    /// The store is overloaded or out of order, after all tries too; the seconds are its own wish, or a guess.
    case busy(retryAfterSeconds: Int)
    /// No answer came that could be read: connection, TLS, deadline, or one that is too large or not S3's. Whether the store did what it was
    /// asked is not known.
    case unreachable(String)
    /// Whoever asked no longer waits.
    case cancelled
}

/// A store's "no".
public struct StoreRefusal: Sendable, Equatable, CustomStringConvertible {
    /// The HTTP status.
    public let status: Int
    /// S3's code, such as `AccessDenied`; nil where the answer has none.
    public let code: String?
    /// S3's sentence, in visible ASCII and not long; nil where there is none.
    public let message: String?
    /// The bucket's region, which S3 tells with some refusals.
    public let region: String?

    public init(status: Int, code: String? = nil, message: String? = nil, region: String? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.region = region
    }

    public var description: String {
        "\(status)" + (code.map { " \($0)" } ?? "") + (message.map { ": \($0)" } ?? "")
    }
}

extension StoreFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unsignable(let error): "the request cannot be signed: \(error.message)"
        case .refused(let refusal): "the store answers \(refusal)"
        case .notFound: "the store has no such object"
        case .noSuchUpload: "the store has no such multipart upload: it was completed or aborted, or never was"
        case .preconditionFailed: "the store answers 412 PreconditionFailed: an object with this key exists already"
        case .conflict: "the store answers 409: another request for this key was under way"
        case .busy: "the store is overloaded or out of order"
        case .unreachable(let reason): "the store did not answer: \(reason)"
        case .cancelled: "nobody waits for the store's answer any more"
        }
    }
}

extension StoreRefusal {
    /// What an error document says, in so far as it can be told on.
    ///
    /// - Parameter hidden: texts that the store was sent and that must not come back in its sentence.
    init(_ answer: HTTPAnswer, _ error: XMLElement?, hiding hidden: [String]) {
        let code = error?.text(of: "Code").flatMap { Self.isWord($0) ? $0 : nil }
        let region = answer.headers.first(name: "x-amz-bucket-region") ?? error?.text(of: "Region")
        self.init(
            status: answer.status, code: code, message: error?.text(of: "Message").flatMap { Self.sentence($0, hiding: hidden) },
            region: region.flatMap { Self.isWord($0) ? $0 : nil })
    }

    private static func isWord(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || "-._".utf8.contains($0)
            }
    }

    private static func sentence(_ text: String, hiding hidden: [String]) -> String? {
        guard !text.isEmpty, !hidden.contains(where: { !$0.isEmpty && text.contains($0) }) else { return nil }
        let visible = text.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" }
        return visible.count <= 300 ? String(visible) : String(visible.prefix(297)) + "..."
    }
}
