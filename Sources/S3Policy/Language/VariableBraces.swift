/// Where the policy variables of a text close, found in one pass however many begin.
struct VariableBraces {
    private static let none = Int.max

    /// Whether an odd number of quotation marks stands before each place.
    private let isOdd: [Bool]
    /// The next closing brace from each place on: with an even number of quotation marks before it, with an odd one.
    private let next: (even: [Int], odd: [Int])

    init(_ bytes: [UInt8]) {
        var isOdd = [false]
        isOdd.reserveCapacity(bytes.count + 1)
        for byte in bytes { isOdd.append((byte == UInt8(ascii: "'")) != (isOdd.last == true)) }
        var even = Array(repeating: Self.none, count: bytes.count + 1)
        var odd = even
        for index in bytes.indices.reversed() {
            let isBrace = bytes[index] == UInt8(ascii: "}")
            even[index] = isBrace && !isOdd[index] ? index : even[index + 1]
            odd[index] = isBrace && isOdd[index] ? index : odd[index + 1]
        }
        self.isOdd = isOdd
        self.next = (even, odd)
    }

    /// The brace that closes a variable whose name starts at a place; one inside a quoted default does not.
    func close(from start: Int) -> Int? {
        let index = self.isOdd[start] ? self.next.odd[start] : self.next.even[start]
        return index == Self.none ? nil : index
    }

    /// The same, but where the quotation is never closed, the first brace.
    func closeAnyway(from start: Int) -> Int? {
        let index = min(self.next.even[start], self.next.odd[start])
        return self.close(from: start) ?? (index == Self.none ? nil : index)
    }
}
