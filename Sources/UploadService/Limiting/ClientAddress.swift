import HTTPTypes
import NIOCore

/// The address that a request's client is counted by.
///
/// Each proxy appends to X-Forwarded-For the address that called it. Only what the service's own proxies wrote is trusted, which is as many
/// entries from the end as there are of them; what a client itself wrote there stands further left, and is not looked at.
struct ClientAddress: Sendable {
    /// How many proxies stand between clients and the service.
    let trustedHops: Int

    /// - Parameter peer: who is connected; nil where that is no address, as with a socket of the file system.
    /// - Returns: an address as text, the first 64 bits of one of IPv6 (one customer's network, RFC 6177); nil where there is none.
    func text(peer: SocketAddress?, _ headers: HTTPFields) -> String? {
        if trustedHops > 0 {
            let entries = headers[values: .xForwardedFor].flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
            // Fewer than the proxies would have written: the request did not come through them.
            if entries.count >= trustedHops, let address = Self.address(in: entries[entries.count - trustedHops]) {
                return Self.network(of: address)
            }
        }
        return peer.flatMap(Self.network)
    }

    /// An entry is an address, in brackets where it is one of IPv6 with a port.
    private static func address(in entry: Substring) -> SocketAddress? {
        let entry = entry.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
        guard entry.utf8.count <= 64 else { return nil }
        let host: Substring =
            if entry.hasPrefix("["), let end = entry.firstIndex(of: "]") {
                entry[..<end].dropFirst()
            } else if entry.count(where: { $0 == ":" }) == 1 {
                entry.prefix { $0 != ":" }
            } else {
                entry
            }
        return try? SocketAddress(ipAddress: String(host), port: 0)
    }

    private static func network(of address: SocketAddress) -> String? {
        guard case .v6 = address, let text = address.ipAddress else { return address.ipAddress }
        // An address of IPv4, as a socket for both says it (RFC 4291 section 2.5.5.2).
        if text.hasPrefix("::ffff:"), text.contains(".") { return String(text.dropFirst("::ffff:".count)) }
        let groups = text.prefix { $0 != "%" }.split(separator: ":", omittingEmptySubsequences: false)
        // Zeros may be left out once, which is all that "::" stands for (RFC 5952 section 4.2).
        let known = groups.prefix { !$0.isEmpty }.prefix(4)
        let zeros = max(0, min(4 - known.count, 8 - groups.count { !$0.isEmpty }))
        let rest = groups.dropFirst(known.count).filter { !$0.isEmpty }
        let network = known + Array(repeating: "0", count: zeros) + rest
        return network.prefix(4).joined(separator: ":") + "::/64"
    }
}

extension HTTPField.Name {
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
}
