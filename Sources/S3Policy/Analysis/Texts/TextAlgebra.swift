/// A set of texts or its complement, by number: what it is stands in a ``TextAlgebra``.
struct TextTerm: Sendable, Hashable, Comparable {
    fileprivate let code: Int32

    static let nothing = TextTerm(code: 0)
    static let everything = TextTerm(code: 1)

    var complement: TextTerm { TextTerm(code: self.code ^ 1) }

    fileprivate var language: Int { Int(self.code >> 1) }
    fileprivate var isComplement: Bool { self.code & 1 == 1 }

    static func < (left: TextTerm, right: TextTerm) -> Bool { left.code < right.code }
}

/// The intersection of some sets of texts, and a text that is in all of them.
struct TextRegion: Sendable {
    /// In ascending order.
    fileprivate(set) var terms: [TextTerm]
    fileprivate(set) var example: [UInt16]

    /// All texts.
    /// - Parameter example: The text to begin with.
    init(example: String) {
        self.terms = []
        self.example = Array(example.utf16)
    }

    fileprivate init(terms: [TextTerm], example: [UInt16]) {
        self.terms = terms
        self.example = example
    }

    /// The example as text.
    var text: String { String(decoding: self.example, as: UTF16.self) }
}

/// Thrown when a question takes more work than allowed.
struct WorkLimitReached: Error {}

/// Intersects sets of texts: keeps each set's automaton and what was found out before.
final class TextAlgebra {
    private struct Language {
        let patterns: [TextPattern]
        let automaton: TextAutomaton
        /// All texts, where there are few and the patterns spell them out.
        let literals: [[UInt16]]?
    }

    private var languages: [Language] = [Language(patterns: [], automaton: TextAutomaton([]), literals: [])]
    private var numbers: [[TextPattern]: Int32] = [[]: 0]
    private var examples: [[TextTerm]: [UInt16]?] = [:]
    /// Steps of work that may still be done.
    private var remainingWork: Int

    init(workLimit: Int) {
        self.remainingWork = workLimit
    }

    /// Takes note of work.
    /// - Throws: ``WorkLimitReached`` when it was too much.
    func work(_ steps: Int) throws(WorkLimitReached) {
        self.remainingWork -= steps
        if self.remainingWork < 0 { throw WorkLimitReached() }
    }

    func term(_ language: TextLanguage) -> TextTerm {
        let matchesAll = language.patterns.contains { $0.steps == [.run(.all)] }
        let term = matchesAll ? .everything : TextTerm(code: self.number(of: language.patterns) << 1)
        return language.isComplement ? term.complement : term
    }

    private func number(of patterns: [TextPattern]) -> Int32 {
        if let known = self.numbers[patterns] { return known }
        let number = Int32(self.languages.count)
        let literals = patterns.compactMap(\.literal)
        self.languages.append(
            Language(
                patterns: patterns, automaton: TextAutomaton(patterns), literals: literals.count == patterns.count ? literals : nil))
        self.numbers[patterns] = number
        return number
    }

    /// The set that a term stands for.
    func language(_ term: TextTerm) -> TextLanguage {
        TextLanguage(self.languages[term.language].patterns, isComplement: term.isComplement)
    }

    func contains(_ units: [UInt16], in term: TextTerm) -> Bool {
        self.languages[term.language].automaton.accepts(units) != term.isComplement
    }

    func contains(_ text: String, in term: TextTerm) -> Bool {
        self.contains(Array(text.utf16), in: term)
    }

    /// Whether a text is in all sets of a region.
    func contains(_ text: String, in region: TextRegion) -> Bool {
        let units = Array(text.utf16)
        return region.terms.allSatisfy { self.contains(units, in: $0) }
    }

    /// The part of a region that is in a set; nil when there is none.
    func intersection(_ region: TextRegion, _ term: TextTerm) throws(WorkLimitReached) -> TextRegion? {
        if term == .everything || region.terms.contains(term) { return region }
        if term == .nothing || region.terms.contains(term.complement) { return nil }
        var terms = region.terms
        terms.insert(term, at: terms.firstIndex { $0 > term } ?? terms.endIndex)
        if self.contains(region.example, in: term) { return TextRegion(terms: terms, example: region.example) }
        return try self.example(of: terms).map { TextRegion(terms: terms, example: $0) }
    }

    private func example(of terms: [TextTerm]) throws(WorkLimitReached) -> [UInt16]? {
        if let known = self.examples[terms] { return known }
        let example = try self.findExample(of: terms)
        self.examples[terms] = .some(example)
        return example
    }

    private func findExample(of terms: [TextTerm]) throws(WorkLimitReached) -> [UInt16]? {
        for term in terms where !term.isComplement {
            guard let literals = self.languages[term.language].literals else { continue }
            for literal in literals {
                try self.work(literal.count + 1)
                if terms.allSatisfy({ self.contains(literal, in: $0) }) { return literal }
            }
            return nil
        }
        // What must match comes first: it leaves the fewest ways to go on.
        let ordered = terms.filter { !$0.isComplement } + terms.filter(\.isComplement)
        var search = TextSearch(ordered.map { (self.languages[$0.language].automaton, $0.isComplement) })
        return try search.shortestText { [self] steps throws(WorkLimitReached) in try self.work(steps) }
    }
}
