import Libcrypto
import S3Policy
import S3Signing
import SigV4
import Uploads

// One upload through the whole core: rule, ticket, verification; and one document of the policy language.
// Exits with 1 when the core does not do what its users rely on.

let at = SigningTime(secondsSinceEpoch: 1_700_000_000)
let credentials = Credentials(accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
let location = try S3Location(endpoint: .aws(region: "eu-central-1"), bucket: BucketName("linkage-check"))
let rule = try UploadRule(
    name: "pictures", contentTypes: [ContentTypePattern("image/*")], maximumSizeBytes: 1_000_000,
    keyTemplate: KeyTemplate("{caller}/{uuid}{ext}"))
let environment = try Environment(name: "staging", location: location, provider: .aws, rules: [rule])
let caller = Caller(name: "web", environment: "staging")
let request = UploadRequest(
    rule: "pictures", filename: "a.png", size: 68, type: "image/png", sha256: Base64.encode(SHA256.hash("pixels").bytes))

var random = SystemRandomNumberGenerator()
let ticket = try TicketOffice(
    environment: environment, sealingKeys: SealingKeys(secrets: [Secret("a-secret-of-32-bytes-or-more-for-tests")])
).issue(
    request, to: caller, with: SigningCredentials(credentials), at: at, using: &random)

let (host, target) = parts(of: ticket.url)
let received = ReceivedRequest(
    method: ticket.method.rawValue, target: target,
    headers: [Header("Host", host), Header("Content-Length", "68")] + ticket.headers)
let verifier = S3Verifier(region: "eu-central-1") { $0 == credentials.accessKeyID ? credentials : nil }
let verified = try verifier.verify(received, at: at.adding(seconds: 60))
precondition(verified.isPresigned && verified.signedHeaders.contains("content-length"))
precondition(CORSConfiguration(rules: []).match(origin: "https://example.com", method: "PUT", headers: []) == nil)
print(ticket.key)

/// Host and request target of an `https` URL.
func parts(of url: String) -> (host: String, target: String) {
    let rest = url.dropFirst("https://".count)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    return (String(rest[..<slash]), String(rest[slash...]))
}
