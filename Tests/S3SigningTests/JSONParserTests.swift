import S3Signing
import Testing

@Suite struct JSONParserTests {
    private func parse(_ text: String) throws(JSONSyntaxError) -> JSON {
        try JSONParser.parse(Array(text.utf8))
    }

    @Test(arguments: [
        (#" { "b" : [ 1 , -0.5e+3, true,false ,null ] , "a":{} } "#, #"{"b":[1,-0.5e+3,true,false,null],"a":{}}"#),
        (#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00é😀""#, #""\"\\/\u0008\u000c\n\r\té😀é😀""#),
        (#""\u0000""#, #""\u0000""#),
        ("0", "0"), ("-0", "0"), ("[]", "[]"), (#"{"":""}"#, #"{"":""}"#),
    ])
    func understands(text: String, expected: String) throws {
        #expect(try parse(text).compact == expected)
    }

    @Test(arguments: [
        ("", "the text ends where a value should be", 1, 1),
        ("{\n \"a\": 1,\n}", "expected a member name in double quotes", 3, 1),
        ("{\n \"a\": 1,\n \"a\": 2}", "duplicate member name", 3, 2),
        (#"{"a" 1}"#, "expected ':' after a member name", 1, 6),
        ("[1 2]", "expected ',' or ']'", 1, 4),
        (#"{"a":1 "b":2}"#, "expected ',' or '}'", 1, 8),
        ("[1,]", "expected a value", 1, 4),
        ("{} {}", "unexpected text after the value", 1, 4),
        ("01", "a number does not start with 0", 1, 1),
        ("-", "expected a digit", 1, 2), ("1.", "expected a digit", 1, 3), ("1e", "expected a digit", 1, 3),
        (".5", "expected a value", 1, 1),
        ("+1", "expected a value", 1, 1), ("NaN", "expected a value", 1, 1), ("tru", "expected a value", 1, 1),
        ("'a'", "expected a value", 1, 1), ("\u{FEFF}{}", "expected a value", 1, 1),
        (#""a"#, "a string has no closing quote", 1, 1), ("\"a\nb\"", "a control character in a string must be escaped", 1, 3),
        (#""\x""#, "unknown escape", 1, 2), (#""\u12""#, "\\u needs four hexadecimal digits", 1, 2),
        (#""\u+123""#, "\\u needs four hexadecimal digits", 1, 2),
        (#""\uD800""#, "half of a surrogate pair", 1, 2), (#""\uD800A""#, "half of a surrogate pair", 1, 2),
        (#""\uDC00\uD800""#, "half of a surrogate pair", 1, 2), (#""\"#, "the text ends inside an escape", 1, 2),
    ])
    func refusesWithPosition(text: String, message: String, line: Int, column: Int) {
        #expect(throws: JSONSyntaxError(message: message, line: line, column: column)) { try parse(text) }
    }

    @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] as [[UInt8]])
    func refusesInvalidUTF8(bytes: [UInt8]) {
        let quoted = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        #expect(throws: JSONSyntaxError(message: "a string is not valid UTF-8", line: 1, column: 1)) { try JSONParser.parse(quoted) }
        #expect(throws: JSONSyntaxError.self) { try JSONParser.parse(bytes) }
    }

    @Test func boundsDepthAndNumbers() throws {
        let depth = JSONParser.maximumDepth
        _ = try parse(String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        let message = "arrays and objects nest deeper than \(depth) levels"
        for opening in ["[", #"{"a":"#] {
            let text = String(repeating: opening, count: 200_000)
            let column = depth * opening.utf8.count + 1
            #expect(throws: JSONSyntaxError(message: message, line: 1, column: column)) { try parse(text) }
        }
        let number = String(repeating: "9", count: 1_000_000)
        #expect(throws: JSONSyntaxError(message: "a number is longer than 64 characters", line: 1, column: 2)) { try parse("[\(number)]") }
    }

    /// Whatever bytes come: an answer or an error, never a trap; and what is accepted is accepted again when it is written again.
    @Test func anythingIsAnsweredOrRefused() throws {
        var random = SplitMix(seed: 42)
        let alphabet = Array(#"{}[]",:0123456789.eE+-\utrfalsn "#.utf8) + [0, 0x1F, 0x7F, 0x80, 0xC3, 0xA9, 0xFF, 0x0A]
        var accepted = 0
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
            guard let value = try? JSONParser.parse(bytes) else { continue }
            accepted += 1
            let again = try JSONParser.parse(value.compact)
            #expect(again.compact == value.compact)
        }
        #expect(accepted > 100)
    }
}
