internal import Uploads

/// Reads the quantities that people write with a unit.
enum Quantity {
    /// A size in bytes: `5242880`, `5 MiB`, `10 MB`.
    static func bytes(_ text: String) throws(InvalidValue) -> Int64 {
        let factors: [String: Int64] = [
            "": 1, "b": 1, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
            "tb": 1_000_000_000_000, "tib": 1 << 40,
        ]
        guard let value = product(text, factors) else {
            throw InvalidValue(
                "\"\(text)\" is not a size; write bytes, such as 5242880, or a whole number with KiB, MiB, GiB, TiB, KB, MB, GB or TB, such as 5 MiB"
            )
        }
        return value
    }

    /// A time in seconds: `900`, `90s`, `15m`, `1h`, `7d`.
    static func seconds(_ text: String) throws(InvalidValue) -> Int {
        guard let value = product(text, ["": 1, "s": 1, "m": 60, "h": 3600, "d": 86400]), let seconds = Int(exactly: value) else {
            throw InvalidValue("\"\(text)\" is not a time; write seconds, such as 900, or a whole number with s, m, h or d, such as 15m")
        }
        return seconds
    }

    private static func product(_ text: String, _ factors: [String: Int64]) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...].drop { $0 == " " }
        guard let number = Int64(digits), let factor = factors[unit.lowercased()] else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : value
    }
}
