import S3Signing
import Testing

@Suite struct JSONTests {
    @Test(
        arguments: [
            ("null", .null), (" true\r\n", .bool(true)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .number("9223372036854775808")), ("1.50", .number("1.50")), ("-1E+2", .number("-1E+2")),
            (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, .string("a\"\\/\u{8}\u{C}\n\r\té😀")),
            ("[1,[],{}]", .array([.integer(1), .array([]), .object([])])),
            (#"{"b":1, "a":2}"#, .object([.init("b", .integer(1)), .init("a", .integer(2))])),
        ] as [(String, JSON)])
    func reads(_ text: String, _ value: JSON) throws {
        #expect(try JSONParser.parse(text) == value)
    }

    @Test func writesWhatItReads() throws {
        var random = SplitMix(seed: 5)
        for _ in 0..<300 {
            let value = Self.value(depth: 0, using: &random)
            #expect(try JSONParser.parse(value.compact) == value)
            #expect(try JSONParser.parse(value.pretty) == value)
            #expect(!value.compact.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
        }
    }

    private static func value(depth: Int, using random: inout SplitMix) -> JSON {
        switch Int.random(in: 0...(depth < 3 ? 5 : 3), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: return .string(random.text(0...12))
        case 4: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1, using: &random) })
        default:
            let names = Set((0..<Int.random(in: 0...3, using: &random)).map { _ in random.text(0...6) })
            return .object(names.sorted().map { .init($0, value(depth: depth + 1, using: &random)) })
        }
    }
}
