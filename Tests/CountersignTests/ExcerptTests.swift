import S3Policy
import Testing

@testable import countersign

/// The line of a finding, as a terminal shows it.
@Suite struct ExcerptTests {
    /// The excerpt of the first place of a text in another.
    private static func excerpt(of marked: String, in text: String) throws -> Excerpt {
        let bytes = Array(text.utf8)
        let range = try #require(bytes.firstRange(of: Array(marked.utf8)))
        return Excerpt(of: range, in: SourceText(bytes))
    }

    private static let spaces = String(repeating: " ", count: 4)

    @Test(arguments: [
        ("{\"a\": 1}", "1", "{\"a\": 1}", 6, 1),
        ("\t\"a\tb\": 1", "\"a\tb\"", "    \"a    b\": 1", 4, 8),
        ("\"漢字\": 1", "1", "\"漢字\": 1", 8, 1),
        ("\"漢字\": 1", "漢字", "\"漢字\": 1", 1, 4),
        ("\"e\u{301}\": 1", "1", "\"e\u{301}\": 1", 5, 1),
        ("\"한\": 1", "1", "\"한\": 1", 6, 1),
        ("\"👩\u{200D}👧\": 1", "1", "\"👩\u{FFFD}👧\": 1", 9, 1),
        ("\"❤\u{FE0F}\": 1", "1", "\"❤\": 1", 5, 1),
        ("\"\u{202E}\u{1B}[31m\": 7", "7", "\"\u{FFFD}\u{241B}[31m\": 7", 10, 1),
        ("\"a\u{0}b\"", "b", "\"a\u{2400}b\"", 3, 1),
        ("first\nsecond third\nfourth", "third", "second third", 7, 5),
        ("first\nsecond third\nfourth", "third\nfourth", "second third", 7, 5),
    ])
    func columnsAreThoseOfTheTerminal(text: String, marked: String, line: String, indent: Int, count: Int) throws {
        let excerpt = try Self.excerpt(of: marked, in: text)
        #expect(excerpt.line == line && excerpt.indent == indent && excerpt.marks == String(repeating: "^", count: count))
    }

    @Test func aLineThatFitsIsNotCut() throws {
        let text = String(repeating: "a", count: 100) + "b" + String(repeating: "c", count: 19)
        #expect(try Self.excerpt(of: "b", in: text).line == text)
        #expect(try Self.excerpt(of: "b", in: text + "c").line.hasPrefix("…"))
    }

    @Test func theMarksEndWithTheLine() throws {
        let long = String(repeating: "x", count: 20_000)
        let excerpt = try Self.excerpt(of: "\"\(long)\"", in: String(repeating: " ", count: 5000) + "\"\(long)\", \"b\": 1")
        #expect(excerpt.line.hasPrefix("…  ") && excerpt.line.hasSuffix("x…") && excerpt.line.unicodeScalars.count == 121)
        #expect(excerpt.indent == 61 && excerpt.indent + excerpt.marks.count == 121)
    }

    /// Wherever the place is, whatever stands round it: what is shown fits, and the marks stay on it.
    @Test(arguments: ["a", "漢", "e\u{301}", "\t", "\u{FE0F}", "\u{200D}", "👧", "\u{301}"])
    func aLongLineOfAnythingStaysReadable(character: String) {
        for count in [0, 1, 59, 60, 61, 119, 120, 121, 1000, 5000] {
            let before = Array(String(repeating: character, count: count).utf8)
            for marked in [0, 1, 200] {
                let source = SourceText(before + Array(String(repeating: "m", count: marked).utf8) + before)
                let excerpt = Excerpt(of: before.count..<(before.count + marked), in: source)
                #expect(excerpt.indent <= 122 && !excerpt.marks.isEmpty && excerpt.marks.count <= 121)
                #expect(marked == 0 || excerpt.line.unicodeScalars.contains("m"))
                #expect(excerpt.line.utf8.count <= 8000)
            }
        }
    }
}
