/// Finds what a list says twice.
struct Redundancy {
    /// What each item stands for, as UTF-8: two items of one form say the same.
    let forms: [[UInt8]]
    /// Whether an item can cover others than those of its own form.
    let isPattern: (Int) -> Bool
    /// Whether everything that the second item names is named by the first.
    let covers: (_ covering: Int, _ covered: Int) -> Bool

    /// How many pairs of a list are compared. Longer lists, which no policy within its quota has, are not searched to their end.
    private static let pairLimit = 250_000

    /// The items that another one covers, each with that other one. Of two that cover each other the first stays.
    var items: [(index: Int, coveredBy: Int)] {
        var first: [[UInt8]: Int] = [:]
        for (index, form) in self.forms.enumerated().reversed() { first[form] = index }
        let patterns = self.forms.indices.filter { first[self.forms[$0]] == $0 && self.isPattern($0) }
            .prefix(Self.pairLimit / max(self.forms.count, 1))
        return self.forms.enumerated().compactMap { index, form in
            if let twin = first[form], twin < index { return (index, twin) }
            let pattern = patterns.first { pattern in
                guard pattern != index, self.covers(pattern, index) else { return false }
                return pattern < index || !self.isPattern(index) || !self.covers(index, pattern)
            }
            return pattern.map { (index, $0) }
        }
    }

    /// Deletes one item of an array with the comma and the space that belong to it.
    static func removal(of index: Int, from list: [JSONNode]) -> Fix {
        let range =
            index > 0
            ? list[index - 1].range.upperBound..<list[index].range.upperBound
            : list[0].range.lowerBound..<(list.count > 1 ? list[1].range.lowerBound : list[0].range.upperBound)
        return Fix("delete it", edits: [Fix.Edit(range, replacement: "")])
    }
}

extension Glob {
    /// Whether every text that the other pattern matches is matched by this one. Says no where that is not plain to see, or very long to
    /// find out.
    func covers(_ other: Glob) -> Bool {
        guard self.tokens.count * other.tokens.count <= 1_000_000 else { return false }
        let prefix = zip(self.tokens, other.tokens).first { $0 != $1 }
        if case (.unit, _)? = prefix { return false }
        // reachable[i]: the tokens read so far can be matched by the first i tokens of this pattern.
        var reachable = [true] + Array(repeating: false, count: self.tokens.count)
        var next = Array(repeating: false, count: self.tokens.count + 1)
        self.passRuns(&reachable)
        for token in other.tokens {
            for index in next.indices { next[index] = false }
            for index in self.tokens.indices where reachable[index] {
                switch (self.tokens[index], token) {
                case (.anyRun, _): next[index] = true
                case (.anyUnit, .unit), (.anyUnit, .anyUnit): next[index + 1] = true
                case (.unit(let own), .unit(let other)) where own == other: next[index + 1] = true
                default: break
                }
            }
            self.passRuns(&next)
            swap(&reachable, &next)
        }
        return reachable[self.tokens.count]
    }

    /// Whether some text is matched by both.
    func overlaps(_ other: Glob) -> Bool {
        // reachable[j]: some text is matched by the tokens read so far and by the first j tokens of the other pattern.
        var reachable = [true] + Array(repeating: false, count: other.tokens.count)
        other.passRuns(&reachable)
        for token in self.tokens {
            var next = token == .anyRun ? reachable : Array(repeating: false, count: reachable.count)
            for index in other.tokens.indices where reachable[index] || token == .anyRun && next[index] {
                switch (token, other.tokens[index]) {
                case (.anyRun, _): next[index + 1] = true
                case (_, .anyRun): next[index] = true
                case (.unit(let own), .unit(let other)) where own != other: break
                default: next[index + 1] = true
                }
            }
            other.passRuns(&next)
            reachable = next
        }
        return reachable[other.tokens.count]
    }

    /// A run may also match nothing.
    private func passRuns(_ states: inout [Bool]) {
        for index in self.tokens.indices where states[index] && self.tokens[index] == .anyRun { states[index + 1] = true }
    }
}
