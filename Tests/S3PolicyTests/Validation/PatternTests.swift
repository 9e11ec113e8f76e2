import Testing

@testable import S3Policy

/// Which patterns share a text, and which one has the other in it, against every text of a small alphabet.
@Suite("Patterns against patterns")
struct PatternTests {
    static let patterns = texts(of: ["a", "b", "?", "*"], upTo: 4)
    /// Two patterns of four tokens that share a text share one of at most six letters: no more than three tokens of each stand beside a run.
    static let words = texts(of: ["a", "b"], upTo: 6)

    static func texts(of letters: [String], upTo count: Int) -> [String] {
        var all = [""]
        var last = [""]
        for _ in 0..<count {
            last = last.flatMap { text in letters.map { text + $0 } }
            all += last
        }
        return all
    }

    @Test("Two patterns overlap when a text matches both, and one covers the other when every text of the other does")
    func againstTexts() {
        let globs = Self.patterns.map { Glob($0) }
        let matched = globs.map { glob in Set(Self.words.indices.filter { glob.matches(Self.words[$0]) }) }
        var random = SeededGenerator(seed: 4)
        for _ in 0..<20_000 {
            let (left, right) = (Int.random(in: globs.indices, using: &random), Int.random(in: globs.indices, using: &random))
            let overlap = globs[left].overlaps(globs[right])
            let covers = globs[left].covers(globs[right])
            #expect(overlap == !matched[left].isDisjoint(with: matched[right]), "\(Self.patterns[left]) \(Self.patterns[right])")
            #expect(!covers || matched[left].isSuperset(of: matched[right]), "\(Self.patterns[left]) \(Self.patterns[right])")
        }
    }
}
