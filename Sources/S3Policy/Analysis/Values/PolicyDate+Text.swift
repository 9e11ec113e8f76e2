extension PolicyDate: CustomStringConvertible {
    /// The milliseconds since 1970 that a text can tell.
    static let range: ClosedRange<Int64> = {
        let seconds = (Int64(1) << 50) - 1
        return (-seconds * 1000 - 999)...(seconds * 1000 + 999)
    }()

    /// The moment as ISO 8601 in UTC, for the years 0 to 9999; others as seconds since 1970.
    public var description: String {
        let day = Int64(86_400_000)
        let days = (self.millisecondsSinceEpoch - (self.millisecondsSinceEpoch < 0 ? day - 1 : 0)) / day
        let (year, month, dayOfMonth) = Self.civil(days)
        guard (0...9999).contains(year) else { return self.secondsText }
        let time = self.millisecondsSinceEpoch - days * day
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(dayOfMonth, 2))"
        let clock = [time / 3_600_000, time / 60_000 % 60, time / 1000 % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        let fraction = time % 1000 == 0 ? "" : "." + Self.padded(time % 1000, 3)
        return "\(date)T\(clock)\(fraction)Z"
    }

    private var secondsText: String {
        let magnitude = self.millisecondsSinceEpoch.magnitude
        let sign = self.millisecondsSinceEpoch < 0 ? "-" : ""
        return "\(sign)\(magnitude / 1000).\(Self.padded(Int64(magnitude % 1000), 3))"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// By Howard Hinnant's civil_from_days.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
