/// A value and where it was written.
public struct Located<Value: Sendable>: Sendable {
    public let value: Value
    /// Offsets into the document's bytes.
    public let range: Range<Int>

    public init(_ value: Value, range: Range<Int>) {
        self.value = value
        self.range = range
    }
}

extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
