import Testing
import Uploads

@testable import Settings

@Suite struct QuantityTests {
    @Test(
        arguments: [
            ("5242880", 5_242_880), ("5 MiB", 5 << 20), ("5MiB", 5 << 20), ("5 mib", 5 << 20), ("10 MB", 10_000_000), ("1 KB", 1000),
            ("1 KiB", 1024),
            ("2 GiB", 2 << 30), ("0", 0), ("7 B", 7),
        ] as [(String, Int64)])
    func `sizes`(text: String, bytes: Int64) throws {
        #expect(try Quantity.bytes(text) == bytes)
    }

    @Test(arguments: ["", "MiB", "-5", "1.5 GiB", "5 M", "5 MiBs", "5 5", "1e3", "99999999999 GiB", "٥", "0x10", "5,000", "+5"])
    func `what is no size is refused`(text: String) {
        #expect(throws: InvalidValue.self) { try Quantity.bytes(text) }
    }

    @Test(arguments: [("900", 900), ("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604_800), ("15 m", 900)])
    func `times`(text: String, seconds: Int) throws {
        #expect(try Quantity.seconds(text) == seconds)
    }

    @Test(arguments: ["", "m", "15 minutes", "1.5h", "-1m", "1h30m", "9223372036854775807d", "PT15M"])
    func `what is no time is refused`(text: String) {
        #expect(throws: InvalidValue.self) { try Quantity.seconds(text) }
    }
}
