import Libcrypto
import Testing

@Suite struct AESGCMTests {
    /// Test cases 13, 14 and 16 of "The Galois/Counter Mode of Operation (GCM)" by McGrew and Viega, appendix B, those with keys of 256 bits.
    @Test(arguments: [
        ("00", 32, "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
        (
            "00", 32, "000000000000000000000000", "", "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
            "d0d1c8a799996bf0265b98b5d48ab919"
        ),
        (
            "feffe9928665731c6d6a8f9467308308", 2, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ])
    func publishedValues(
        keyPart: String, times: Int, nonce: String, additional: String, message: String, ciphertext: String, tag: String
    ) throws {
        let key = try #require(SHA256Digest(hex: String(repeating: keyPart, count: times)))
        let bytes = try [nonce, additional, message, ciphertext + tag].map { try #require(Hex.decode($0)) }
        #expect(AESGCM.seal(bytes[2], key: key, nonce: bytes[0], additional: bytes[1]) == bytes[3])
        #expect(AESGCM.open(bytes[3], key: key, nonce: bytes[0], additional: bytes[1]) == bytes[2])
    }

    @Test func everyChangeIsNoticed() {
        let (key, nonce, additional) = (SHA256.hash("key"), [UInt8](repeating: 7, count: 12), Array("label".utf8))
        let message = Array("a message of more than one block".utf8)
        let sealed = AESGCM.seal(message, key: key, nonce: nonce, additional: additional)
        #expect(AESGCM.open(sealed, key: key, nonce: nonce, additional: additional) == message)
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(AESGCM.open(changed, key: key, nonce: nonce, additional: additional) == nil)
        }
        for length in 0..<sealed.count {
            #expect(AESGCM.open(Array(sealed.prefix(length)), key: key, nonce: nonce, additional: additional) == nil)
        }
        #expect(AESGCM.open(sealed, key: SHA256.hash("other"), nonce: nonce, additional: additional) == nil)
        #expect(AESGCM.open(sealed, key: key, nonce: [8] + nonce.dropFirst(), additional: additional) == nil)
        #expect(AESGCM.open(sealed, key: key, nonce: nonce, additional: []) == nil)
    }
}
