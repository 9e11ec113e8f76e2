import Foundation
import S3Policy
import Testing

/// Numbers, dates and addresses against the platform's own.
@Suite("Values beside the platform's")
struct ValueOracleTests {
    @Test("Decimal numbers order as Foundation's do")
    func numbers() throws {
        let texts = [
            "0", "-0", "1", "-1", "10", "1e1", "0.1", "1e-1", ".5", "5.", "-.5", "123.456", "123.4560", "1.23456e2", "12345600e-5",
            "0.000001",
            "1e-6", "99999999999999999999", "1e20", "-99999999999999999999", "+7", "007", "7e0", "7.000000000000000000001",
        ]
        for left in texts {
            for right in texts {
                let numbers = (try #require(PolicyNumber(left)), try #require(PolicyNumber(right)))
                let decimals = (try #require(Decimal(string: left)), try #require(Decimal(string: right)))
                #expect((numbers.0 < numbers.1) == (decimals.0 < decimals.1), "\(left) \(right)")
                #expect((numbers.0 == numbers.1) == (decimals.0 == decimals.1), "\(left) \(right)")
            }
        }
    }

    @Test("Dates are Foundation's, day by day over the ends of months and years")
    func dates() throws {
        let formatter = ISO8601DateFormatter()
        for start in ["1896-02-20", "1970-01-01", "1999-12-20", "2000-02-20", "2024-02-20", "2100-02-20"] {
            let first = try #require(formatter.date(from: start + "T00:00:00Z"))
            for day in 0..<30 {
                let date = first.addingTimeInterval(Double(day) * 86_400 + 3_723)
                let text = formatter.string(from: date)
                #expect(PolicyDate(text)?.millisecondsSinceEpoch == Int64(date.timeIntervalSince1970 * 1000), "\(text)")
            }
        }
    }

    @Test(
        "Addresses that every reader takes have the same bits",
        arguments: [
            "0.0.0.0", "255.255.255.255", "192.0.2.1", "::", "::1", "1::", "2001:db8::1", "2001:db8:1:2:3:4:5:6", "fe80::1:0:0:1",
            "::ffff:1.2.3.4",
            "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "ABCD:ef01::",
        ])
    func addresses(text: String) throws {
        let address = try #require(IPAddress(text))
        var bytes = [UInt8](repeating: 0, count: 16)
        let family = text.contains(":") ? AF_INET6 : AF_INET
        #expect(inet_pton(family, text, &bytes) == 1)
        let bits = bytes.prefix(family == AF_INET ? 4 : 16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        #expect(address.bits == bits)
    }

    @Test(
        "Addresses that neither takes",
        arguments: [
            "", ":", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "12345::", "g::", "1::2::3", "+1::",
            "-1.2.3.4", "::1.2.3.4.5",
        ])
    func nonsense(text: String) {
        #expect(IPAddress(text) == nil)
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(inet_pton(text.contains(":") ? AF_INET6 : AF_INET, text, &bytes) == 0)
    }
}
