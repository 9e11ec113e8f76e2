import SigV4

/// The date of HTTP headers, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    static func format(_ time: SigningTime) -> String {
        let seconds = time.secondsSinceEpoch
        let dayNumber = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let weekday = self.days[Int((dayNumber % 7 + 7) % 7)]
        // 20130524T000000Z
        let basic = Array(time.iso8601Basic.utf8)
        let digits = { (range: Range<Int>) in String(decoding: basic[range], as: UTF8.self) }
        let month = self.months[(Int(digits(4..<6)) ?? 1) - 1]
        return "\(weekday), \(digits(6..<8)) \(month) \(digits(0..<4)) \(digits(9..<11)):\(digits(11..<13)):\(digits(13..<15)) GMT"
    }

    /// Reads the preferred format only; a condition with another one is ignored, as RFC 9110 allows.
    static func parse(_ text: String) -> SigningTime? {
        let bytes = Array(text.utf8)
        guard bytes.count == 29, text.hasSuffix(" GMT"), bytes[3] == UInt8(ascii: ",") else { return nil }
        let slice = { (range: Range<Int>) in String(decoding: bytes[range], as: UTF8.self) }
        guard let month = self.months.firstIndex(of: slice(8..<11)) else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        let clock = slice(17..<19) + slice(20..<22) + slice(23..<25)
        return SigningTime(iso8601Basic: "\(slice(12..<16))\(number)\(slice(5..<7))T\(clock)Z")
    }
}
