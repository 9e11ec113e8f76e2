/// One step from a document's root to a place in it, as IAM Access Analyzer's `PathElement` tells it.
///
/// Source: <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_PathElement.html>.
public enum JSONPathElement: Sendable, Hashable {
    /// A key itself, not its value.
    case key(String)
    /// The value of a key.
    case value(String)
    /// An item of an array, from 0.
    case index(Int)
    /// A part of a string: where it starts, from 0, and how long it is, in characters (Unicode scalars).
    case substring(start: Int, length: Int)
}

extension JSONDocument {
    /// The way to the innermost value, key, or part of a string that has all bytes of a range.
    public func path(to range: Range<Int>) -> [JSONPathElement] {
        guard var node = self.root else { return [] }
        var path: [JSONPathElement] = []
        while let step = self.step(from: node, to: range) {
            path.append(step.element)
            guard let next = step.node else { return path }
            node = next
        }
        return path
    }

    private func step(from node: JSONNode, to range: Range<Int>) -> (element: JSONPathElement, node: JSONNode?)? {
        switch node.value {
        case .object(let members):
            guard let member = members.first(where: { $0.range.contains(range) }) else { return nil }
            if member.keyRange.contains(range) { return (.key(member.key), nil) }
            return member.value.range.contains(range) ? (.value(member.key), member.value) : nil
        case .array(let items):
            guard let index = items.firstIndex(where: { $0.range.contains(range) }) else { return nil }
            return (.index(index), items[index])
        case .string:
            guard range != node.range, range.lowerBound > node.range.lowerBound else { return nil }
            let start = self.text[(node.range.lowerBound + 1)..<range.lowerBound].unicodeScalars.count
            return (.substring(start: start, length: self.text[range].unicodeScalars.count), nil)
        case .null, .boolean, .number:
            return nil
        }
    }
}

extension Range where Bound == Int {
    fileprivate func contains(_ other: Self) -> Bool {
        other.lowerBound >= self.lowerBound && other.upperBound <= self.upperBound
    }
}
