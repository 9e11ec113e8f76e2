import Libcrypto
import S3Signing
import SigV4

/// One line of the table: a valid request, what is done to it, and S3's answer.
struct HostileCase: Sendable {
    /// Who gives the answer: the signature's verifier, or the bucket that would read it or the body after that.
    enum Judge {
        case verifier, bucket
    }

    /// The same change of the same request, as signed by one of the signers.
    struct Variant: Sendable {
        let signer: String
        let valid: Message
        let altered: Message
    }

    struct Message: Sendable {
        let method: String
        let bytes: [UInt8]
        let input: VerifierInput
    }

    enum VerifierInput: Sendable {
        case request(ReceivedRequest)
        case form(ReceivedForm, size: Int)
        /// What no verifier ever sees.
        case none
    }

    let name: String
    let base: String
    /// Status and code of the answer; for what S3 accepts, the status alone.
    let expected: String
    let judge: Judge
    let variants: @Sendable () throws -> [Variant]
}

/// The valid requests that the table alters.
enum BaseRequest: String, Sendable {
    case presignedPut, presignedBoundPut, presignedGet, presignedDelete, presignedTemporaryPut, presignedOddKeyPut
    case authorizedPut, authorizedBoundPut, authorizedGet, authorizedDelete, authorizedTemporaryPut, authorizedOddKeyPut

    static let key = "a/k"
    static let oddKey = "a b/\u{fc}=K"
    static let oldBytes = "the old bytes"

    private var isPresigned: Bool { self.rawValue.hasPrefix("presigned") }

    private var method: S3Method {
        switch self {
        case .presignedGet, .authorizedGet: .get
        case .presignedDelete, .authorizedDelete: .delete
        default: .put
        }
    }

    private var isOdd: Bool { self == .presignedOddKeyPut || self == .authorizedOddKeyPut }
    private var isTemporary: Bool { self == .presignedTemporaryPut || self == .authorizedTemporaryPut }

    private var headers: [Header] {
        guard self == .presignedBoundPut || self == .authorizedBoundPut else { return [] }
        return [
            Header("content-length", "9"), Header("content-type", "image/png"), Header("x-amz-meta-a", "one two"),
            Header("x-amz-storage-class", "STANDARD_IA"),
        ]
    }

    /// In small letters.
    var signedNames: Set<String> { Set(self.headers.map(\.name)) }

    private var query: [(name: String, value: String, raw: String)] {
        switch self {
        case .presignedGet, .authorizedGet:
            [("response-content-disposition", "attachment; a=b+c", "response-content-disposition=attachment%3B%20a%3Db%2Bc")]
        default: []
        }
    }

    var draft: PageDraft {
        var draft = PageDraft(
            place: self.isPresigned ? .query : .headers, method: self.method.rawValue,
            path: self.isOdd ? "/photos/a%20b/%C3%BC%3DK" : "/photos/a/k")
        draft.query = self.query.map(\.raw)
        draft.headers = self.headers
        if self.method == .put { draft.body = Array("123456789".utf8) }
        if self.isTemporary {
            draft.accessKeyID = "ASIATEMPORARY"
            draft.secret = "temporary-secret"
            draft.token = "token+/="
        }
        return draft
    }

    /// The same request, signed by the product.
    func signedByProduct() throws -> WireRequest {
        let draft = self.draft
        let signer = try TestBucket.signer(self.isTemporary ? temporary : writer)
        let key = try ObjectKey(self.isOdd ? Self.oddKey : Self.key)
        let query = self.query.map { QueryItem($0.name, $0.value) }
        let url: String
        let headers: [Header]
        if self.isPresigned {
            let request = PresignRequest(method: self.method, key: key, expiresSeconds: 900, headers: self.headers, query: query)
            let signed = try signer.presign(request, at: now)
            (url, headers) = (signed.url, signed.headers)
        } else {
            let signed = try signer.authorize(
                method: self.method, key: key, query: query, headers: self.headers, payload: .sha256(SHA256.hash(draft.body)), at: now)
            (url, headers) = (signed.url, signed.headers)
        }
        let target = url.dropFirst("http://localhost".count).split(separator: "?", maxSplits: 1)
        return WireRequest(
            method: draft.method, path: String(target[0]),
            query: target.count == 2 ? target[1].split(separator: "&").map(String.init) : [],
            headers: [Header("Host", "localhost")] + headers,
            body: draft.body)
    }
}

extension HostileCase {
    /// A request that is changed before it is signed, so that it is signed correctly for what it says.
    static func signed(
        _ name: String, _ base: BaseRequest, _ expected: String, by judge: Judge = .verifier,
        from valid: @escaping @Sendable (inout PageDraft) -> Void = { _ in }, _ change: @escaping @Sendable (inout PageDraft) -> Void
    ) -> HostileCase {
        HostileCase(name: name, base: base.rawValue, expected: expected, judge: judge) {
            var draft = base.draft
            valid(&draft)
            var changed = draft
            change(&changed)
            return [Variant(signer: "page", valid: Message(draft.signed()), altered: Message(changed.signed()))]
        }
    }

    /// A request that is changed after it was signed, by the product and by the page's signer.
    static func altered(
        _ name: String, _ base: BaseRequest, _ expected: String, by judge: Judge = .verifier,
        _ change: @escaping @Sendable (inout WireRequest) -> Void
    ) -> HostileCase {
        HostileCase(name: name, base: base.rawValue, expected: expected, judge: judge) {
            try [("page", base.draft.signed()), ("product", base.signedByProduct())].map { signer, valid in
                var changed = valid
                change(&changed)
                return Variant(signer: signer, valid: Message(valid), altered: Message(changed))
            }
        }
    }

    /// A request whose very bytes are changed: it reaches no verifier as it was sent.
    static func raw(
        _ name: String, _ base: BaseRequest, _ expected: String, _ change: @escaping @Sendable (WireRequest) -> [UInt8]
    ) -> HostileCase {
        HostileCase(name: name, base: base.rawValue, expected: expected, judge: .bucket) {
            try [("page", base.draft.signed()), ("product", base.signedByProduct())].map { signer, valid in
                let message = Message(method: valid.method, bytes: change(valid), input: .none)
                return Variant(signer: signer, valid: Message(valid), altered: message)
            }
        }
    }
}

extension HostileCase.Message {
    init(_ request: WireRequest) {
        self.init(method: request.method, bytes: request.bytes, input: .request(request.received))
    }
}
