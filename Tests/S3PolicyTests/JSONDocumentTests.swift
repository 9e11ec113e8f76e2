import S3Policy
import Testing

@Suite("JSON with places")
struct JSONDocumentTests {
    @Test("Every key and value has its line, column and offset")
    func places() throws {
        let document = JSONDocument("{\n  \"Statement\": [\n    {\"Sid\": \"é\", \"Effect\": \"Allow\"}\n  ]\n}\n")
        #expect(document.problems.isEmpty)
        let effect = try #require(document.root?["Statement"]?.array?[0]["Effect"])
        let start = document.text.position(at: effect.range.lowerBound)
        #expect(start == SourcePosition(line: 3, column: 28, offset: 47))
        #expect(document.text[effect.range] == "\"Allow\"")
        #expect(document.path(to: effect.range) == [.value("Statement"), .index(0), .value("Effect")])
        let sid = try #require(document.root?["Statement"]?.array?[0].object?[0])
        #expect(document.path(to: sid.keyRange) == [.value("Statement"), .index(0), .key("Sid")])
        let inside = (effect.range.lowerBound + 2)..<(effect.range.lowerBound + 4)
        #expect(document.path(to: inside).last == .substring(start: 1, length: 2))
    }

    @Test(
        "Mistakes are told, and what follows them is still read",
        arguments: [
            ("{\"a\": 1,}", "There is a comma after the last element; delete it.", true),
            ("{\"a\": 1 \"b\": 2}", "A comma is missing before this.", true),
            ("{\"a\": 1,, \"b\": 2}", "There is a comma too many.", true),
            ("// note\n{\"a\": 1}", "JSON has no comments; delete this one.", true),
            ("\u{FEFF}{\"a\": 1}", "The file starts with a byte order mark; save it as UTF-8 without one.", true),
            ("{'a': 1}", "JSON strings have double quotation marks; replace the single ones.", true),
            ("{\"a\": \"\\x\"}", "JSON has no such escape; a backslash that is meant is written twice.", true),
            ("{\"a\": \"\\ud800\"}", "\\uD800 is half of a surrogate pair; the other half is missing.", true),
            ("{\"a\": \"\u{1}\"}", "Control characters must be escaped in JSON: write \\u0001.", true),
            ("{\"a\": 1, \"a\": 2}", "The key \"a\" is already there, on line 1; keep one of the two.", true),
            ("{\"a\": 01}", "01 is not a JSON value; text needs quotation marks.", false),
            ("{\"a\": Allow}", "Allow is not a JSON value; text needs quotation marks.", false),
            ("{\"a\" 1}", "A colon and a value are missing after this key.", false),
            ("{\"a\":}", "The value of \"a\" is missing.", false),
            ("{a: 1}", "A key in quotation marks should be here.", false),
            ("{\"a\": 1", "This object is never closed; a } is missing.", false),
            ("{\"a\": \"b", "This string is never closed; a quotation mark is missing.", false),
            ("{} {}", "There is more text after the end of the JSON value; delete it.", false),
            ("", "The file is empty; a JSON value is missing.", false),
        ])
    func mistakes(text: String, message: String, isComplete: Bool) {
        let document = JSONDocument(text)
        #expect(document.problems.map(\.message).contains(message))
        #expect(document.isComplete == isComplete)
    }

    @Test("Several mistakes are told at once")
    func several() {
        let document = JSONDocument("{\"a\": tru, \"b\": [1,], \"c\": 'x', \"d\": \"ok\"}")
        #expect(document.problems.count == 3)
        #expect(document.root?["d"]?.string == "ok")
    }
}
