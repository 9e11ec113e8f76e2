internal import Libcrypto
internal import S3Policy
internal import S3Signing
internal import SigV4

/// One of the requests that a rule's tickets lead to: as S3 would get it, and as what a browser asks before it.
struct Specimen {
    enum Sender {
        /// A page with a ticket: the browser asks the bucket's CORS rules first.
        case page
        /// Whoever has a ticket for reading.
        case reader
        /// The service itself, to create, complete, abort and confirm.
        case service
    }

    let rule: UploadRule
    let sender: Sender
    /// Whether the rule's uploads fail without it. Confirming is the callers' choice, except where completing or a tag needs it.
    let isNeeded: Bool
    let key: String
    /// What a page's script has to set; names in lower case.
    let headers: [Header]
    let request: S3RequestFacts

    /// Tickets with and without a checksum, all steps of an upload in parts, one for reading where the environment gives those, and what
    /// confirming asks. What changes with the caller is the key alone, of which ``TicketSpace`` knows all.
    static func all(of rule: UploadRule, in environment: Environment) -> [Specimen] {
        guard let type = rule.contentTypes.lazy.compactMap(\.example).first else { return [] }
        let made = SpecimenMaker(rule: rule, environment: environment, type: type)
        return made.uploads + made.steps + made.downloads + made.confirmations
    }

    /// The request as it is right after signing, and in the last second of a ticket's life.
    var requests: [S3RequestFacts] {
        (self.sender == .service ? [0] : [0, Int64(self.rule.lifetimeSeconds) * 1000]).map { age in
            var request = self.request
            request.signatureAgeMilliseconds = age
            return request
        }
    }
}

/// Makes the specimens of one rule.
private struct SpecimenMaker {
    let rule: UploadRule
    let environment: Environment
    /// One that the rule allows.
    let type: String

    /// Tickets for one request.
    var uploads: [Specimen] {
        guard self.rule.method != .multipart else { return [] }
        let checksum = Array(repeating: 0xA5 as UInt8, count: 32)
        var requests = self.rule.checksum == .required ? [] : [self.asked()]
        requests.append(self.asked(sha256: Base64.encode(checksum)))
        if self.environment.dialects.rule(for: .activeStorage) == self.rule.name {
            requests.append(self.asked())
            requests[requests.count - 1].md5 = Base64.encode(Array(checksum.prefix(16)))
        }
        return requests.compactMap { request in
            var random = EndlessZeros()
            guard let ticket = try? self.office.issue(request, to: self.caller, with: Self.nobody, at: Self.time, using: &random) else {
                return nil
            }
            return ticket.method == .put
                ? self.specimen(.page, "PUT", ticket.key, headers: ticket.headers, tags: self.rule.uploadTags)
                : self.specimen(.page, "POST", ticket.key, headers: ticket.fields, tags: self.rule.uploadTags, isForm: true)
        }
    }

    /// From creating an upload in parts to ending it.
    var steps: [Specimen] {
        var random = EndlessZeros()
        guard let mode = self.rule.multipart,
            let start = try? self.office.begin(
                self.asked(method: UploadMethod.multipart.rawValue), to: self.caller, at: Self.time, using: &random)
        else { return [] }
        let sender: Specimen.Sender = mode == .assisted ? .service : .page
        let (key, upload) = (start.key.name, S3RequestFacts.Item("uploadId", "specimen"))
        let once = self.rule.once ? [Header("if-none-match", "*")] : []
        func steps(_ sender: Specimen.Sender, completing: [Header], isNeeded: Bool = true) -> [Specimen] {
            [
                self.specimen(
                    sender, "POST", key, [.init("uploads", "")], headers: start.headers, tags: self.rule.uploadTags, isNeeded: isNeeded),
                self.specimen(sender, "GET", key, [upload], isNeeded: isNeeded),
                self.specimen(sender, "POST", key, [upload], headers: completing, isNeeded: isNeeded),
                self.specimen(sender, "DELETE", key, [upload], isNeeded: isNeeded),
            ]
        }
        let part = self.specimen(.page, "PUT", key, [.init("partNumber", "1"), upload])
        // Uppy's signRequest has pages do what the service does for other clients; whether they do is theirs to choose.
        let isUppys = mode == .assisted && self.environment.dialects.rule(for: .uppy) == self.rule.name
        let size = once + [Header("x-amz-mp-object-size", "1")]
        let bindsSize = mode == .signed && self.environment.comparesObjectSize
        return [part] + steps(sender, completing: bindsSize ? size : once)
            + (isUppys ? steps(.page, completing: size, isNeeded: false) : [])
    }

