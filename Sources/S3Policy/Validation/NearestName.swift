/// Finds the name that somebody meant.
enum NearestName {
    /// The one name that is nearest to a text: the same but for case, or one or two letters away; nil when none or several are.
    static func of(_ text: String, among names: some Sequence<String>) -> String? {
        let wanted = Array(text.lowercased().utf8)
        guard wanted.count <= longest else { return nil }
        let limit = wanted.count < 2 ? 0 : wanted.count < 5 ? 1 : 2
        var best: (names: [String], distance: Int) = ([], limit + 1)
        for name in names where abs(name.utf8.count - wanted.count) <= limit {
            let other = Array(name.lowercased().utf8)
            // Each change concerns one letter, or swaps two: more letters that only one of the two has cannot be changed away.
            guard self.unshared(wanted, other) <= 2 * limit else { continue }
            let distance = self.distance(wanted, other)
            if distance < best.distance { best = ([name], distance) } else if distance == best.distance { best.names.append(name) }
        }
        return best.distance <= limit && best.names.count == 1 ? best.names[0] : nil
    }

    /// No name is longer, in bytes.
    private static let longest = 80

    /// How many letters one of the two has more of than the other.
    private static func unshared(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var counts = InlineArray<256, Int8>(repeating: 0)
        for letter in left { counts[Int(letter)] += 1 }
        for letter in right { counts[Int(letter)] -= 1 }
        var sum = 0
        for index in counts.indices { sum += abs(Int(counts[index])) }
        return sum
    }

    /// How many letters must be put in, taken out, replaced or swapped with their neighbour.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column + 1], current[column]) + 1
                cost = min(cost, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other { cost = min(cost, beforeLast[column - 1] + 1) }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}

extension Finding {
    /// What to add to a message where a name is unknown.
    static func didYouMean(_ name: String?) -> String {
        name.map { " Did you mean \($0)?" } ?? ""
    }
}

extension Fix {
    /// Replaces a string by another one.
    static func replace(_ range: Range<Int>, by text: String) -> Fix {
        Fix("replace it by \(text)", edits: [Edit(range, replacement: text.jsonLiteral)])
    }
}
