/// A pattern of UTF-16 code units, as AWS matches them: `*` is any run of units, `?` any single one.
public struct Glob: Sendable, Hashable {
    enum Token: Sendable, Hashable {
        case unit(UInt16)
        case anyUnit
        case anyRun
    }

    private(set) var tokens: [Token] = []

    public init() {}

    /// A pattern whose `*` and `?` are wildcards.
    public init(_ pattern: some StringProtocol) {
        for unit in pattern.utf16 {
            switch unit {
            case UInt16(UInt8(ascii: "*")): self.appendAnyRun()
            case UInt16(UInt8(ascii: "?")): self.tokens.append(.anyUnit)
            default: self.tokens.append(.unit(unit))
            }
        }
    }

    /// Adds text that stands for itself.
    public mutating func append(literal text: some StringProtocol) {
        self.tokens.append(contentsOf: text.utf16.lazy.map(Token.unit))
    }

    /// Adds `*`; several in a row are one.
    public mutating func appendAnyRun() {
        if self.tokens.last != .anyRun { self.tokens.append(.anyRun) }
    }

    /// Adds `?`.
    public mutating func appendAnyUnit() {
        self.tokens.append(.anyUnit)
    }

    /// Whether only one text matches.
    public var isLiteral: Bool {
        self.tokens.allSatisfy { if case .unit = $0 { true } else { false } }
    }

    /// Whether every text matches.
    public var matchesAll: Bool { self.tokens == [.anyRun] }

    /// Whether the whole text matches. Takes time in proportion to the text: at most a sixty-fourth of pattern times text.
    public func matches(_ text: some StringProtocol) -> Bool {
        self.matches(Array(text.utf16)[...])
    }

    func matches(_ units: ArraySlice<UInt16>) -> Bool {
        self.matcher(units)
    }

    /// The same, for many texts.
    var matcher: (ArraySlice<UInt16>) -> Bool {
        let runs = self.tokens.split(separator: .anyRun, omittingEmptySubsequences: false)
        return { Self.matches($0, runs) }
    }

    private static func matches(_ units: ArraySlice<UInt16>, _ runs: [ArraySlice<Token>]) -> Bool {
        let first = runs[0]
        let last = runs[runs.count - 1]
        guard runs.count > 1 else { return units.count == first.count && first.isFound(at: units.startIndex, of: units) }
        guard units.count >= first.count + last.count, first.isFound(at: units.startIndex, of: units),
            last.isFound(at: units.endIndex - last.count, of: units)
        else { return false }
        var rest = units.dropFirst(first.count).dropLast(last.count)
        for run in runs.dropFirst().dropLast() where !run.isEmpty {
            // The first place is as good as any later one: what follows has the most room then.
            guard let end = run.endOfFirst(in: rest) else { return false }
            rest = rest[end...]
        }
        return true
    }

    /// The patterns between the first separators; nil when there are fewer. A run never reaches over one of them.
    func split(atFirst count: Int, _ separator: UInt16) -> [Glob]? {
        let parts = self.tokens.split(separator: .unit(separator), maxSplits: count, omittingEmptySubsequences: false)
        guard parts.count == count + 1 else { return nil }
        return parts.map { part in
            var glob = Glob()
            glob.tokens = Array(part)
            return glob
        }
    }
}

/// What stands between two `*`.
extension ArraySlice<Glob.Token> {
    fileprivate func isFound(at start: Int, of units: ArraySlice<UInt16>) -> Bool {
        var place = start
        for token in self {
            if case .unit(let unit) = token, units[place] != unit { return false }
            place += 1
        }
        return true
    }

    /// Where the first place that matches ends.
    fileprivate func endOfFirst(in units: ArraySlice<UInt16>) -> Int? {
        guard units.count >= self.count else { return nil }
        if self.count > 64 { return self.endOfFirstLong(in: units) }
        let start = (units.startIndex...(units.endIndex - self.count)).first { self.isFound(at: $0, of: units) }
        return start.map { $0 + self.count }
    }

    /// Shift-and search: bit `i` of the state says that the first `i + 1` tokens match the units up to here.
    private func endOfFirstLong(in units: ArraySlice<UInt16>) -> Int? {
        let wordCount = (self.count + 63) / 64
        var anyUnits = [UInt64](repeating: 0, count: wordCount)
        for (index, token) in self.enumerated() where token == .anyUnit { anyUnits[index / 64] |= 1 << UInt64(index % 64) }
        var masks: [UInt16: [UInt64]] = [:]
        for (index, token) in self.enumerated() {
            if case .unit(let unit) = token { masks[unit, default: anyUnits][index / 64] |= 1 << UInt64(index % 64) }
        }
        let lastBit = UInt64(1) << UInt64((self.count - 1) % 64)
        var state = [UInt64](repeating: 0, count: wordCount)
        for index in units.indices {
            let mask = masks[units[index]] ?? anyUnits
            var carry: UInt64 = 1
            for word in 0..<wordCount {
                let next = state[word] >> 63
                state[word] = (state[word] << 1 | carry) & mask[word]
                carry = next
            }
            if state[wordCount - 1] & lastBit != 0 { return index + 1 }
        }
        return nil
    }
}
