/// A set of the cells of a ``ValueCells``.
struct CellSet: Sendable, Hashable {
    private var words: [UInt64]
    /// How many cells there are, in the set or not.
    private let count: Int

    /// - Parameter members: For each cell whether it is in the set.
    init(_ members: [Bool]) {
        self.count = members.count
        self.words = Array(repeating: 0, count: (members.count + 63) / 64)
        for (index, isMember) in members.enumerated() where isMember { self.words[index / 64] |= 1 << UInt64(index % 64) }
    }

    var isEmpty: Bool { self.words.allSatisfy { $0 == 0 } }

    var isComplete: Bool { self.complement.isEmpty }

    /// The first cell of the set.
    var first: Int? {
        self.words.firstIndex { $0 != 0 }.map { $0 * 64 + self.words[$0].trailingZeroBitCount }
    }

    func contains(_ cell: Int) -> Bool { self.words[cell / 64] >> UInt64(cell % 64) & 1 == 1 }

    var complement: CellSet {
        var result = self
        for index in self.words.indices { result.words[index] = ~self.words[index] }
        let unused = self.words.count * 64 - self.count
        if unused > 0 { result.words[self.words.count - 1] &= .max >> UInt64(unused) }
        return result
    }

    func intersection(_ other: CellSet) -> CellSet {
        var result = self
        for index in self.words.indices { result.words[index] &= other.words[index] }
        return result
    }
}