    /// An object is read from the same place as it is written to, with a URL.
    var downloads: [Specimen] {
        guard self.environment.allowsDownloads, self.rule.keyTemplate.contains(.caller), let key = self.key else { return [] }
        return [self.specimen(.reader, "GET", key)]
    }

    var confirmations: [Specimen] {
        guard let key = self.key else { return [] }
        let looks = self.specimen(.service, "HEAD", key, isNeeded: self.rule.multipart == .assisted || self.rule.tagsUnconfirmed)
        guard self.rule.tagsUnconfirmed else { return [looks] }
        return [looks] + ["GET", "PUT"].map { self.specimen(.service, $0, key, [.init("tagging", "")]) }
    }

    private var key: String? { (self.uploads + self.steps).first?.key }

    private func specimen(
        _ sender: Specimen.Sender, _ method: String, _ key: String, _ query: [S3RequestFacts.Item] = [], headers: [Header] = [],
        tags: [ObjectTag] = [], isForm: Bool = false, isNeeded: Bool = true
    ) -> Specimen {
        var request = S3RequestFacts(
            method: method, bucket: self.environment.location.bucket.name, key: key, query: query,
            headers: headers.map { .init($0.name, $0.value) }, authentication: isForm ? .form : sender == .service ? .header : .query)
        request.tags = tags.map { .init($0.key, $0.value) }
        request.isSecure = self.environment.location.endpoint.baseURL.hasPrefix("https:")
        request.tlsVersion = request.isSecure == true ? "1.3" : nil
        request.region = self.environment.location.endpoint.region
        request.timeSeconds = Self.time.secondsSinceEpoch
        // An address of the documentation range (RFC 5737): anybody's.
        request.sourceIP = "203.0.113.77"
        return Specimen(
            rule: self.rule, sender: sender, isNeeded: isNeeded, key: key, headers: isForm ? [] : headers, request: request)
    }

    private func asked(method: String? = nil, sha256: String? = nil) -> UploadRequest {
        let size = method == nil ? min(self.rule.sizeBytes.upperBound, UploadRule.maximumSizeBytes) : self.rule.sizeBytes.upperBound
        return UploadRequest(
            rule: self.rule.name, filename: "file", size: size, type: self.type, sha256: sha256,
            metadata: Dictionary(self.rule.allowedMetadata.map { ($0, "x") }, uniquingKeysWith: { first, _ in first }), method: method)
    }

    private var caller: Caller { Caller(name: "alice", environment: self.environment.name) }

    /// The tickets are looked at and thrown away, and their grants with them.
    private var office: TicketOffice {
        TicketOffice(environment: self.environment, sealingKeys: SealingKeys(secrets: [Secret("specimen")]))
    }

    /// Credentials that are nobody's.
    private static let nobody = SigningCredentials(Credentials(accessKeyID: "SPECIMEN", secretAccessKey: Secret("specimen")))
    /// The day of the General Reference's examples; any would do.
    private static let time = SigningTime(secondsSinceEpoch: 1_440_938_160)
}

/// Makes the same UUID each time.
private struct EndlessZeros: RandomNumberGenerator {
    // Swift 6.3 has no address for an empty value that is passed as inout, and the thread sanitizer looks at whatever stands in its place.
    private let word: UInt64 = 0

    mutating func next() -> UInt64 { word }
}
