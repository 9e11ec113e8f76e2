/// A moment to the millisecond, as AWS reads it: ISO 8601 in the W3C's profile, or seconds since 1970.
///
/// Source: <https://www.w3.org/TR/NOTE-datetime>.
public struct PolicyDate: Sendable, Comparable, Hashable {
    /// Milliseconds since 1970-01-01T00:00:00Z; what is finer is cut off.
    public let millisecondsSinceEpoch: Int64

    public init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// - Returns: nil when the text is no date.
    public init?(_ text: String) {
        guard let milliseconds = Self.epoch(text) ?? Self.iso8601(text) else { return nil }
        self.millisecondsSinceEpoch = milliseconds
    }

    /// Midnight in UTC of a day written as `YYYY-MM-DD`, and in no other way.
    ///
    /// - Returns: nil when there is no such day.
    public static func midnight(ofDay day: String) -> PolicyDate? {
        let bytes = Array(day.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        return PolicyDate(day)
    }

    /// Whether the text tells the date as seconds since 1970.
    public static func isEpoch(_ text: String) -> Bool { self.epoch(text) != nil }

    public static func < (left: PolicyDate, right: PolicyDate) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }

    /// Four digits alone are a year.
    private static func epoch(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, whole.utf8.count != 4 || parts.count == 2, let seconds = Int64(whole), seconds.magnitude < 1 << 50
        else {
            return nil
        }
        guard parts.count == 2 else { return seconds * 1000 }
        guard let fraction = self.milliseconds(parts[1]) else { return nil }
        return seconds * 1000 + (whole.hasPrefix("-") ? -fraction : fraction)
    }

    private static func milliseconds(_ fraction: Substring) -> Int64? {
        guard !fraction.isEmpty, fraction.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64((fraction + "000").prefix(3))
    }

    private static func iso8601(_ text: String) -> Int64? {
        var reader = DateReader(rest: Array(text.utf8)[...])
        guard let year = reader.number(digits: 4) else { return nil }
        var month = 1
        var day = 1
        if reader.skip("-") {
            guard let value = reader.number(digits: 2), (1...12).contains(value) else { return nil }
            month = value
            if reader.skip("-") {
                guard let value = reader.number(digits: 2), (1...self.dayCount(year, month)).contains(value) else { return nil }
                day = value
            }
        }
        let days = self.daysSinceEpoch(year, month, day)
        if reader.rest.isEmpty { return days * 86_400_000 }
        guard reader.skip("T") || reader.skip("t"), let time = reader.timeOfDay(), let offset = reader.offset(), reader.rest.isEmpty else {
            return nil
        }
        return days * 86_400_000 + time - offset
    }

    private static func dayCount(_ year: Int, _ month: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// By Howard Hinnant's days_from_civil, for years from 0.
    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return Int64(era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468)
    }
}

private struct DateReader {
    var rest: ArraySlice<UInt8>

    mutating func skip(_ letter: Unicode.Scalar) -> Bool {
        guard self.rest.first == UInt8(ascii: letter) else { return false }
        self.rest.removeFirst()
        return true
    }

    mutating func number(digits count: Int) -> Int? {
        let digits = self.rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        self.rest = self.rest.dropFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// In milliseconds; minutes, seconds and their fraction may be left out.
    mutating func timeOfDay() -> Int64? {
        guard let hour = self.number(digits: 2), hour < 24 else { return nil }
        guard self.skip(":") else { return Int64(hour) * 3_600_000 }
        guard let minute = self.number(digits: 2), minute < 60 else { return nil }
        var milliseconds = Int64(hour * 60 + minute) * 60_000
        guard self.skip(":") else { return milliseconds }
        guard let second = self.number(digits: 2), second < 60 else { return nil }
        milliseconds += Int64(second) * 1000
        guard self.skip(".") else { return milliseconds }
        let digits = self.rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty else { return nil }
        self.rest = self.rest.dropFirst(digits.count)
        let fraction = (Array(digits) + Array("000".utf8)).prefix(3).reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        return milliseconds + fraction
    }

    /// In milliseconds east of Greenwich; nothing is UTC.
    mutating func offset() -> Int64? {
        if self.rest.isEmpty || self.skip("Z") || self.skip("z") { return 0 }
        let isEast = self.rest.first == UInt8(ascii: "+")
        guard self.skip("+") || self.skip("-"), let hour = self.number(digits: 2), hour < 24, self.skip(":"),
            let minute = self.number(digits: 2),
            minute < 60
        else { return nil }
        return Int64(hour * 60 + minute) * (isEast ? 60_000 : -60_000)
    }
}
