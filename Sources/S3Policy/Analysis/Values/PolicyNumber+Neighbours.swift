extension PolicyNumber {
    /// A number between two others, of which the first is the lesser.
    static func between(_ left: PolicyNumber, _ right: PolicyNumber) -> PolicyNumber {
        let zero = PolicyNumber(0)
        if left < zero, zero < right { return zero }
        if left < zero { return Self.between(right.negated, left.negated).negated }
        guard left != zero else { return PolicyNumber(isNegative: false, digits: [1], exponent: right.exponent - 1) }
        // So little more than the lesser that it stays below the greater, however many digits that has.
        let length = max(left.digits.count, right.digits.count)
        let zeros = Array(repeating: UInt8(0), count: length - left.digits.count)
        return PolicyNumber(isNegative: false, digits: left.digits + zeros + [1], exponent: left.exponent)
    }

    /// A lesser number.
    var lower: PolicyNumber { self.negated.higher.negated }

    /// A greater number.
    var higher: PolicyNumber {
        if self < PolicyNumber(0) { return PolicyNumber(0) }
        let isSmall = (0...6).contains(self.exponent)
        if isSmall, let whole = Int(self.wholeText) { return PolicyNumber(whole + 1) }
        return PolicyNumber(isNegative: false, digits: [1], exponent: self.exponent + 1)
    }

    private init(isNegative: Bool, digits: [UInt8], exponent: Int) {
        self.isNegative = isNegative
        self.digits = digits
        self.exponent = exponent
    }

    private var negated: PolicyNumber {
        PolicyNumber(isNegative: !self.isNegative && !self.digits.isEmpty, digits: self.digits, exponent: self.exponent)
    }

    /// The digits before the point, of a number whose exponent is not negative.
    private var wholeText: String {
        let padded = self.digits + Array(repeating: 0, count: max(0, self.exponent - self.digits.count))
        return "0" + padded.prefix(self.exponent).map { String($0) }.joined()
    }
}

extension PolicyNumber: CustomStringConvertible {
    /// The number as a decimal fraction; with an exponent where that would be long.
    public var description: String {
        guard !self.digits.isEmpty else { return "0" }
        let sign = self.isNegative ? "-" : ""
        let text = self.digits.map { String($0) }.joined()
        switch self.exponent {
        case 1...30 where self.exponent >= self.digits.count:
            return sign + text + String(repeating: "0", count: self.exponent - self.digits.count)
        case 1...30:
            return sign + text.prefix(self.exponent) + "." + text.dropFirst(self.exponent)
        case -30...0:
            return sign + "0." + String(repeating: "0", count: -self.exponent) + text
        case Int(Int32.min)...Int(Int32.max):
            return "\(sign)0.\(text)e\(self.exponent)"
        case Int(Int32.max)...:
            let power = min(self.exponent - text.utf8.count, Int(Int32.max))
            return sign + text + String(repeating: "0", count: self.exponent - text.utf8.count - power) + "e\(power)"
        default:
            return sign + "0." + String(repeating: "0", count: Int(Int32.min) - self.exponent) + text + "e\(Int32.min)"
        }
    }
}
