import Libcrypto
import Testing

@testable import Settings

@Suite struct APIKeyTests {
    private struct Counter: RandomNumberGenerator {
        var value: UInt64 = 0

        mutating func next() -> UInt64 {
            value &+= 0x9E37_79B9_7F4A_7C15
            return value
        }
    }

    @Test func `a minted key reads back and has a prefix for scanners`() throws {
        var random = Counter()
        for _ in 0..<500 {
            let key = APIKey.mint(using: &random)
            #expect(key.text.utf8.count == 54 && key.text.hasPrefix("csk_"))
            #expect(APIKey(key.text)?.sha256 == SHA256.hash(key.text))
        }
    }

    @Test func `no single changed character passes the checksum`() {
        var random = Counter()
        let key = Array(APIKey.mint(using: &random).text)
        for index in key.indices {
            var changed = key
            changed[index] = key[index] == "A" ? "B" : "A"
            #expect(APIKey(String(changed)) == nil)
        }
        #expect(APIKey(String(key) + "0") == nil && APIKey(String(key.dropLast())) == nil && APIKey("") == nil)
    }

    @Test func `a key does not show itself`() {
        var random = Counter()
        let key = APIKey.mint(using: &random)
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "APIKey(<redacted>)")
        #expect(!dumped.contains(key.text) && !String(reflecting: key).contains(key.text))
    }
}
