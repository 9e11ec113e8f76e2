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
        guard let (prefix, scope) = CredentialScope.suffix(of: "/" + text), prefix.isEmpty else { return nil }
        self = scope
    }

    /// Parses the scope at the end of an access key, a slash and a scope; the key may hold slashes of its own.
    static func suffix(of text: String) -> (prefix: String, scope: CredentialScope)? {
        unsafe withBytes(of: text) { bytes in
            // By bytes: a combining mark behind a slash makes one character of the two, to Swift only.
            var ends = (bytes.count, 0, 0, 0, 0)
            var parts = 0
            for index in stride(from: bytes.count - 1, through: 0, by: -1) where unsafe parts < 4 && bytes[index] == UInt8(ascii: "/") {
                parts += 1
                switch parts {
                case 1: ends.1 = index
                case 2: ends.2 = index
                case 3: ends.3 = index
                default: ends.4 = index
                }
            }
            func part(_ range: Range<Int>) -> String { unsafe String(decoding: bytes[range], as: UTF8.self) }
            guard parts == 4, HeaderRules.isIdentical(part((ends.1 + 1)..<ends.0), terminator) else { return nil }
            let scope = CredentialScope(
                date: part((ends.4 + 1)..<ends.3), region: part((ends.3 + 1)..<ends.2), service: part((ends.2 + 1)..<ends.1))
            return (part(0..<ends.4), scope)
        }
    }

    public var description: String { "\(date)/\(region)/\(service)/\(CredentialScope.terminator)" }

    static let terminator = "aws4_request"
}
