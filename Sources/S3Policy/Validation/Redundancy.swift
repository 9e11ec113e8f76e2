/// Finds what a list says twice.
enum Redundancy {
    /// The items that another one covers, each with that other one. Of two that cover each other the first stays.
    static func find(_ texts: [String], covers: (_ covering: String, _ covered: String) -> Bool) -> [(index: Int, coveredBy: Int)] {
        texts.indices.compactMap { index in
            let other = texts.indices.first { other in
                guard other != index, covers(texts[other], texts[index]) else { return false }
                return other < index || !covers(texts[index], texts[other])
            }
            return other.map { (index, $0) }
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
    /// Whether every text that the other pattern matches is matched by this one. Says no where that is not plain to see.
    func covers(_ other: Glob) -> Bool {
        // reachable[i]: the tokens read so far can be matched by the first i tokens of this pattern.
        var reachable = [true] + Array(repeating: false, count: self.tokens.count)
        func closure(_ states: inout [Bool]) {
            for index in self.tokens.indices where states[index] && self.tokens[index] == .anyRun { states[index + 1] = true }
        }
        closure(&reachable)
        for token in other.tokens {
            var next = Array(repeating: false, count: self.tokens.count + 1)
            for index in self.tokens.indices where reachable[index] {
                switch (self.tokens[index], token) {
                case (.anyRun, _): next[index] = true
                case (.anyUnit, .unit), (.anyUnit, .anyUnit): next[index + 1] = true
                case (.unit(let own), .unit(let other)) where own == other: next[index + 1] = true
                default: break
                }
            }
            closure(&next)
            reachable = next
        }
        return reachable[self.tokens.count]
    }
}
