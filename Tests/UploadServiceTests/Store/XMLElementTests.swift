import Testing

@testable import UploadService

/// The XML reader: what it takes, and what it must not.
@Suite struct XMLElementTests {
    private func read(_ text: String) -> XMLElement? { XMLElement(document: Array(text.utf8)) }

    @Test func readsNamesTextsAndChildren() throws {
        let root = try #require(
            read(
                " \n<?xml version=\"1.0\"?>\r\n<!-- <a> --><n:a x='>' y=\"'/\"> t&#x263A;&lt;&amp;&gt;&quot;&apos;&#10; <b/><c >2</c\t><b>3</b></n:a>\n"
            ))
        #expect(root.name == "a")
        #expect(root.children.map(\.name) == ["b", "c", "b"])
        #expect(root.text == " t☺<&>\"'\n ")
        #expect(root["c"]?.text == "2" && root["b"]?.text == "" && root["d"] == nil)
        let deep = read("<a><b><c> x \n y </c></b></a>")
        #expect(deep?.first("c")?.text == " x \n y " && deep?["b"]?.text(of: "c") == "x y")
    }

    @Test(arguments: [
        "", " ", "x", "<a>", "<a></b>", "<a></a><b/>", "<a/>x", "x<a/>", "</a>", "<a", "<a x='>", "<a><", "<a>&e;</a>", "<a>&</a>",
        "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<!DOCTYPE a><a/>", "<a><![CDATA[x]]></a>", "<?xml", "<!-- <a/>", "< a/>", "<:/>",
        "<a></a", "<a <b/></a>", "<a/></a>",
    ])
    func refusesWhatIsNoDocument(_ text: String) {
        #expect(read(text) == nil)
    }

    @Test func refusesBytesThatAreNoText() {
        #expect(XMLElement(document: Array("<a>".utf8) + [0xFF, 0xFE] + Array("</a>".utf8)) == nil)
    }

    @Test func holdsElementsUpToADepth() {
        func nested(_ depth: Int) -> String { String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth) }
        #expect(read(nested(XMLElement.maximumDepth)) != nil)
        #expect(read(nested(XMLElement.maximumDepth + 1)) == nil)
        #expect(read(String(repeating: "<a>", count: 1_000_000)) == nil)
    }

    /// Whatever comes: an answer, no crash; and what is escaped is read back.
    @Test func survivesMutations() {
        var random = SeededGenerator(seed: 3)
        let bytes = Array("<?xml version=\"1.0\"?><a x='1'><b>&lt;&#65;</b><!-- --><c/></a>".utf8)
        for _ in 0..<20_000 {
            var mutant = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<mutant.count, using: &random)
                if Bool.random(using: &random) {
                    mutant[index] = Array("<>&;/!?-'\" a\u{0}".utf8).randomElement(using: &random) ?? 0
                } else {
                    mutant.remove(at: index)
                }
            }
            if let element = XMLElement(document: mutant) {
                let text = XMLElement.escape(element.text)
                #expect(read("<a>\(text)</a>")?.text == element.text)
            }
        }
    }
}
