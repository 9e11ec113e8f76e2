import Testing

@testable import S3Policy

/// How the texts of numbers, dates and addresses are read.
@Suite("Values")
struct ValueTests {
    // MARK: Numbers

    @Test("Numbers are ordered by what they are worth")
    func numberOrder() throws {
        let ascending = [
            "-1e11", "-123456789.5", "-10", "-9.99", "-9", "-1", "-0.01", "-0.001", "-1e-2147483648", "0", "1e-30", "0.0009", "0.001",
            "0.0099", "0.01", "0.1", "0.99", "1", "1.0000000001", "9", "9.99", "10", "99", "1e2", "100.5", "123456789012345678901234567890",
            "1e2147483647",
        ]
        let numbers = try ascending.map { try #require(PolicyNumber($0), "\($0)") }
        for (index, left) in numbers.enumerated() {
            for (other, right) in numbers.enumerated() {
                #expect((left < right) == (index < other), "\(ascending[index]) and \(ascending[other])")
                #expect((left == right) == (index == other), "\(ascending[index]) and \(ascending[other])")
            }
        }
    }

    @Test(
        "One number can be written in many ways",
        arguments: [
            ["0", "-0", "+0", "0.0", "00", "0e5", ".0", "0."], ["1", "1.", "1.0", "01", "+1", "1e0", "10e-1", "0.1e1", ".1E+1", "1e-0"],
            ["-120", "-1.2e2", "-120.00", "-0120", "-12e1", "-1200E-1"], ["0.005", ".005", "5e-3", "0.5e-2", "0.00500"],
        ])
    func equalNumbers(texts: [String]) throws {
        let numbers = try texts.map { try #require(PolicyNumber($0), "\($0)") }
        #expect(Set(numbers).count == 1)
    }

    @Test(
        "What is no number",
        arguments: [
            "", ".", "+", "-", "e1", "1e", "1e+", "1e1.5", "1 ", " 1", "1.2.3", "0x1", "1_000", "--1", "+-1", "1e2147483648", "NaN", "1,5",
            "１", "/", ":", "1e--1", "1d1",
        ])
    func noNumbers(text: String) {
        #expect(PolicyNumber(text) == nil)
    }

    @Test(
        "There is a number between two others, and one beside each",
        arguments: [
            ("0", "1"), ("1", "1.0000000001"), ("-1", "1"), ("-1", "0"), ("-2", "-1.9"), ("0", "1e-2147483648"), ("9.99", "10"),
            ("1e2147483646", "1e2147483647"), ("0.1", "0.11"), ("123456", "1234567"),
        ])
    func neighbours(low: String, high: String) throws {
        let (low, high) = (try #require(PolicyNumber(low)), try #require(PolicyNumber(high)))
        let between = PolicyNumber.between(low, high)
        #expect(low < between && between < high)
        #expect(low.lower < low && high < high.higher && low < low.higher && high.lower < high)
        for number in [low, high, between, low.lower, high.higher] { #expect(PolicyNumber(number.description) == number, "\(number)") }
    }

    // MARK: Dates

    @Test(
        "Dates as seconds since 1970",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01", 0), ("1970-01", 0), ("1970", 0), ("0", 0), ("-0", 0), ("1970-01-01T00:00Z", 0),
            ("1970-01-01t00:00:00z", 0), ("1970-01-01T00", 0), ("1970-01-01T01:30:00+01:30", 0), ("1969-12-31T22:29:00-01:31", 0),
            ("1970-01-01T00:00:00.0009Z", 0), ("0.0009", 0), ("1970-01-02", 86400), ("1970-02-01", 2_678_400),
            ("2000-02-29T00:00:00Z", 951_782_400), ("2100-03-01", 4_107_542_400), ("1600-02-29T12:34:56Z", -11_670_953_104),
            ("0001-01-01", -62_135_596_800), ("9999-12-31T23:59:59Z", 253_402_300_799), ("1900-03-01", -2_203_891_200),
            ("2024-12-31T23:59:59Z", 1_735_689_599), ("1735689599", 1_735_689_599), ("+1735689599", 1_735_689_599),
            ("-2203891200", -2_203_891_200), ("2024-02-29", 1_709_164_800), ("1709164800.000", 1_709_164_800), ("1234.0", 1234),
            ("12345", 12345), ("123", 123),
        ])
    func seconds(text: String, seconds: Int) {
        #expect(PolicyDate(text)?.millisecondsSinceEpoch == Int64(seconds) * 1000)
    }

    @Test(
        "Fractions of seconds count to the millisecond",
        arguments: [
            ("1970-01-01T00:00:00.5Z", 500), ("1970-01-01T00:00:00.0129Z", 12), ("0.25", 250), ("1.001", 1001), ("-0.001", -1),
            ("-1.5", -1500), ("1969-12-31T23:59:59.999Z", -1),
        ])
    func milliseconds(text: String, milliseconds: Int) throws {
        let date = try #require(PolicyDate(text))
        #expect(date.millisecondsSinceEpoch == Int64(milliseconds))
        #expect(PolicyDate(date.description) == date)
    }

    @Test(
        "What is no date",
        arguments: [
            "", "-", "5.", ".5", "1.5.5", "1.x", "12345678901234567890", "1125899906842624", "-1125899906842624", "2023-02-29",
            "2100-02-29",
            "2024-02-30", "2024-04-31", "2024-06-31", "2024-09-31", "2024-11-31", "2024-01-32", "2024-13-01", "2024-00-01", "2024-01-00",
            "24-01-01", "2024-1-1", "2024-01-1", "2024-01-01T24:00:00Z", "2024-01-01T23:60:00Z", "2024-01-01T23:59:60Z",
            "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+00:60", "2024-01-01T00:00:00+0000",
            "2024-01-01T00:00:00Zx", "2024-01-01 00:00:00Z", "2024-01-01T", "2024-01-01T0", "2024-01-01T00:0", "2024-01-01x", "2024-",
            "2024-01-", "now",
        ])
    func noDates(text: String) {
        #expect(PolicyDate(text) == nil)
    }

    @Test("The last days of all months", arguments: [(2023, 28), (2024, 29), (1900, 28), (2000, 29)])
    func months(year: Int, february: Int) {
        let days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for (month, last) in days.enumerated() {
            let prefix = "\(year)-\(month < 9 ? "0" : "")\(month + 1)-"
            #expect(PolicyDate("\(prefix)\(last)") != nil && PolicyDate("\(prefix)\(last + 1)") == nil)
            let next = month < 11 ? "\(year)-\(month < 8 ? "0" : "")\(month + 2)-01" : "\(year + 1)-01-01"
            let first = PolicyDate(next)?.millisecondsSinceEpoch ?? 0
            #expect(PolicyDate("\(prefix)\(last)")?.millisecondsSinceEpoch == first - 86_400_000)
        }
    }

    @Test(
        "The first and the last moment",
        arguments: [PolicyDate.range.lowerBound, PolicyDate.range.upperBound, -62_167_219_200_001, 253_402_300_800_000])
    func extremes(milliseconds: Int64) {
        let date = PolicyDate(millisecondsSinceEpoch: milliseconds)
        #expect(PolicyDate(date.description) == date)
    }

    // MARK: Addresses

    @Test(
        "Addresses as numbers",
        arguments: [
            ("0.0.0.0", 0), ("255.255.255.255", 0xFFFF_FFFF), ("1.2.3.4", 0x0102_0304), ("010.000.000.009", 0x0A00_0009), ("::", 0),
            ("::1", 1), ("1::", 1 << 112), ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004_0005_0006_0007_0008),
            ("1:2:3::6:7:8", 0x0001_0002_0003_0000_0000_0006_0007_0008), ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004_0005_0006_0007_0000),
            ("::2:3:4:5:6:7:8", 0x0000_0002_0003_0004_0005_0006_0007_0008), ("ABCD::ef01", 0xABCD << 112 | 0xEF01),
            ("::ffff:1.2.3.4", 0xFFFF_0102_0304), ("0:0:0:0:0:ffff:1.2.3.4", 0xFFFF_0102_0304), ("::ffff:0102:0304", 0xFFFF_0102_0304),
        ] as [(String, UInt128)])
    func addresses(text: String, bits: UInt128) throws {
        let address = try #require(IPAddress(text))
        #expect(address.bits == bits)
        #expect(address.version == (text.contains(":") ? .v6 : .v4))
        #expect(IPAddress(address.description) == address)
        #expect(address.isMapped == text.contains("ffff:"))
    }

    @Test(
        "What is no address",
        arguments: [
            "", ".", ":", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.256", "+1.2.3.4", "1.2.3.-4", "1..3.4", "1.2.3.", ".1.2.3.4",
            "1.2.3.4.", "1.2..3.4", "0x1.2.3.4",
            "1.2.3.4 ",
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "1::2::3", "12345::", "g::", "+1::", "-1::", "1:2:3:4:5:6:7:8::",
            "::1.2.3.4", "1.2.3.4::", "::ffff:1.2.3", "::ffff:1.2.3.256", "1.2.3.4:5::", "00001::", "a", "::::",
        ])
    func noAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "The first and the last address of a network, and those beside them",
        arguments: [
            ("10.1.2.3/16", "10.1.0.0", "10.1.255.255", "10.0.255.255", "10.2.0.0"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.3", "10.1.2.2", "10.1.2.4"),
            ("10.1.2.3/31", "10.1.2.2", "10.1.2.3", "10.1.2.1", "10.1.2.4"), ("0.0.0.0/1", "0.0.0.0", "127.255.255.255", "::", "128.0.0.0"),
            ("1.2.3.4/0", "0.0.0.0", "255.255.255.255", "::", "::1.2.3.4"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0.0.0.0", "x"),
            (
                "2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001:db9::"
            ),
            ("2001:db8::1/128", "2001:db8::1", "2001:db8::1", "2001:db8::", "2001:db8::2"),
        ])
    func networks(text: String, first: String, last: String, before: String, after: String) throws {
        let network = try #require(IPNetwork(text))
        for inside in [first, last] { #expect(network.contains(try #require(IPAddress(inside))), "\(inside)") }
        for outside in [before, after] { #expect(IPAddress(outside).map(network.contains) != true, "\(outside)") }
        #expect(network.masked.contains(try #require(IPAddress(first))) && !network.masked.hasHostBits)
        #expect(network.masked.bounds == network.bounds)
    }

    @Test(
        "What is no network",
        arguments: ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "/8", "::/129", "10.0.0.0/a", "10.0.0.0 /8", "10.0.0/8"])
    func noNetworks(text: String) {
        #expect(IPNetwork(text) == nil)
    }
}
