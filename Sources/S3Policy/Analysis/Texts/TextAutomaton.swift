/// A deterministic automaton for the texts that some patterns match, made state by state as it is walked.
final class TextAutomaton {
    /// A state is a number; these two exist always.
    enum State {
        /// Nothing matches any more.
        static let dead: Int32 = 0
        /// Everything matches from here on.
        static let total: Int32 = 1
    }

    /// Where a state goes: units from `starts[i]` up to the next start go to `targets[i]`.
    struct Moves {
        let starts: [UInt16]
        let targets: [Int32]

        func target(of unit: UInt16) -> Int32 {
            var low = 0
            var high = self.starts.count
            while high - low > 1 {
                let middle = (low + high) / 2
                if self.starts[middle] <= unit { low = middle } else { high = middle }
            }
            return self.targets[low]
        }
    }

    let start: Int32
    /// The steps of all patterns, one after another; nil at the end of each.
    private let steps: [TextPattern.Step?]
    /// For each state the steps that may come next.
    private var positions: [[Int32]] = [[], []]
    private var accepting = [false, true]
    private var moves: [Moves?] = [
        Moves(starts: [0], targets: [State.dead]), Moves(starts: [0], targets: [State.total]),
    ]
    private var states: [[Int32]: Int32] = [:]

    init(_ patterns: [TextPattern]) {
        var steps: [TextPattern.Step?] = []
        var first: [Int32] = []
        for pattern in patterns {
            first.append(Int32(steps.count))
            steps += pattern.steps
            steps.append(nil)
        }
        self.steps = steps
        // The initializer must be done before a state can be made: the start is the state after the two fixed ones.
        self.start = 2
        let closed = Self.closure(first, steps)
        self.positions.append(closed)
        self.accepting.append(closed.contains { steps[Int($0)] == nil })
        self.moves.append(nil)
        self.states[closed] = 2
    }

    func accepts(_ state: Int32) -> Bool { self.accepting[Int(state)] }

    func moves(from state: Int32) -> Moves {
        if let known = self.moves[Int(state)] { return known }
        let moves = self.makeMoves(self.positions[Int(state)])
        self.moves[Int(state)] = moves
        return moves
    }

    func accepts(_ units: [UInt16]) -> Bool {
        var state = self.start
        for unit in units {
            if state <= State.total { break }
            state = self.moves(from: state).target(of: unit)
        }
        return self.accepts(state)
    }

    /// The positions with those behind runs, which may be empty.
    private static func closure(_ positions: [Int32], _ steps: [TextPattern.Step?]) -> [Int32] {
        var closed: [Int32] = []
        for position in positions {
            var next = position
            closed.append(next)
            while case .run? = steps[Int(next)] {
                next += 1
                closed.append(next)
            }
        }
        closed.sort()
        var unique: [Int32] = []
        for position in closed where unique.last != position { unique.append(position) }
        return unique
    }

    private func state(_ positions: [Int32]) -> Int32 {
        if positions.isEmpty { return State.dead }
        let closed = Self.closure(positions, self.steps)
        if let known = self.states[closed] { return known }
        let isTotal = closed.contains { position in
            self.steps[Int(position)] == .run(.all) && self.steps[Int(position) + 1] == nil
        }
        let state = isTotal ? State.total : Int32(self.positions.count)
        self.states[closed] = state
        if !isTotal {
            self.positions.append(closed)
            self.accepting.append(closed.contains { self.steps[Int($0)] == nil })
            self.moves.append(nil)
        }
        return state
    }

    private func makeMoves(_ positions: [Int32]) -> Moves {
        let starts = self.starts(positions)
        var kept: [UInt16] = []
        var targets: [Int32] = []
        for start in starts {
            var next: [Int32] = []
            for position in positions {
                switch self.steps[Int(position)] {
                case .unit(start)?: next.append(position + 1)
                case .one(let units)? where units.contains(start): next.append(position + 1)
                case .run(let units)? where units.contains(start): next.append(position)
                default: break
                }
            }
            let target = self.state(next)
            if targets.last != target {
                kept.append(start)
                targets.append(target)
            }
        }
        return Moves(starts: kept, targets: targets)
    }

    /// Where the units begin to behave in another way than those before them.
    private func starts(_ positions: [Int32]) -> [UInt16] {
        var starts: [UInt16] = [0]
        func add(_ range: ClosedRange<UInt16>) {
            starts.append(range.lowerBound)
            if range.upperBound < .max { starts.append(range.upperBound + 1) }
        }
        for position in positions {
            switch self.steps[Int(position)] {
            case .unit(let unit)?: add(unit...unit)
            case .one(let units)?, .run(let units)?: units.ranges.forEach(add)
            case nil: break
            }
        }
        starts.sort()
        var unique: [UInt16] = []
        for start in starts where unique.last != start { unique.append(start) }
        return unique
    }
}
