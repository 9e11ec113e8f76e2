extension IPNetwork {
    /// Ranges that no request over the internet comes from (RFC 1918, RFC 3927, RFC 4193, RFC 4291, RFC 6598).
    private static let privateRanges = [
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10",
        "::1/128",
    ].compactMap { IPNetwork($0) }

    /// Whether all of its addresses are private.
    public var isPrivate: Bool {
        Self.privateRanges.contains { range in
            range.address.version == self.address.version && range.bounds.contains(self.bounds.lowerBound)
                && range.bounds.contains(self.bounds.upperBound)
        }
    }
}
