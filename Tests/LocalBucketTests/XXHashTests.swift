import Libcrypto
import Testing

@testable import LocalBucket

/// Hashes of messages of every kind of length, as the AWS SDK's common runtime computes them.
@Suite struct XXHashTests {
    /// Length, XXH64, XXH3 of 64 bits, XXH3 of 128 bits.
    private static let known = [
        (0, "ef46db3751d8e999", "2d06800538d394c2", "99aa06d3014798d86001c324468d497f"),
        (1, "a96c7f0ce858bbb7", "4c5cca45d0f4811f", "495b62073ef70ca44c5cca45d0f4811f"),
        (3, "bed43740ee6332bb", "6e3e2670e61106ac", "390cdc5b4a895dd76e3e2670e61106ac"),
        (4, "fa212ae44b3bb23d", "5c4c63133443d03f", "aa6e2f274640a3f43d668af6f2a44d77"),
        (8, "994b676b71ce94dd", "f9fd4dd0b04d78f5", "6a86a3bda6af4e3d61ddbe7f31a6100d"),
        (9, "572b84c18b983af8", "7c20df9712c26edf", "664c7ca18afd62558c7b67fd458a936b"),
        (16, "94ad0095e72b24d5", "86abf6baccea0858", "7f9a218b0425449ae2ce54a7c19c730d"),
        (17, "1464f2eff23b5fe1", "b58bf5dc5022d071", "66fc23f6439dbd778d96ef110fcdebb4"),
        (128, "0430e433b792e757", "10d17f72c0ccba41", "aec730751478556cff361dec1385710a"),
        (129, "1f9708e5a00618fa", "1648bdc3db49d1a2", "98cd36ccbb5579264545b3a09738e31a"),
        (240, "ca0b65cc61295ca7", "b6cfaf343fab81e6", "5293e17bf553903d3f2c53e72293711f"),
        (241, "0ffefe0dfc875cf4", "956cae592c67279e", "b53840fe3fedf161956cae592c67279e"),
        (1024, "a8e500272fe4ca66", "ea76dda06d735ac5", "df45c3bd75acec8cea76dda06d735ac5"),
        (1025, "f0e220067569ad79", "badeb1907fb9a31e", "aa3e7bd7062a0570badeb1907fb9a31e"),
        (2049, "088db061eaaca944", "bfee2c141c795d42", "a6071bc95c06bfd9bfee2c141c795d42"),
        (5000, "0673c4df4d381d56", "c0b4576d0b4c5d5a", "27a0d54956f82afec0b4576d0b4c5d5a"),
    ]

    @Test(arguments: known)
    func anyCutOfAMessage(length: Int, hash64: String, hash3: String, hash128: String) {
        let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 131 + ($0 >> 8) + 7) }
        for piece in [1, 7, 31, 32, 63, 64, 65, 1000, 1024, 10_000] {
            var hashes: [any RunningChecksum] = [XXHash64(), XXHash3(bits: 64), XXHash3(bits: 128)]
            for start in stride(from: 0, to: length, by: piece) {
                let bytes = Array(message[start..<min(start + piece, length)])
                for index in hashes.indices { hashes[index].update(bytes.span) }
            }
            #expect(hashes.map { Hex.encode($0.finish()) } == [hash64, hash3, hash128], "pieces of \(piece)")
        }
    }
}
