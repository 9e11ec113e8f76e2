/// Who is named by `Principal` or `NotPrincipal`.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.
public enum Principal: Sendable, Hashable {
    /// `"Principal": "*"`: everybody, also without a signature.
    case everyone
    /// `{"AWS": "*"}`: as S3 evaluates it, everybody too.
    case anyAWS
    /// A whole account, as twelve digits or `arn:aws:iam::ID:root`: what its administrator lets its users and roles do.
    case account(String, partition: String)
    /// One IAM user, role, or session by its ARN.
    case identity(ARN)
    /// An account by its canonical user id, 64 hexadecimal digits.
    case canonicalUser(String)
    /// An AWS service such as `cloudfront.amazonaws.com`.
    case service(String)
    /// An identity provider. S3 takes none in bucket policies.
    case federated(String)
    /// A CloudFront origin access identity (legacy).
    case originAccessIdentity(String)
    /// The unique id of a user (`AIDA…`) or role (`AROA…`) that was deleted: nobody any more.
    case deletedIdentity(String)

    /// The account that it is or belongs to, where that shows.
    public var account: String? {
        switch self {
        case .account(let account, _): account
        case .identity(let arn): arn.account
        default: nil
        }
    }

    /// The keys that a principal object may have.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case aws = "AWS"
        case canonicalUser = "CanonicalUser"
        case federated = "Federated"
        case service = "Service"
    }

    /// - Returns: nil when a principal of this kind cannot be written so.
    public init?(kind: Kind, text: String) {
        switch kind {
        case .aws:
            guard let principal = Self.aws(text) else { return nil }
            self = principal
        case .canonicalUser:
            guard text.utf8.count == 64, text.allSatisfy({ $0.isHexDigit && $0.isASCII }) else { return nil }
            self = .canonicalUser(text.lowercased())
        case .federated:
            guard !text.isEmpty, text != "*" else { return nil }
            self = .federated(text)
        case .service:
            guard text.contains("."), !text.contains(where: { $0 == "*" || $0.isWhitespace }) else { return nil }
            self = .service(text)
        }
    }

    private static func aws(_ text: String) -> Principal? {
        if text == "*" { return .anyAWS }
        if isAccount(text) { return .account(text, partition: "aws") }
        if text.utf8.count >= 16, ["AIDA", "AROA"].contains(text.prefix(4)),
            text.allSatisfy({ $0.isASCII && ($0.isUppercase || $0.isNumber) })
        {
            return .deletedIdentity(text)
        }
        guard let arn = ARN(text), arn.region.isEmpty, !text.contains("*"), !text.contains("?") else { return nil }
        let oai = "user/CloudFront Origin Access Identity "
        if arn.service == "iam", arn.account == "cloudfront", arn.resource.hasPrefix(oai) {
            return .originAccessIdentity(String(arn.resource.dropFirst(oai.count)))
        }
        guard isAccount(arn.account) else { return nil }
        if arn.service == "iam", arn.resource == "root" { return .account(arn.account, partition: arn.partition) }
        let kinds = arn.service == "iam" ? ["user/", "role/"] : arn.service == "sts" ? ["assumed-role/", "federated-user/"] : []
        guard kinds.contains(where: { arn.resource.hasPrefix($0) && arn.resource.utf8.count > $0.utf8.count }),
            Partitions.all.contains(arn.partition)
        else { return nil }
        // A session is named as assumed-role/ROLE/SESSION.
        let parts = arn.resource.split(separator: "/", omittingEmptySubsequences: false)
        if parts[0] == "assumed-role", parts.count != 3 || parts.contains(where: \.isEmpty) { return nil }
        return .identity(arn)
    }

    /// Whether a text is an account id: twelve digits.
    public static func isAccount(_ text: String) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
