/// A decimal number of any length, compared exactly.
public struct PolicyNumber: Sendable, Comparable, Hashable {
    let isNegative: Bool
    /// The digits without leading and trailing zeros; none for zero.
    let digits: [UInt8]
    /// The power of ten of the first digit, plus one: the number is 0.digits times ten to this power.
    let exponent: Int

    /// - Returns: nil when the text is no decimal number; an exponent fits 32 bits.
    public init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest.removeFirst()
        }
        let whole = Self.digits(&rest)
        var fraction: [UInt8] = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = Self.digits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty, let power = Self.exponent(&rest), rest.isEmpty else { return nil }
        let all = whole + fraction
        let leading = all.prefix { $0 == 0 }.count
        self.digits = Array(all.dropFirst(leading).reversed().drop { $0 == 0 }.reversed())
        self.exponent = self.digits.isEmpty ? 0 : whole.count - leading + power
        self.isNegative = isNegative && !self.digits.isEmpty
    }

    public init(_ value: Int) {
        guard let number = PolicyNumber(String(value)) else { preconditionFailure("An integer is a number.") }
        self = number
    }

    private static func digits(_ text: inout ArraySlice<UInt8>) -> [UInt8] {
        let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        text = text.dropFirst(digits.count)
        return digits.map { $0 - UInt8(ascii: "0") }
    }

    private static func exponent(_ text: inout ArraySlice<UInt8>) -> Int? {
        guard let letter = text.first, letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") else { return 0 }
        defer { text = [] }
        return Int32(String(decoding: text.dropFirst(), as: UTF8.self)).map(Int.init)
    }

    public static func < (left: PolicyNumber, right: PolicyNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.magnitudeIsLess(than: left) : left.magnitudeIsLess(than: right)
    }

    private func magnitudeIsLess(than other: PolicyNumber) -> Bool {
        if self.digits.isEmpty || other.digits.isEmpty { return self.digits.isEmpty && !other.digits.isEmpty }
        if self.exponent != other.exponent { return self.exponent < other.exponent }
        return self.digits.lexicographicallyPrecedes(other.digits)
    }
}
