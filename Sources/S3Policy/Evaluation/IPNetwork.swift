/// An IPv4 or IPv6 address, read as loosely as AWS reads it.
public struct IPAddress: Sendable, Hashable {
    public enum Version: Sendable, Hashable {
        case v4, v6

        /// How many bits an address has.
        public var width: Int { self == .v4 ? 32 : 128 }
    }

    public let version: Version
    /// The address as a number.
    public let bits: UInt128

    public init(version: Version, bits: UInt128) {
        self.version = version
        self.bits = bits
    }

    /// - Returns: nil when the text is no address.
    public init?(_ text: some StringProtocol) {
        if let bits = Self.v4Bits(text) {
            self.init(version: .v4, bits: bits)
        } else if let bits = Self.v6Bits(text) {
            self.init(version: .v6, bits: bits)
        } else {
            return nil
        }
    }

    /// Whether it is an IPv4 address written as IPv6, `::ffff:a.b.c.d`.
    public var isMapped: Bool { self.version == .v6 && self.bits >> 32 == 0xFFFF }

    /// The IPv4 address of a mapped one; itself otherwise.
    public var unmapped: IPAddress {
        self.isMapped ? IPAddress(version: .v4, bits: self.bits & 0xFFFF_FFFF) : self
    }

    private static func v4Bits(_ text: some StringProtocol) -> UInt128? {
        // Leading zeros are read as decimal (observed).
        var (bits, dots, octet): (UInt64, Int, UInt64?) = (0, 0, nil)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                octet = (octet ?? 0) * 10 + UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "."):
                guard let octet else { return nil }
                bits = bits << 8 | octet
                dots += 1
            default: return nil
            }
            if byte == UInt8(ascii: ".") { octet = nil } else if let octet, octet > 255 { return nil }
        }
        guard dots == 3, let octet else { return nil }
        return UInt128(bits << 8 | octet)
    }

    /// A single colon at the start is `0:`, one at the end nothing, and `:::` is `::` (observed).
    private static func v6Bits(_ text: some StringProtocol) -> UInt128? {
        let colon = UInt8(ascii: ":")
        let text = Array(text.utf8)[...]
        let gap = zip(text.indices, text.indices.dropFirst()).first { text[$0] == colon && text[$1] == colon }
        if let gap, text[(gap.0 + 2)...].starts(with: [colon, colon]) { return nil }
        let left = gap.map { text[..<$0.0] } ?? (text.last == colon ? text.dropLast() : text)
        var right = gap.map { text[($0.1 + 1)...] } ?? []
        if right.first == colon { right.removeFirst() }
        if right.last == colon { right.removeLast() }
        guard text.contains(colon), var groups = self.groups(left, isTail: gap == nil), let low = self.groups(right, isTail: true) else {
            return nil
        }
        if gap != nil {
            guard groups.count + low.count < 8 else { return nil }
            groups += [UInt16](repeating: 0, count: 8 - groups.count - low.count) + low
        }
        guard groups.count == 8 else { return nil }
        let bits = groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
        // Only a mapped address may end in the dotted form.
        return text.contains(UInt8(ascii: ".")) && bits >> 32 != 0xFFFF ? nil : bits
    }

    /// Groups of up to four hexadecimal digits between colons; the first is zero where it is empty.
    /// - Parameter isTail: Whether the last may be an IPv4 address.
    private static func groups(_ text: ArraySlice<UInt8>, isTail: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 8, omittingEmptySubsequences: false)
        for (index, bytes) in parts.enumerated() {
            let part = String(decoding: bytes, as: UTF8.self)
            if part.isEmpty, index == 0, parts.count > 1 {
                groups.append(0)
            } else if isTail, index == parts.count - 1, let bits = self.v4Bits(part) {
                groups += [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
            } else if part.utf8.count <= 4, part.utf8.first != UInt8(ascii: "+"), let group = UInt16(part, radix: 16) {
                groups.append(group)
            } else {
                return nil
            }
        }
        return groups
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        switch self.version {
        case .v4: (0..<4).map { String(self.bits >> UInt128(24 - 8 * $0) & 0xFF) }.joined(separator: ".")
        case .v6: (0..<8).map { String(self.bits >> UInt128(112 - 16 * $0) & 0xFFFF, radix: 16) }.joined(separator: ":")
        }
    }
}

/// A range of addresses in CIDR notation (RFC 4632); an address alone is a range of one.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
    /// The address as it was written, host bits included.
    public let address: IPAddress
    /// How many leading bits its addresses share.
    public let prefixLength: Int

    public init(address: IPAddress, prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    /// - Returns: nil when the text is neither an address nor a range.
    public init?(_ text: some StringProtocol) {
        let slash = text.utf8.firstIndex(of: UInt8(ascii: "/"))
        guard let address = IPAddress(text[..<(slash ?? text.endIndex)]) else { return nil }
        var length = address.version.width
        if let slash {
            let digits = text[text.utf8.index(after: slash)...]
            guard let given = Int(digits), digits.utf8.first != UInt8(ascii: "-"), (0...length).contains(given) else { return nil }
            length = given
        }
        self.init(address: address, prefixLength: length)
    }

    /// The bits that are not shared.
    private var hostMask: UInt128 {
        let hostBits = self.address.version.width - self.prefixLength
        return hostBits == 128 ? .max : (1 << UInt128(hostBits)) - 1
    }

    /// The first and the last address.
    public var bounds: ClosedRange<UInt128> {
        (self.address.bits & ~self.hostMask)...(self.address.bits | self.hostMask)
    }

    /// Whether the address has bits set behind the prefix.
    public var hasHostBits: Bool { self.address.bits & self.hostMask != 0 }

    /// The network with its host bits cleared.
    public var masked: IPNetwork {
        IPNetwork(
            address: IPAddress(version: self.address.version, bits: self.address.bits & ~self.hostMask), prefixLength: self.prefixLength)
    }

    /// Whether AWS ever matches anything with it: an IPv6 network with host bits never matches, nor does a mapped one (observed).
    public var canMatch: Bool {
        self.address.version == .v4 || !self.hasHostBits && !self.address.isMapped
    }

    /// Whether a request's address is in the network, as AWS compares: mapped addresses as IPv4.
    public func contains(_ address: IPAddress) -> Bool {
        let address = address.unmapped
        return self.canMatch && address.version == self.address.version && self.bounds.contains(address.bits)
    }

    public var description: String { "\(self.address)/\(self.prefixLength)" }
}
