import Testing

@testable import countersign

@Suite struct QuantityTests {
    @Test(arguments: [("1", 1), ("900", 900), ("15m", 900), ("1h30m", 5400), ("7d", 604_800), ("1d1h1m1s", 90_061), ("0h5m", 300)])
    func readsDurations(_ text: String, _ seconds: Int) throws {
        #expect(try DurationArgument.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "m", "15 m", "1m1h", "1m1m", "-5", "1.5h", "15M", "٣m", "99999999999999999999", "99999999999999999d", "604801", "0",
    ])
    func refusesDurations(_ text: String) {
        #expect(throws: (any Error).self) { try DurationArgument.seconds(text) }
    }

    @Test(
        arguments: [
            ("0", 0), ("482113", 482_113), ("482113B", 482_113), ("10kB", 10_000), ("10KB", 10_000), ("5MiB", 5 << 20), ("5GiB", 5 << 30),
            ("1TB", 1_000_000_000_000),
        ] as [(String, Int64)])
    func readsSizes(_ text: String, _ bytes: Int64) throws {
        #expect(try SizeArgument.bytes(text) == bytes)
    }

    @Test(arguments: ["", "MB", "1.5MB", "-1", "5 MB", "5M", "9999999999TiB", "٣"])
    func refusesSizes(_ text: String) {
        #expect(throws: (any Error).self) { try SizeArgument.bytes(text) }
    }

    @Test(
        arguments: [
            (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB"), (482_113, "470.8 KiB"), (5 << 30, "5 GiB"),
            (.max, "8 EiB"),
        ] as [(Int64, String)])
    func writesSizes(_ bytes: Int64, _ text: String) {
        #expect(SizeArgument.readable(bytes) == text)
    }

    @Test(arguments: [(0, "0 seconds"), (61, "1 minute 1 second"), (900, "15 minutes"), (90_061, "1 day 1 hour")] as [(Int64, String)])
    func writesDurations(_ seconds: Int64, _ text: String) {
        #expect(DurationText.readable(seconds) == text)
    }

    @Test(
        arguments: [
            ("s3://b", "b", nil), ("s3://b/", "b", nil), ("S3://b/k", "b", "k"), ("s3://b//k", "b", "/k"),
            ("s3://b/a%20b?c#d", "b", "a%20b?c#d"),
            ("s3://b/\u{301}x", "b", "\u{301}x"), ("s3://b/a/../b", "b", "a/../b"),
        ] as [(String, String, String?)])
    func readsS3URLs(_ text: String, _ bucket: String, _ key: String?) throws {
        let url = try S3URL(text)
        #expect(url.bucket == bucket)
        #expect(url.key.map { Array($0.utf8) } == key.map { Array($0.utf8) })
    }

    @Test(arguments: [("a: b", "a", "b"), ("a:b:c", "a", "b:c"), ("a:", "a", ""), ("a: \t b \t", "a", "b"), ("a:\u{301}", "a", "\u{301}")])
    func readsHeaders(_ text: String, _ name: String, _ value: String) throws {
        let header = try HeaderArgument(text)
        #expect(header.name == name)
        #expect(Array(header.value.utf8) == Array(value.utf8))
    }

    @Test func guessesContentTypes() {
        #expect(ContentTypeGuess.type(ofFile: "a/b/Cat.JPG") == "image/jpeg")
        #expect(ContentTypeGuess.type(ofFile: "a.tar.gz") == "application/gzip")
        for name in ["README", ".png", "a.b/c", "a.", "", "a.exe"] {
            #expect(ContentTypeGuess.type(ofFile: name) == "application/octet-stream")
        }
    }

    @Test func drawsProgress() {
        #expect(
            ProgressBar.line(sentBytes: 1 << 20, totalBytes: 4 << 20, elapsed: .seconds(2))
                == "[======                  ] 25%  1 MiB of 4 MiB  512 KiB/s")
        #expect(ProgressBar.line(sentBytes: 0, totalBytes: 0, elapsed: .zero) == "[========================] 100%  0 bytes of 0 bytes")
    }
}
