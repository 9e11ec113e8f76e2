/// A moment in whole seconds UTC, the resolution of SigV4.
public struct SigningTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
    public let secondsSinceEpoch: Int64

    /// Takes seconds since 1970-01-01T00:00:00Z. Years outside 0…9999 have no text form, so they are clamped.
    public init(secondsSinceEpoch: Int64) {
        self.secondsSinceEpoch = min(max(secondsSinceEpoch, -62_167_219_200), 253_402_300_799)
    }

    /// Parses the form of `X-Amz-Date`, `20130524T000000Z`; a time that does not exist is `nil`.
    public init?(iso8601Basic text: String) {
        let bytes = text.utf8.span
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        self.init(bytes, at: (0, 4, 6, 9, 11, 13))
    }

    /// Parses the form of a POST policy's expiration, `2013-05-24T00:00:00Z`, with or without a fraction of a second,
    /// which is dropped. S3 takes neither an offset nor a blank for the `T`.
    public init?(iso8601 text: String) {
        let bytes = text.utf8.span
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"), bytes[bytes.count - 1] == UInt8(ascii: "Z")
        else { return nil }
        if bytes.count > 20 {
            guard bytes.count > 21, bytes[19] == UInt8(ascii: ".") else { return nil }
            for index in 20..<(bytes.count - 1) where !(0x30...0x39).contains(bytes[index]) { return nil }
        }
        self.init(bytes, at: (0, 5, 8, 11, 14, 17))
    }

    private init?(_ bytes: Span<UInt8>, at starts: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int)) {
        func number(at start: Int, digits: Int) -> Int? {
            var value = 0
            for index in start..<(start + digits) {
                guard (0x30...0x39).contains(bytes[index]) else { return nil }
                value = value * 10 + Int(bytes[index] - 0x30)
            }
            return value
        }
        guard let year = number(at: starts.year, digits: 4), let month = number(at: starts.month, digits: 2),
            let day = number(at: starts.day, digits: 2), let hour = number(at: starts.hour, digits: 2),
            let minute = number(at: starts.minute, digits: 2), let second = number(at: starts.second, digits: 2),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let days = SigningTime.days(year: year, month: month, day: day)
        self.init(secondsSinceEpoch: Int64(days * 86400 + hour * 3600 + minute * 60 + second))
        guard civil == (year, month, day) else { return nil }
    }

    public static func < (left: SigningTime, right: SigningTime) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }

    /// This moment and some seconds more, or fewer where negative.
    public func adding(seconds: Int64) -> SigningTime {
        let (sum, overflow) = secondsSinceEpoch.addingReportingOverflow(seconds)
        return SigningTime(secondsSinceEpoch: overflow ? (seconds > 0 ? .max : .min) : sum)
    }

    /// The form of `X-Amz-Date`: `20130524T000000Z`.
    public var iso8601Basic: String {
        text { buffer in
            appendDateStamp(to: &buffer)
            appendClock(to: &buffer)
        }
    }

    /// RFC 3339 in UTC: `2013-05-24T00:00:00Z`.
    public var iso8601: String {
        text { buffer in
            let (year, month, day) = civil
            buffer.append(year, digits: 4)
            for part in [month, day] {
                buffer.append(UInt8(ascii: "-"))
                buffer.append(part, digits: 2)
            }
            for (mark, part) in zip("T::".utf8, [clock.hour, clock.minute, clock.second]) {
                buffer.append(mark)
                buffer.append(part, digits: 2)
            }
            buffer.append(UInt8(ascii: "Z"))
        }
    }

    /// The day of the credential scope: `20130524`.
    public var dateStamp: String { text { appendDateStamp(to: &$0) } }

    public var description: String { iso8601 }

    /// Whether a scope's `yyyymmdd` is this moment's day.
    public func isOn(date: String) -> Bool {
        let (year, month, day) = civil
        return date.utf8.count == 8 && HeaderRules.number(date) == Int64((year * 100 + month) * 100 + day)
    }

    /// The calendar day in UTC.
    public var civil: (year: Int, month: Int, day: Int) {
        // Days since 0000-03-01 in 400-year eras, so that the leap day ends the year.
        let days = Int(dayNumber) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// Days since 1970-01-01.
    var dayNumber: Int64 {
        (secondsSinceEpoch - Int64(secondOfDay)) / 86400
    }

    private var secondOfDay: Int {
        let remainder = Int(secondsSinceEpoch % 86400)
        return remainder < 0 ? remainder + 86400 : remainder
    }

    private var clock: (hour: Int, minute: Int, second: Int) {
        (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
    }

    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private func text(_ write: (inout GrowingBytes) -> Void) -> String {
        var buffer = GrowingBytes(capacity: 20)
        write(&buffer)
        return buffer.text()
    }

    func appendDateStamp(to buffer: inout GrowingBytes) {
        let (year, month, day) = civil
        buffer.append((year * 100 + month) * 100 + day, digits: 8)
    }

    @inline(__always)
    func appendClock(to buffer: inout GrowingBytes) {
        let (hour, minute, second) = clock
        buffer.append(UInt8(ascii: "T"))
        buffer.append(hour, digits: 2)
        buffer.append(minute, digits: 2)
        buffer.append(second, digits: 2)
        buffer.append(UInt8(ascii: "Z"))
    }
}
