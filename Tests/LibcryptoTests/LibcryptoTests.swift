import Foundation
import Libcrypto
import Testing

@Suite struct DigestTests {
    /// The published values of "abc": FIPS 180-4 for SHA, RFC 1321 for MD5.
    @Test func publishedValues() {
        let expected: [DigestAlgorithm: String] = [
            .md5: "900150983cd24fb0d6963f7d28e17f72", .sha1: "a9993e364706816aba3e25717850c26c9cd0d89d",
            .sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            .sha512:
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ]
        for algorithm in DigestAlgorithm.allCases {
            var digest = StreamingDigest(algorithm)
            for byte in "abc".utf8 { digest.update([byte]) }
            let bytes = digest.finish()
            #expect(bytes.count == algorithm.byteCount)
            #expect(Hex.encode(bytes) == expected[algorithm])
        }
        #expect(SHA256.hash("abc").hex == expected[.sha256])
        #expect(SHA256.hash([]).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func piecesGiveTheDigestOfTheWhole() {
        let message = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for size in [1, 63, 64, 65, 4999] {
            var digest = StreamingDigest(.sha256)
            for start in stride(from: 0, to: message.count, by: size) {
                digest.update(Array(message[start..<min(start + size, message.count)]))
            }
            #expect(digest.finish() == SHA256.hash(message).bytes)
        }
    }

    @Test func aDigestIsReadFromItsTextAndBytesOnly() {
        let digest = SHA256.hash("abc")
        #expect(SHA256Digest(hex: digest.hex) == digest)
        #expect(SHA256Digest(hex: digest.hex.uppercased()) == digest)
        #expect(SHA256Digest(bytes: digest.bytes) == digest)
        #expect(SHA256Digest(hex: String(digest.hex.dropLast())) == nil)
        #expect(SHA256Digest(hex: "g" + digest.hex.dropFirst()) == nil)
        #expect(SHA256Digest(bytes: []) == nil)
    }
}

@Suite struct HMACTests {
    /// RFC 4231's cases, among them keys longer than a block.
    @Test func publishedValues() {
        let cases: [(key: [UInt8], message: [UInt8], code: String)] = [
            (.init(repeating: 0x0B, count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                .init(repeating: 0xAA, count: 20), .init(repeating: 0xDD, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                Array(1...25), .init(repeating: 0xCD, count: 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
            ),
            (
                .init(repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ]
        for (key, message, code) in cases {
            #expect(HMACSHA256.authenticate(message.span, key: key.span).hex == code)
            let prepared = HMACSHA256Key(key.span)
            #expect(prepared.authenticate(message.span).hex == code)
            #expect(prepared.authenticate(message.span).hex == code, "the key survives its use")
        }
    }

    @Test func anEmptyKeyIsAKeyNotTheOneBefore() {
        let empty: [UInt8] = []
        let other = HMACSHA256.authenticate("m".utf8.span, key: "k".utf8.span)
        let code = HMACSHA256.authenticate(empty.span, key: empty.span)
        #expect(code.hex == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
        #expect(code != other)
    }

    @Test func oneKeyServesManyThreads() async {
        let key = HMACSHA256Key("key".utf8.span)
        let expected = (0..<50).map { key.authenticate("message \($0)") }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<32 {
                group.addTask { (0..<1000).allSatisfy { key.authenticate("message \($0 % 50)") == expected[$0 % 50] } }
            }
            for await isSame in group { #expect(isSame) }
        }
    }
}

@Suite struct SecretTests {
    @Test func aSecretIsNeverShown() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])", "\(Mirror(reflecting: secret).children.map { $0 })"] {
            #expect(!text.contains("hunter2"), "\(text)")
        }
        #expect("\(secret)" == "<redacted>")
    }

    @Test func comparisonsLookAtAllBytes() {
        #expect(Secret("abc") == Secret("abc"))
        #expect(Secret("abc") != Secret("abd"))
        #expect(Secret("abc") != Secret("ab"))
        #expect(Secret("") == Secret([]))
        #expect(ConstantTime.equal("é", "é"))
        #expect(!ConstantTime.equal("é", "e\u{301}"), "the same to a reader, other bytes")
    }
}

@Suite struct EncodingTests {
    @Test func base64AgreesWithFoundation() {
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64.encode(bytes) == Data(bytes).base64EncodedString())
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
            let url = Base64URL.encode(bytes)
            #expect(url.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
            #expect(Base64URL.decode(url.utf8) == bytes)
        }
    }

    /// RFC 7515 appendix C.
    @Test func base64URLHasItsOwnAlphabetAndNoPadding() {
        #expect(Base64URL.encode([3, 236, 255, 224, 193]) == "A-z_4ME")
        #expect(Base64URL.decode("A-z_4ME".utf8) == [3, 236, 255, 224, 193])
        for text in ["A", "A-z_4ME=", "A+z/4ME", "A-z_4MF", "A-z_ 4ME", "A-z_4ME\n", "A-z_4M\u{0}", "Ä"] {
            #expect(Base64URL.decode(text.utf8) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        "A", "AA", "AAA", "====", "A===", "AB==", "AAB=", "AAAA=", "A=AA", "AA=A", "AA==AAAA", "AA A", "AAA\n", "AA-_", "ÄAA",
    ])
    func whatIsNoBase64IsRefused(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["a", "0g", "0x", " 00", "é0"])
    func whatIsNoHexIsRefused(_ text: String) {
        #expect(Hex.decode(text) == nil)
    }
}
