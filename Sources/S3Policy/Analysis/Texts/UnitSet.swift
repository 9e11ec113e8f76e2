/// A set of UTF-16 code units.
struct UnitSet: Sendable, Hashable {
    /// In ascending order; no two of them touch.
    let ranges: [ClosedRange<UInt16>]

    static let all = UnitSet([0...UInt16.max])
    static let colon = UnitSet(UInt16(UInt8(ascii: ":")))
    static let slash = UnitSet(UInt16(UInt8(ascii: "/")))
    static let digits = UnitSet("0", "9")
    static let lowercase = UnitSet("a", "z")
    /// ASCII without white space and control characters.
    static let printable = UnitSet("!", "~")

    init(_ ranges: [ClosedRange<UInt16>]) {
        var merged: [ClosedRange<UInt16>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            guard let last = merged.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 else {
                merged.append(range)
                continue
            }
            merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
        }
        self.ranges = merged
    }

    init(_ unit: UInt16) {
        self.ranges = [unit...unit]
    }

    /// The ASCII characters from the first to the last.
    init(_ first: Unicode.Scalar, _ last: Unicode.Scalar) {
        self.ranges = [UInt16(UInt8(ascii: first))...UInt16(UInt8(ascii: last))]
    }

    /// The units of a text.
    init(of text: String) {
        self.init(text.utf16.map { $0...$0 })
    }

    var isEmpty: Bool { self.ranges.isEmpty }

    func contains(_ unit: UInt16) -> Bool {
        self.ranges.contains { $0.contains(unit) }
    }

    func union(_ other: UnitSet) -> UnitSet {
        UnitSet(self.ranges + other.ranges)
    }

    func subtracting(_ other: UnitSet) -> UnitSet {
        var rest = self.ranges
        for hole in other.ranges {
            rest = rest.flatMap { range -> [ClosedRange<UInt16>] in
                guard range.overlaps(hole) else { return [range] }
                var parts: [ClosedRange<UInt16>] = []
                if range.lowerBound < hole.lowerBound { parts.append(range.lowerBound...(hole.lowerBound - 1)) }
                if range.upperBound > hole.upperBound { parts.append((hole.upperBound + 1)...range.upperBound) }
                return parts
            }
        }
        return UnitSet(rest)
    }
}
