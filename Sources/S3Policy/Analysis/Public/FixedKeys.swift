/// The keys whose fixed values tie a statement to someone or to some place.
enum FixedKeys {
    /// In lower case. The keys of the principal stand on AWS's list as "an AWS principal, user, role, or service principal (e.g.
    /// aws:PrincipalOrgID)"; which of them are meant besides the one is inferred.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>.
    static let ofRule: Set<String> = [
        "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount", "aws:principalservicename",
        "aws:principalservicenameslist", "aws:sourceip", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner",
        "aws:sourceaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id", "aws:userid", "s3:dataaccesspointarn",
        "s3:dataaccesspointaccount",
    ]

    /// Keys beyond the rule's whose values a stranger cannot choose either: they tell another's network or organization.
    static let ofStrangers: Set<String> = ofRule.union([
        "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:sourceorgid", "aws:sourceorgpaths",
        "aws:ec2instancesourcevpc",
    ])
}

extension IPNetwork {
    /// Whether it is so narrow that S3 takes it for a fixed place: /8 or narrower for IPv4, /32 for IPv6.
    var isFixedPlace: Bool { self.prefixLength >= (self.address.version == .v4 ? 8 : 32) }

    /// The widest network that is a fixed place, in addresses.
    fileprivate static func widestPlace(_ version: IPAddress.Version) -> UInt128 { 1 << (version == .v4 ? 24 : 96) }

    /// The private networks of RFC 1918.
    static let privateNetworks = [
        IPNetwork(address: IPAddress(version: .v4, bits: 10 << 24), prefixLength: 8),
        IPNetwork(address: IPAddress(version: .v4, bits: 172 << 24 | 16 << 16), prefixLength: 12),
        IPNetwork(address: IPAddress(version: .v4, bits: 192 << 24 | 168 << 16), prefixLength: 16),
    ]
}

extension [IPNetwork] {
    /// The fixed places among some networks; none of a version whose places together are wider than a place can be, such as all /8.
    var fixedPlaces: [IPNetwork] {
        let places = self.filter(\.isFixedPlace)
        return [IPAddress.Version.v4, .v6].flatMap { version in
            let ofVersion = places.filter { $0.address.version == version }
            return ofVersion.addressCount <= IPNetwork.widestPlace(version) ? ofVersion : []
        }
    }

    /// How many addresses networks of one version have together.
    private var addressCount: UInt128 {
        var count: UInt128 = 0
        var last: UInt128?
        for bounds in self.map(\.bounds).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last, bounds.upperBound <= last { continue }
            let first = last.map { Swift.max(bounds.lowerBound, $0 + 1) } ?? bounds.lowerBound
            count += bounds.upperBound - first + 1
            last = bounds.upperBound
        }
        return count
    }
}
