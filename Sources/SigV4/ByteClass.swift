/// What a byte is to the writers of a signature, looked up rather than worked out: these loops see every byte of a request.
struct ByteClass: OptionSet {
    let rawValue: UInt8

    /// Percent-encoded wherever it stands.
    static let reserved = ByteClass(rawValue: 1)
    /// `/`, which stays in a path and is encoded in a query.
    static let slash = ByteClass(rawValue: 2)
    /// Neither letter nor digit nor hyphen: not seen in the names of headers, though some of these can be.
    static let unusualInName = ByteClass(rawValue: 4)
    /// Neither visible ASCII nor a blank: not seen in the values of headers, though some of these can be.
    static let unusualInValue = ByteClass(rawValue: 8)
    /// Blank or tab.
    static let blank = ByteClass(rawValue: 16)
    /// A to Z. Its raw value is the distance to lower case.
    static let upperCase = ByteClass(rawValue: 32)

    @inline(__always)
    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    @inline(__always)
    init(of byte: UInt8) {
        rawValue = ByteClass.table[Int(byte)]
    }

    /// By byte, sixteen in a row.
    private static let table: InlineArray<256, UInt8> = [
        13, 13, 13, 13, 13, 13, 13, 13, 13, 29, 13, 13, 13, 13, 13, 13,
        13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
        21, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 4, 6,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 5,
        5, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32,
        32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 5, 5, 5, 5, 4,
        5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5, 5, 4, 13,
        13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
        13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
        13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
        13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
        13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
        13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
        13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
        13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13, 13,
    ]
}
