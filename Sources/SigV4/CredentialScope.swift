/// Where and when a signing key is good: day, region and service, ending in `aws4_request`.
///
/// Source: AWS, "Create a signed AWS API request", step 3.
public struct CredentialScope: Sendable, Hashable, CustomStringConvertible {
    /// The day as `yyyymmdd`.
    public let date: String
    public let region: String
    public let service: String

    public init(date: String, region: String, service: String) {
        self.date = date
        self.region = region
        self.service = service
    }

    /// Parses `20130524/us-east-1/s3/aws4_request`.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[3] == CredentialScope.terminator else { return nil }
        self.init(date: String(parts[0]), region: String(parts[1]), service: String(parts[2]))
    }

    public var description: String { "\(date)/\(region)/\(service)/\(CredentialScope.terminator)" }

    static let terminator = "aws4_request"
}
