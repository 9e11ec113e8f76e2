import S3Signing
import SigV4

/// A presigned URL taken apart.
struct InspectedURL {
    /// With its port, as it stands in the URL.
    let host: String
    let rawPath: String
    let query: [QueryItem]
    let presented: PresentedSignature
    let signedAt: SigningTime
    let lifetimeSeconds: Int

    init(_ text: String) throws(CommandFailure) {
        guard let (host, target) = Self.split(text) else {
            throw .wrongUse("this is no http or https URL.")
        }
        guard let parsed = RequestTarget(target) else {
            throw .wrongUse("the URL has a broken % sequence, or bytes that are not UTF-8.")
        }
        self.host = host
        rawPath = parsed.rawPath
        query = parsed.query
        do {
            presented = try PresentedSignature(query: parsed.query)
        } catch {
            throw .wrongUse(Self.explanation(error, query: parsed.query))
        }
        guard let (time, seconds) = presented.query else { throw .wrongUse("this URL is not signed.") }
        (signedAt, lifetimeSeconds) = (time, seconds)
    }

    var expiresAt: SigningTime { signedAt.adding(seconds: Int64(lifetimeSeconds)) }

    /// Parameters that are not the signature's own.
    var ownQuery: [QueryItem] { query.filter { !Self.signatureParameters.contains($0.name) } }

    /// Signed headers besides `host`, as the URL names them.
    var signedHeaders: [String] { presented.signedHeaders.filter { $0 != "host" } }

    static let signatureParameters: Set<String> = [
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature",
        "X-Amz-Security-Token",
    ]

    private static func split(_ text: String) -> (host: String, target: String)? {
        let scalars = text.unicodeScalars
        guard let scheme = ["https://", "http://"].first(where: { text.lowercased().hasPrefix($0) }) else { return nil }
        let rest = scalars.dropFirst(scheme.unicodeScalars.count).prefix { $0 != "#" }
        let hostEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let host = String(rest[..<hostEnd])
        guard !host.isEmpty, !host.contains("@") else { return nil }
        let target = String(rest[hostEnd...])
        return (host, target.hasPrefix("/") ? target : "/" + target)
    }

    private static func explanation(_ error: PresentedSignature.Malformed, query: [QueryItem]) -> String {
        let names = Set(query.map(\.name))
        if names.contains("AWSAccessKeyId"), names.contains("Signature") {
            return "this URL is signed with Signature Version 2, which S3 no longer takes for new buckets; sign it again."
        }
        if names.isDisjoint(with: signatureParameters) { return "this URL is not signed: it has no X-Amz-Signature." }
        return switch error.reason {
        case .missing: "the URL is not complete: \(error.field) is missing. Was it cut off?"
        case .repeated: "\(error.field) stands more than once in the URL."
        case .malformed: "\(error.field) in the URL is malformed."
        }
    }
}
