import Libcrypto
import S3Signing
import SigV4
import Testing

@testable import Uploads

/// Swift.Environment does not exist, but SwiftUI's does on other platforms: tests name the type once.
typealias UploadEnvironment = Uploads.Environment

/// The same sequence for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

let credentials = Credentials(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
let now = SigningTime(iso8601: "2026-03-09T08:07:06Z")!
let sealingKeys = SealingKeys(secrets: [Secret("a-secret-of-32-bytes-or-more-for-tests")])
let backend = Caller(name: "web-backend", environment: "staging")
/// The SHA-256 of nothing, in base64.
let emptySHA256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

func rule(
    _ name: String = "photos", contentTypes: [String] = ["image/*"], minimum: Int64 = 1, maximum: Int64 = 5 << 20,
    key: String = "photos/{caller}/{yyyy}/{mm}/{uuid}{ext}", lifetime: Int = 900, method: UploadMethod = .put, once: Bool? = nil,
    encryption: Encryption? = nil, storageClass: StorageClass? = nil, tags: [ObjectTag] = [], metadata: [String] = [],
    cacheControl: String? = nil, disposition: ContentDisposition? = nil, checksum: ChecksumPolicy = .optional
) throws -> UploadRule {
    try UploadRule(
        name: name, contentTypes: contentTypes.map { text throws(InvalidValue) in try ContentTypePattern(text) }, minimumSizeBytes: minimum,
        maximumSizeBytes: maximum, keyTemplate: KeyTemplate(key), lifetimeSeconds: lifetime, method: method, once: once ?? (method == .put),
        encryption: encryption, storageClass: storageClass, tags: tags, allowedMetadata: metadata, cacheControl: cacheControl,
        contentDisposition: disposition, checksum: checksum)
}

func location(bucket: String = "example-staging", region: String = "eu-central-1") throws -> S3Location {
    try S3Location(endpoint: .aws(region: region), bucket: BucketName(bucket))
}

func office(_ rules: UploadRule..., provider: Provider = .aws, publicBaseURL: String? = nil) throws -> TicketOffice {
    try TicketOffice(
        environment: UploadEnvironment(
            name: "staging", location: location(), provider: provider, publicBaseURL: publicBaseURL, rules: rules),
        sealingKeys: sealingKeys)
}

func request(
    rule: String = "photos", filename: String = "cat.png", size: Int64? = 68, type: String = "image/png", sha256: String? = nil,
    metadata: [String: String] = [:], method: String? = nil
) -> UploadRequest {
    UploadRequest(rule: rule, filename: filename, size: size, type: type, sha256: sha256, metadata: metadata, method: method)
}

extension TicketOffice {
    func issue(
        _ request: UploadRequest, to caller: Caller = backend, with signing: SigningCredentials = SigningCredentials(credentials),
        seed: UInt64 = 1
    ) throws(Refusal) -> Ticket {
        var random = SeededGenerator(seed: seed)
        return try issue(request, to: caller, with: signing, at: now, using: &random)
    }
}

/// The refusal that an upload request gets, or `nil` for a ticket.
func refusal(_ office: TicketOffice, _ request: UploadRequest, to caller: Caller = backend) -> Refusal? {
    do throws(Refusal) {
        _ = try office.issue(request, to: caller)
        return nil
    } catch {
        return error
    }
}

/// The PUT that a browser makes of a ticket.
func received(_ ticket: Ticket, size: Int64, extra: [Header] = []) -> ReceivedRequest {
    let start = ticket.url.firstRange(of: "://")!.upperBound
    let slash = ticket.url[start...].firstIndex(of: "/")!
    return ReceivedRequest(
        method: ticket.method.rawValue, target: String(ticket.url[slash...]),
        headers: [Header("host", String(ticket.url[start..<slash])), Header("content-length", "\(size)")] + ticket.headers + extra)
}

let verifier = S3Verifier(region: "eu-central-1") { $0 == credentials.accessKeyID ? credentials : nil }

/// How S3 answers a ticket: `nil` for yes, else the error's code.
func answer(to ticket: Ticket, size: Int64, filename: String? = "cat.png", extra: [Header] = []) -> String? {
    do throws(S3Error) {
        switch ticket.method {
        case .put: _ = try verifier.verify(received(ticket, size: size, extra: extra), at: now)
        case .post:
            let form = ReceivedForm(bucket: ticket.bucket, fields: ticket.fields + extra, filename: filename)
            try verifier.verify(form, at: now).check(size: size)
        case .multipart: return "NotOneRequest"
        }
        return nil
    } catch {
        return error.code
    }
}

extension [Header] {
    subscript(name: String) -> String? { first { $0.name == name }?.value }
}
