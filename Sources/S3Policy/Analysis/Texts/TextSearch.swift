/// Looks for the shortest text that some automata accept and others do not.
struct TextSearch {
    private let automata: [TextAutomaton]
    /// Whether an automaton must not accept.
    private let isComplement: [Bool]
    /// The tuples of states that were reached, each as long as the list of automata, and one for surrogates.
    private var tuples: [[Int32]] = []
    private var origins: [(tuple: Int, unit: UInt16)] = []
    private var known: Set<[Int32]> = []

    init(_ automata: [(TextAutomaton, isComplement: Bool)]) {
        self.automata = automata.map(\.0)
        self.isComplement = automata.map(\.isComplement)
    }

    /// - Parameter work: Is told how much was done; may throw to end the search.
    mutating func shortestText(work: (Int) throws(WorkLimitReached) -> Void) throws(WorkLimitReached) -> [UInt16]? {
        self.add(self.automata.map(\.start) + [0], origin: (-1, 0))
        var next = 0
        while next < self.tuples.count {
            let tuple = self.tuples[next]
            if self.accepts(tuple) { return self.text(to: next) }
            let units = self.units(from: tuple)
            // A tuple is kept, which costs more than to look at it.
            try work(units.count * self.automata.count + 8)
            for unit in units {
                if let target = self.move(tuple, unit) { self.add(target, origin: (next, unit)) }
            }
            next += 1
        }
        return nil
    }

    private mutating func add(_ tuple: [Int32], origin: (tuple: Int, unit: UInt16)) {
        guard self.known.insert(tuple).inserted else { return }
        self.tuples.append(tuple)
        self.origins.append(origin)
    }

    private func text(to index: Int) -> [UInt16] {
        var units: [UInt16] = []
        var index = index
        while self.origins[index].tuple >= 0 {
            units.append(self.origins[index].unit)
            index = self.origins[index].tuple
        }
        return units.reversed()
    }

    private func accepts(_ tuple: [Int32]) -> Bool {
        tuple[self.automata.count] == 0
            && self.automata.indices.allSatisfy { self.automata[$0].accepts(tuple[$0]) != self.isComplement[$0] }
    }

    /// Where a unit leads; nil where no text can go on. A surrogate must stand in its pair, since a request's texts are Unicode.
    private func move(_ tuple: [Int32], _ unit: UInt16) -> [Int32]? {
        let awaitsLow = tuple[self.automata.count] == 1
        guard awaitsLow == UTF16.isTrailSurrogate(unit) else { return nil }
        var target = tuple
        for index in self.automata.indices {
            let state = self.automata[index].moves(from: tuple[index]).target(of: unit)
            if state == (self.isComplement[index] ? TextAutomaton.State.total : TextAutomaton.State.dead) { return nil }
            target[index] = state
        }
        target[self.automata.count] = UTF16.isLeadSurrogate(unit) ? 1 : 0
        return target
    }

    /// One unit of each interval in which all automata treat the units alike.
    private func units(from tuple: [Int32]) -> [UInt16] {
        var starts: [UInt16] = []
        for index in self.automata.indices { starts += self.automata[index].moves(from: tuple[index]).starts }
        starts.sort()
        var units: [UInt16] = []
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : nil
            if start == end { continue }
            units.append(ReadableUnits.first(in: start...(end.map { $0 - 1 } ?? .max)))
        }
        return units
    }
}

/// Which units to show a person rather than others.
private enum ReadableUnits {
    private static let preferred: [ClosedRange<UInt16>] =
        [
            ("a", "z"), ("0", "9"), ("A", "Z"), ("-", "-"), ("_", "_"), ("!", "~"),
        ].flatMap { (first: Unicode.Scalar, last: Unicode.Scalar) in UnitSet(first, last).ranges } + [0xA1...0xD7FF, 0xE000...0xFFFD]

    static func first(in range: ClosedRange<UInt16>) -> UInt16 {
        let best = self.preferred.first { $0.overlaps(range) }
        return best.map { max($0.lowerBound, range.lowerBound) } ?? range.lowerBound
    }
}
