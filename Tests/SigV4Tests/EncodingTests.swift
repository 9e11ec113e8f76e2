import Foundation
import Libcrypto
import SigV4
import Testing

@Suite struct EncodingTests {
    @Test func everyByteIsEncodedAsRFC3986Says() {
        let unreserved = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        for value in 0..<0x250 {
            let text = String(UnicodeScalar(UInt32(value))!)
            #expect(PercentEncoding.encode(text) == text.addingPercentEncoding(withAllowedCharacters: unreserved))
        }
        #expect(PercentEncoding.encodePath("a/b c") == "a/b%20c")
        #expect(PercentEncoding.encode("a/b c") == "a%2Fb%20c")
    }

    @Test func decodingUndoesEncoding() {
        var state: UInt64 = 5
        for _ in 0..<2000 {
            let text = String(
                String.UnicodeScalarView((0..<20).compactMap { _ in UnicodeScalar(scalar(&state)) }))
            #expect(PercentEncoding.decode(PercentEncoding.encode(text)).map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    /// A number below Unicode's end, from a seeded sequence (an LCG of Knuth's).
    private func scalar(_ state: inout UInt64) -> UInt32 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt32(state >> 33) % 0x11_0000
    }

    @Test(arguments: ["%", "%4", "a%zz", "%%41", "%+1", "%C3%28", "%FF"])
    func brokenSequencesAreRefused(_ text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }

    @Test func aPlusIsASpaceInQueriesOnly() {
        #expect(PercentEncoding.decode("a+b") == "a+b")
        #expect(QueryItem.parse("a+b=c+d&e") == [QueryItem("a b", "c d"), QueryItem("e", "")])
        #expect(QueryItem.parse("a=%zz") == nil)
        #expect(QueryItem.parse("") == [])
    }

    @Test(arguments: ["a\r\nb: c", "a\nb", "a\0b", "\u{7F}", "a\u{1}"])
    func controlCharactersInAHeaderAreRefused(_ value: String) {
        let error = #expect(throws: SigningError.self) { try HeaderRules.check(Header("x-amz-meta-a", value)) }
        #expect(error?.code == .invalidHeader)
        #expect(error?.field == "x-amz-meta-a")
        #expect(throws: SigningError.self) { try HeaderRules.check(Header(value, "v")) }
    }

    @Test func namesAreComparedByASCIICaseOnly() {
        #expect(HeaderRules.isSame("Content-Type", "content-type"))
        #expect(!HeaderRules.isSame("\u{212A}ey", "key"))
        #expect(HeaderRules.lowercased("\u{212A}EY") == "\u{212A}ey")
    }

    @Test func credentialsNeverShowTheirSecret() {
        let credentials = Credentials(accessKeyID: "AKID", secretAccessKey: Secret("hunter2"), sessionToken: "t0k3n")
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped, "\([credentials])", "\(Optional(credentials) as Any)"] {
            #expect(!text.contains("hunter2") && !text.contains("t0k3n"), "\(text)")
            #expect(text.contains("AKID"))
        }
    }
}
