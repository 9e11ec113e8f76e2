import Testing

@testable import S3Policy

@Suite("Sets of texts")
struct TextAlgebraTests {
    /// All texts of `a`, `b` and `c` up to a length.
    static let texts: [String] = (0..<6).reduce(into: [""]) { texts, _ in
        texts = Array(Set(texts + texts.flatMap { text in ["a", "b", "c"].map { text + $0 } })).sorted()
    }

    @Test("An intersection is empty only where no text is in all sets", arguments: 0..<4)
    func intersections(part: UInt64) throws {
        var random = SeededGenerator(seed: 7000 + part)
        var emptyCount = 0
        for _ in 0..<60 {
            let algebra = TextAlgebra(workLimit: .max)
            let sets = (0..<random.pick([1, 2, 3, 4])).map { _ in
                (globs: (0..<random.pick([1, 1, 2, 3])).map { _ in Self.glob(&random) }, isComplement: random.oneIn(2))
            }
            var region: TextRegion? = TextRegion(example: "start")
            for set in sets {
                let term = algebra.term(TextLanguage(set.globs.map { TextPattern(Glob($0)) }, isComplement: set.isComplement))
                if let some = region { region = try algebra.intersection(some, term) }
            }
            func isInAll(_ text: String) -> Bool {
                sets.allSatisfy { set in set.globs.contains { Glob($0).matches(text) } != set.isComplement }
            }
            if let region {
                #expect(isInAll(region.text), "\(sets): \(region.text)")
            } else {
                emptyCount += 1
                #expect(Self.texts.first(where: isInAll) == nil, "\(sets)")
            }
        }
        #expect(emptyCount > 3)
    }

    private static func glob(_ random: inout SeededGenerator) -> String {
        (0..<random.pick([0, 1, 2, 3, 4])).map { _ in random.pick(["a", "b", "*", "*", "?"]) }.joined()
    }

    @Test(
        "One set within another",
        arguments: [
            ("*", "a*", true), ("a*", "*", false), ("a*", "ab", true), ("?*", "??*", true), ("??*", "?*", false), ("*a*", "*ba*", true),
            ("a*b*c", "a*bb*c", true), ("a*bb*c", "a*b*c", false), ("*\u{1F600}*", "\u{1F600}", true), ("??", "\u{1F600}", true),
            ("?", "\u{1F600}", false), ("\u{1F600}*", "\u{1F600}\u{1F601}", true), ("**", "*", true), ("", "*", false), ("", "", true),
        ])
    func inclusion(wide: String, narrow: String, isWithin: Bool) throws {
        let algebra = TextAlgebra(workLimit: 100_000)
        let narrowRegion = try #require(
            try algebra.intersection(TextRegion(example: "x"), algebra.term(TextLanguage([TextPattern(Glob(narrow))]))))
        let outside = try algebra.intersection(narrowRegion, algebra.term(TextLanguage([TextPattern(Glob(wide))], isComplement: true)))
        #expect((outside == nil) == isWithin)
        if let outside { #expect(Glob(narrow).matches(outside.text) && !Glob(wide).matches(outside.text)) }
    }

    @Test(
        "Every text is an ARN or not",
        arguments: texts(ofLength: 7) + ["arn:aws:s3:::b/k", "arn::::::", "arn:::::", "arn::::", "ARN:a:b:c:d:e", "xarn:a:b:c:d:e"])
    func arns(text: String) {
        let algebra = TextAlgebra(workLimit: 1000)
        let isARN = algebra.contains(text, in: algebra.term(TextLanguage([.anyARN])))
        #expect(isARN == (ARN(text) != nil))
        #expect(algebra.contains(text, in: algebra.term(TextLanguage(TextPattern.notARN))) != isARN)
    }

    /// Some texts of the letters and colons that make ARNs.
    private static func texts(ofLength length: Int) -> [String] {
        var random = SeededGenerator(seed: 11)
        return (0..<300).map { _ in
            let start = random.pick(["", "a", "ar", "arn", "arn:", "rn", "ax", "arx"])
            return start + (0..<length).map { _ in random.pick([":", ":", "a", "n"]) }.joined()
        }
    }

    @Test("Cutting a pattern in two at a colon", arguments: ["a:b", "*", "a*b", "a?b", "?:*", "ab", ":"])
    func splits(pattern: String) {
        let algebra = TextAlgebra(workLimit: 1000)
        let splits = TextPattern(Glob(pattern)).splits(at: UInt16(UInt8(ascii: ":")))
        for text in ["a:b", ":", "a:", ":b", "aa:bb", "a::b", "ab"] {
            let colons = text.indices.filter { text[$0] == ":" }
            let isCut = colons.contains { colon in
                splits.contains { left, right in
                    algebra.contains(String(text[..<colon]), in: algebra.term(TextLanguage([left])))
                        && algebra.contains(String(text[text.index(after: colon)...]), in: algebra.term(TextLanguage([right])))
                }
            }
            #expect(isCut == (Glob(pattern).matches(text) && !colons.isEmpty), "\(text)")
        }
    }

    @Test(
        "Without some units a pattern matches the same texts but those that have them", arguments: ["a*", "?b", "*:*", "ab", "**", "a?*"])
    func without(pattern: String) {
        let algebra = TextAlgebra(workLimit: 1000)
        let rest = TextPattern(Glob(pattern)).without(.colon)
        for text in ["", "a", "ab", "a:", ":b", "bb", "a:b", "abc"] {
            let isIn = rest.map { algebra.contains(text, in: algebra.term(TextLanguage([$0]))) } ?? false
            #expect(isIn == (Glob(pattern).matches(text) && !text.contains(":")), "\(text)")
        }
    }

    @Test(
        "Texts that differ in case only",
        arguments: [
            ("Key", "kEY", true), ("Key", "\u{212A}ey", true), ("key", "kez", false), ("i", "\u{130}", false), ("s", "\u{17F}", false),
        ])
    func caseless(constant: String, text: String, isIn: Bool) {
        let algebra = TextAlgebra(workLimit: 1000)
        #expect(algebra.contains(text, in: algebra.term(TextLanguage([.caseless(ascii: constant)]))) == isIn)
        #expect((text.loweredAsAWS == constant.loweredAsAWS) == isIn)
    }

    @Test("No other character is an ASCII letter in lower case")
    func lowercase() {
        let others = (0x80...0xFFFF).compactMap { Unicode.Scalar(UInt32($0)) }.filter { scalar in
            let lowered = String(scalar).loweredAsAWS
            return lowered.count == 1 && lowered[0] < 0x80
        }
        #expect(others == ["\u{212A}"])
    }

    @Test("Work is bounded")
    func workLimit() {
        let algebra = TextAlgebra(workLimit: 1000)
        #expect(throws: WorkLimitReached.self) {
            var region = TextRegion(example: "")
            for pattern in ["*a?????????*", "*b????????*", "*c???????*"] {
                let term = algebra.term(TextLanguage([TextPattern(Glob(pattern))]))
                region = try #require(try algebra.intersection(region, term))
            }
        }
    }
}
