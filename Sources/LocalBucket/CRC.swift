/// A reflected cyclic redundancy check, eight bytes a step ("slicing by eight").
///
/// The parameters of the three checks that S3 takes are those of the RevEng catalogue: all reflect input and output, and
/// start from and end with all bits inverted.
struct CRC<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private let tables: [Word]
    private var remainder = Word.max

    fileprivate init(tables: [Word]) {
        self.tables = tables
    }

    /// Eight tables of 256 entries: table `n` advances a byte by `n` further zero bytes.
    fileprivate static func makeTables(reversedPolynomial: Word) -> [Word] {
        var tables = [Word](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            tables[byte] = (0..<8).reduce(Word(byte)) { value, _ in value & 1 == 1 ? (value >> 1) ^ reversedPolynomial : value >> 1 }
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = (previous >> 8) ^ tables[Int(truncatingIfNeeded: previous & 0xff)]
        }
        return tables
    }

    mutating func update(_ bytes: Span<UInt8>) {
        var value = self.remainder
        var index = 0
        self.tables.withUnsafeBufferPointer { tables in
            while index + 8 <= bytes.count {
                // The remainder covers the first bytes of the step, of which a 32-bit check has only four.
                var next: Word = 0
                for offset in 0..<8 {
                    let shift = offset * 8
                    let folded = shift < Word.bitWidth ? UInt8(truncatingIfNeeded: value >> Word(shift)) : 0
                    next ^= tables[(7 - offset) * 256 + Int(bytes[index + offset] ^ folded)]
                }
                value = next
                index += 8
            }
            while index < bytes.count {
                value = (value >> 8) ^ tables[Int(UInt8(truncatingIfNeeded: value) ^ bytes[index])]
                index += 1
            }
        }
        self.remainder = value
    }

    /// The check, most significant byte first, as S3's headers carry it.
    func finish() -> [UInt8] {
        let value = ~self.remainder
        return stride(from: Word.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> Word($0)) }
    }
}

extension CRC<UInt32> {
    private static let ieeeTables = makeTables(reversedPolynomial: 0xedb8_8320)
    private static let castagnoliTables = makeTables(reversedPolynomial: 0x82f6_3b78)

    /// CRC-32/ISO-HDLC, of zlib and Ethernet.
    static func crc32() -> CRC<UInt32> { CRC<UInt32>(tables: ieeeTables) }
    /// CRC-32/ISCSI, Castagnoli's.
    static func crc32c() -> CRC<UInt32> { CRC<UInt32>(tables: castagnoliTables) }
}

extension CRC<UInt64> {
    private static let nvmeTables = makeTables(reversedPolynomial: 0x9a6c_9329_ac4b_c9b5)

    /// CRC-64/NVME, S3's own default.
    static func crc64nvme() -> CRC<UInt64> { CRC<UInt64>(tables: nvmeTables) }
}
