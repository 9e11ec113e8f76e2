/// All values of a key that is compared by number, date or address, cut into cells: the conditions treat the values of one cell alike.
///
/// The cut points are the conditions' own values, so that a cell is one of these, or what lies between two of them.
struct ValueCells: Sendable {
    /// A request's value as a condition reads it.
    enum Value: Sendable, Hashable {
        /// The text is no number, date or address.
        case malformed
        case number(PolicyNumber)
        case date(PolicyDate)
        case address(IPAddress)
    }

    /// Numeric, date or IP address.
    let family: ValueFamily
    /// A value of each cell.
    let samples: [Value]

    /// - Parameter texts: All values that conditions compare the key with; malformed ones cut nothing.
    init(family: ValueFamily, _ texts: [String]) {
        let cells: [Value] =
            switch family {
            case .numeric: Self.numbers(Set(texts.compactMap(PolicyNumber.init)).sorted())
            case .date: Self.dates(Set(texts.compactMap(PolicyDate.init)).sorted())
            case .ipAddress: Self.addresses(texts.compactMap { IPNetwork($0) }.filter(\.canMatch))
            case .string, .bool, .binary, .arn, .null: preconditionFailure("Texts have no order.")
            }
        self.family = family
        self.samples = cells + [.malformed]
    }

    /// The cells whose values have a property.
    func set(where isMember: (Value) -> Bool) -> CellSet {
        CellSet(self.samples.map(isMember))
    }

    var all: CellSet { self.set { _ in true } }

    /// A request's value in a cell, as text.
    func text(_ cell: Int) -> String {
        switch self.samples[cell] {
        case .malformed: "none"
        case .number(let number): number.description
        case .date(let date): date.description
        case .address(let address): address.description
        }
    }

    private static func numbers(_ points: [PolicyNumber]) -> [Value] {
        guard let first = points.first, let last = points.last else { return [.number(PolicyNumber(1))] }
        let gaps = zip(points, points.dropFirst()).map { PolicyNumber.between($0, $1) }
        // Those that are not negative come first, to be shown: few keys have others.
        let all = [first.lower] + points + gaps + [last.higher]
        let zero = PolicyNumber(0)
        return (all.filter { $0 >= zero } + all.filter { $0 < zero }).map(Value.number)
    }

    private static func dates(_ points: [PolicyDate]) -> [Value] {
        let milliseconds = points.map(\.millisecondsSinceEpoch)
        // The milliseconds next to the points are in every gap that is not empty.
        let near = Set(milliseconds.flatMap { [$0, $0 - 1, $0 + 1] }).filter(PolicyDate.range.contains)
        let all = near.isEmpty ? [1_767_225_600_000] : near.sorted()
        return all.map { .date(PolicyDate(millisecondsSinceEpoch: $0)) }
    }

    private static func addresses(_ networks: [IPNetwork]) -> [Value] {
        // Addresses that no network is likely to name come first, to be shown: those of RFC 5737 and RFC 3849.
        let v4 = Self.firsts(networks, .v4, likely: 203 << 24 | 113 << 8 | 10)
        let v6 = Self.firsts(networks, .v6, likely: 0x2001_0DB8 << 96 | 10)
        // An IPv4 address written as IPv6 is compared as IPv4, so it needs no cell.
        return (v4 + v6.filter { !$0.isMapped }).map(Value.address)
    }

    /// The first address of each interval between the networks' bounds.
    private static func firsts(_ networks: [IPNetwork], _ version: IPAddress.Version, likely: UInt128) -> [IPAddress] {
        let last: UInt128 = version == .v4 ? 0xFFFF_FFFF : .max
        var starts: Set<UInt128> = [0]
        if version == .v6 { starts.formUnion([0xFFFF << 32, 0x1_0000 << 32]) }
        for network in networks where network.address.version == version {
            starts.insert(network.bounds.lowerBound)
            if network.bounds.upperBound < last { starts.insert(network.bounds.upperBound + 1) }
        }
        let sorted = starts.sorted()
        return sorted.enumerated().map { index, start in
            let end = index + 1 < sorted.count ? sorted[index + 1] - 1 : last
            return IPAddress(version: version, bits: (start...end).contains(likely) ? likely : start)
        }
    }
}
