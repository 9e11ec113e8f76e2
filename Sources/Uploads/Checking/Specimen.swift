internal import Libcrypto
internal import S3Policy
internal import S3Signing
internal import SigV4

/// One of the tickets for a rule's keys: as a request that S3 would get, and as what a browser asks before it.
struct Specimen {
    let rule: UploadRule
    /// Whether it reads what was uploaded.
    let isDownload: Bool
    let key: String
    /// All headers of a PUT, all fields of a form; names in lower case.
    let headers: [Header]
    let request: S3RequestFacts

    /// Tickets with and without a checksum, and one for reading where the environment gives those. What changes with the caller is the key alone, of which ``TicketSpace`` knows all.
    static func all(of rule: UploadRule, in environment: Environment) -> [Specimen] {
        let checksums: [[UInt8]?] =
            rule.checksum == .required ? [Array(repeating: 0xA5, count: 32)] : [nil, Array(repeating: 0xA5, count: 32)]
        let uploads = checksums.compactMap {
            Self(rule, in: environment, caller: Caller(name: "alice", environment: environment.name), checksum: $0)
        }
        let givesDownloads = environment.allowsDownloads && rule.keyTemplate.contains(.caller)
        return uploads + (givesDownloads ? uploads.prefix(1).map(Self.init(readingWhatIsWrittenBy:)) : [])
    }

    /// An object is read from the same place as it is written to, with a URL.
    private init(readingWhatIsWrittenBy upload: Specimen) {
        self.rule = upload.rule
        self.isDownload = true
        self.key = upload.key
        self.headers = []
        var request = upload.request
        request.method = "GET"
        request.headers = []
        request.authentication = .query
        request.tags = []
        self.request = request
    }

    private init?(_ rule: UploadRule, in environment: Environment, caller: Caller, checksum: [UInt8]?) {
        guard let type = rule.contentTypes.lazy.compactMap(\.example).first else { return nil }
        let size = rule.sizeBytes.upperBound
        let asked = UploadRequest(
            rule: rule.name, filename: "file", size: size, type: type, sha256: checksum.map { Base64.encode($0) },
            metadata: Dictionary(rule.allowedMetadata.map { ($0, "x") }, uniquingKeysWith: { first, _ in first }))
        // Credentials that are nobody's: the ticket is looked at and thrown away.
        let nobody = SigningCredentials(Credentials(accessKeyID: "SPECIMEN", secretAccessKey: Secret("specimen")))
        var random = EndlessZeros()
        guard let ticket = try? Self.office(of: environment).issue(asked, to: caller, with: nobody, at: Self.time, using: &random)
        else { return nil }
        self.rule = rule
        self.isDownload = false
        self.key = ticket.key
        self.headers = rule.method == .put ? ticket.headers : ticket.fields
        var request = S3RequestFacts(
            method: rule.method == .put ? "PUT" : "POST", bucket: ticket.bucket, key: ticket.key,
            headers: self.headers.map { .init($0.name, $0.value) }, authentication: rule.method == .put ? .query : .form)
        request.tags = rule.uploadTags.map { .init($0.key, $0.value) }
        request.isSecure = environment.location.endpoint.baseURL.hasPrefix("https:")
        request.tlsVersion = request.isSecure == true ? "1.3" : nil
        request.region = environment.location.endpoint.region
        request.timeSeconds = Self.time.secondsSinceEpoch
        // An address of the documentation range (RFC 5737): anybody's.
        request.sourceIP = "203.0.113.77"
        self.request = request
    }

    /// Its grants are thrown away with the tickets.
    private static func office(of environment: Environment) -> TicketOffice {
        TicketOffice(environment: environment, sealingKeys: SealingKeys(secrets: [Secret("specimen")]))
    }

    /// The day of the General Reference's examples; any would do.
    private static let time = SigningTime(secondsSinceEpoch: 1_440_938_160)

    /// The request as it is right after signing, and in the last second of the ticket's life.
    var requests: [S3RequestFacts] {
        [0, Int64(self.rule.lifetimeSeconds) * 1000].map { age in
            var request = self.request
            request.signatureAgeMilliseconds = age
            return request
        }
    }
}

/// Makes the same UUID each time.
private struct EndlessZeros: RandomNumberGenerator {
    mutating func next() -> UInt64 { 0 }
}
