/// A reflected cyclic redundancy check of 32 or 64 bits, eight bytes a step ("slicing by eight").
///
/// The three checks that S3 takes are those of the RevEng catalogue: all reflect input and output, and start from and end with
/// all bits inverted. A 32-bit check runs in the low half of the same register.
struct CRC: RunningChecksum {
    private let tables: [UInt64]
    private let byteCount: Int
    private var remainder: UInt64

    private init(tables: [UInt64], byteCount: Int) {
        self.tables = tables
        self.byteCount = byteCount
        self.remainder = .max >> UInt64(64 - 8 * byteCount)
    }

    /// CRC-32/ISO-HDLC, of zlib and Ethernet.
    static func crc32() -> CRC { CRC(tables: self.ieeeTables, byteCount: 4) }
    /// CRC-32/ISCSI, Castagnoli's.
    static func crc32c() -> CRC { CRC(tables: self.castagnoliTables, byteCount: 4) }
    /// CRC-64/NVME, S3's own default.
    static func crc64nvme() -> CRC { CRC(tables: self.nvmeTables, byteCount: 8) }

    /// - Returns: Nil where the algorithm is no such check.
    static func check(of algorithm: ChecksumAlgorithm) -> CRC? {
        switch algorithm {
        case .crc32: self.crc32()
        case .crc32c: self.crc32c()
        case .crc64nvme: self.crc64nvme()
        case .md5, .sha1, .sha256, .sha512, .xxhash3, .xxhash64, .xxhash128: nil
        }
    }

    private static let ieeeTables = makeTables(reversedPolynomial: 0xedb8_8320)
    private static let castagnoliTables = makeTables(reversedPolynomial: 0x82f6_3b78)
    private static let nvmeTables = makeTables(reversedPolynomial: 0x9a6c_9329_ac4b_c9b5)

    /// Eight tables of 256 entries: table `n` advances a byte by `n` further zero bytes.
    private static func makeTables(reversedPolynomial: UInt64) -> [UInt64] {
        var tables = [UInt64](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            tables[byte] = (0..<8).reduce(UInt64(byte)) { value, _ in value & 1 == 1 ? (value >> 1) ^ reversedPolynomial : value >> 1 }
        }
        for index in 256..<tables.count {
            let previous = tables[index - 256]
            tables[index] = (previous >> 8) ^ tables[Int(previous & 0xff)]
        }
        return tables
    }

    mutating func update(_ bytes: Span<UInt8>) {
        let value = self.remainder
        self.remainder = self.tables.withUnsafeBufferPointer { tables in
            bytes.withUnsafeBytes { Self.advance(value, over: $0, tables: tables.baseAddress!) }
        }
    }

    /// Plain pointers and wrapping shifts, since a check that cannot keep up with the disk in an unoptimised build would be
    /// the first thing that a developer notices.
    private static func advance(_ start: UInt64, over bytes: UnsafeRawBufferPointer, tables: UnsafePointer<UInt64>) -> UInt64 {
        guard let base = bytes.baseAddress else { return start }
        var value = start
        var offset = 0
        while offset &+ 8 <= bytes.count {
            let word = value ^ UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let low =
                tables[1792 &+ Int(word & 0xff)] ^ tables[1536 &+ Int(word &>> 8 & 0xff)]
                ^ tables[1280 &+ Int(word &>> 16 & 0xff)] ^ tables[1024 &+ Int(word &>> 24 & 0xff)]
            let high =
                tables[768 &+ Int(word &>> 32 & 0xff)] ^ tables[512 &+ Int(word &>> 40 & 0xff)]
                ^ tables[256 &+ Int(word &>> 48 & 0xff)] ^ tables[Int(word &>> 56)]
            value = low ^ high
            offset &+= 8
        }
        while offset < bytes.count {
            value = value &>> 8 ^ tables[Int((value ^ UInt64(bytes[offset])) & 0xff)]
            offset &+= 1
        }
        return value
    }

    /// The check, most significant byte first, as S3's headers carry it.
    func finish() -> [UInt8] {
        let value = ~self.remainder
        return stride(from: 8 * self.byteCount - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
    }
}
