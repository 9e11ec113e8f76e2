/// The hashes of the xxHash family that S3 takes, with seed 0 and the default secret.
///
/// Source: the algorithm's specification, <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>. All arithmetic is modulo
/// 2^64; words are read least significant byte first, wherever they lie.
private enum XX {
    static let prime32: [UInt64] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d]
    static let prime1: UInt64 = 0x9e37_79b1_85eb_ca87
    static let prime2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
    static let prime3: UInt64 = 0x1656_67b1_9e37_79f9
    static let prime4: UInt64 = 0x85eb_ca77_c2b2_ae63
    static let prime5: UInt64 = 0x27d4_eb2f_1656_67c5

    @inline(__always)
    static func rotate(_ value: UInt64, by bits: UInt64) -> UInt64 {
        value &<< bits | value &>> (64 &- bits)
    }

    @inline(__always)
    static func shiftXor(_ value: UInt64, by bits: UInt64) -> UInt64 {
        value ^ value &>> bits
    }

    static func avalanche(_ value: UInt64) -> UInt64 {
        self.shiftXor(self.shiftXor(self.shiftXor(value, by: 33) &* self.prime2, by: 29) &* self.prime3, by: 32)
    }

    static func bigEndian(_ value: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value &>> UInt64($0)) }
    }
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    fileprivate func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: self.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    fileprivate func half(_ offset: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: self.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}

/// Cuts bytes that arrive in any pieces into stripes of one size, and keeps what follows the last whole one.
private struct Stripes: Sendable {
    let size: Int
    /// Fewer bytes than a stripe, or a whole one when it must not be taken before more bytes have come.
    private(set) var rest: [UInt8] = []
    /// A whole stripe is only taken when more bytes follow it.
    let keepsLast: Bool

    mutating func take(_ bytes: UnsafeRawBufferPointer, _ stripe: (UnsafeRawBufferPointer) -> Void) {
        var bytes = bytes
        let margin = self.keepsLast ? 1 : 0
        if !self.rest.isEmpty {
            let missing = min(self.size - self.rest.count, bytes.count)
            self.rest.append(contentsOf: bytes.prefix(missing))
            bytes = .init(rebasing: bytes.dropFirst(missing))
            guard self.rest.count == self.size, bytes.count >= margin else { return }
            self.rest.withUnsafeBytes(stripe)
            self.rest.removeAll(keepingCapacity: true)
        }
        while bytes.count >= self.size + margin {
            stripe(.init(rebasing: bytes.prefix(self.size)))
            bytes = .init(rebasing: bytes.dropFirst(self.size))
        }
        self.rest.append(contentsOf: bytes)
    }
}

/// XXH64.
struct XXHash64: RunningChecksum {
    private var lanes: [UInt64] = [XX.prime1 &+ XX.prime2, XX.prime2, 0, 0 &- XX.prime1]
    private var stripes = Stripes(size: 32, keepsLast: false)
    private var count: UInt64 = 0

    mutating func update(_ bytes: Span<UInt8>) {
        self.count += UInt64(bytes.count)
        var lanes = self.lanes
        bytes.withUnsafeBytes { bytes in
            self.stripes.take(bytes) { stripe in
                for index in 0..<4 { lanes[index] = Self.round(lanes[index], stripe.word(8 &* index)) }
            }
        }
        self.lanes = lanes
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        XX.rotate(lane &+ word &* XX.prime2, by: 31) &* XX.prime1
    }

    func finish() -> [UInt8] {
        var hash = XX.prime5
        if self.count >= 32 {
            hash = zip(self.lanes, [1, 7, 12, 18]).reduce(0) { $0 &+ XX.rotate($1.0, by: $1.1) }
            for lane in self.lanes { hash = (hash ^ Self.round(0, lane)) &* XX.prime1 &+ XX.prime4 }
        }
        hash &+= self.count
        self.stripes.rest.withUnsafeBytes { rest in
            var offset = 0
            while rest.count - offset >= 8 {
                hash = XX.rotate(hash ^ Self.round(0, rest.word(offset)), by: 27) &* XX.prime1 &+ XX.prime4
                offset += 8
            }
            if rest.count - offset >= 4 {
                hash = XX.rotate(hash ^ rest.half(offset) &* XX.prime1, by: 23) &* XX.prime2 &+ XX.prime3
                offset += 4
            }
            for byte in rest[offset...] { hash = XX.rotate(hash ^ UInt64(byte) &* XX.prime5, by: 11) &* XX.prime1 }
        }
        return XX.bigEndian(XX.avalanche(hash))
    }
}

/// XXH3, of 64 or 128 bits.
struct XXHash3: RunningChecksum {
    private let bits: Int
    private var lanes: [UInt64] = [
        XX.prime32[2], XX.prime1, XX.prime2, XX.prime3, XX.prime4, XX.prime32[1], XX.prime5, XX.prime32[0],
    ]
    private var stripes = Stripes(size: 64, keepsLast: true)
    /// The stripes taken of the block of 16 that is under way.
    private var stripesInBlock = 0
    /// The beginning, since short messages have formulas of their own.
    private var start: [UInt8] = []
    /// The last 64 bytes, which are hashed once more at the end.
    private var tail: [UInt8] = []
    private var count = 0

    private static let shortBytes = 240

    init(bits: Int) {
        self.bits = bits
    }

    mutating func update(_ bytes: Span<UInt8>) {
        var (lanes, stripesInBlock) = (self.lanes, self.stripesInBlock)
        bytes.withUnsafeBytes { bytes in
            self.start.append(contentsOf: bytes.prefix(Self.shortBytes - self.start.count))
            self.stripes.take(bytes) { stripe in
                Self.accumulate(stripe, secret: 8 * stripesInBlock, to: &lanes)
                stripesInBlock += 1
                if stripesInBlock == 16 {
                    Self.scramble(&lanes)
                    stripesInBlock = 0
                }
            }
            self.keepTail(bytes)
        }
        self.count += bytes.count
        (self.lanes, self.stripesInBlock) = (lanes, stripesInBlock)
    }

    private mutating func keepTail(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count < 64 { self.tail.removeFirst(max(0, self.tail.count + bytes.count - 64)) } else { self.tail.removeAll() }
        self.tail.append(contentsOf: bytes.suffix(64))
    }

    private static func accumulate(_ stripe: UnsafeRawBufferPointer, secret offset: Int, to lanes: inout [UInt64]) {
        self.secret.withUnsafeBytes { secret in
            lanes.withUnsafeMutableBufferPointer { lanes in
                var index = 0
                while index < 8 {
                    let word = stripe.word(8 &* index)
                    let key = word ^ secret.word(offset &+ 8 &* index)
                    lanes[index ^ 1] &+= word
                    lanes[index] &+= (key & 0xffff_ffff) &* (key &>> 32)
                    index &+= 1
                }
            }
        }
    }

    private static func scramble(_ lanes: inout [UInt64]) {
        self.secret.withUnsafeBytes { secret in
            for index in 0..<8 {
                lanes[index] = (XX.shiftXor(lanes[index], by: 47) ^ secret.word(128 + 8 * index)) &* XX.prime32[0]
            }
        }
    }

    func finish() -> [UInt8] {
        let (low, high) =
            self.count <= Self.shortBytes
            ? self.start.withUnsafeBytes { XXHash3Short(bytes: $0).hash(bits: self.bits) }
            : self.long()
        return (self.bits == 128 ? XX.bigEndian(high) : []) + XX.bigEndian(low)
    }

    private func long() -> (low: UInt64, high: UInt64) {
        var lanes = self.lanes
        self.tail.withUnsafeBytes { Self.accumulate($0, secret: 121, to: &lanes) }
        let count = UInt64(self.count)
        return (
            Self.merge(lanes, secret: 11, start: count &* XX.prime1), Self.merge(lanes, secret: 117, start: ~(count &* XX.prime2))
        )
    }

    private static func merge(_ lanes: [UInt64], secret offset: Int, start: UInt64) -> UInt64 {
        self.secret.withUnsafeBytes { secret in
            let sum = stride(from: 0, to: 8, by: 2).reduce(start) { sum, index in
                let left = lanes[index] ^ secret.word(offset + 8 * index)
                return sum &+ self.fold(left, lanes[index + 1] ^ secret.word(offset + 8 * index + 8))
            }
            return self.avalanche(sum)
        }
    }

    fileprivate static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.low ^ product.high
    }

    fileprivate static func avalanche(_ value: UInt64) -> UInt64 {
        XX.shiftXor(XX.shiftXor(value, by: 37) &* 0x1656_6791_9e37_79f9, by: 32)
    }

    fileprivate static let secret: [UInt8] = [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90,
        0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d,
        0xcc, 0xff, 0x72, 0x21, 0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28,
        0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3, 0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e,
        0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8, 0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b,
        0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64, 0xea, 0xc5, 0xac, 0x83,
        0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb, 0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16,
        0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e, 0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
        0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ]
}

/// XXH3 of at most 240 bytes: a formula for each range of lengths.
private struct XXHash3Short {
    let bytes: UnsafeRawBufferPointer

    private var count: UInt64 { UInt64(self.bytes.count) }
    private static let mixer: UInt64 = 0x9fb2_1c65_1e98_df25

    /// The high half is only for 128 bits.
    func hash(bits: Int) -> (low: UInt64, high: UInt64) {
        switch (bits, self.bytes.count) {
        case (128, 0...3): self.tiny128()
        case (128, 4...8): self.small128()
        case (128, 9...16): self.medium128()
        case (128, _): self.large128()
        case (_, 0...3): (self.tiny64(), 0)
        case (_, 4...8): (self.small64(), 0)
        case (_, 9...16): (self.medium64(), 0)
        default: (self.large64(), 0)
        }
    }

    private func secret(_ offset: Int) -> UInt64 {
        XXHash3.secret.withUnsafeBytes { $0.word(offset) }
    }

    private func flip(_ first: Int, _ second: Int) -> UInt64 {
        self.secret(first) ^ self.secret(second)
    }

    private func halfFlip(_ first: Int, _ second: Int) -> UInt64 {
        XXHash3.secret.withUnsafeBytes { $0.half(first) ^ $0.half(second) }
    }

    /// One to three bytes and their number in 32 bits.
    private var combined: UInt64 {
        let count = self.bytes.count
        let (first, middle, last) = (UInt64(self.bytes[0]), UInt64(self.bytes[count >> 1]), UInt64(self.bytes[count - 1]))
        return first << 16 | middle << 24 | last | self.count << 8
    }

    private func tiny64() -> UInt64 {
        if self.bytes.isEmpty { return XX.avalanche(self.flip(56, 64)) }
        return XX.avalanche(self.combined ^ self.halfFlip(0, 4))
    }

    private func tiny128() -> (low: UInt64, high: UInt64) {
        if self.bytes.isEmpty { return (XX.avalanche(self.flip(64, 72)), XX.avalanche(self.flip(80, 88))) }
        let swapped = UInt32(truncatingIfNeeded: self.combined).byteSwapped
        let rotated = UInt64(swapped << 13 | swapped >> 19)
        return (XX.avalanche(self.combined ^ self.halfFlip(0, 4)), XX.avalanche(rotated ^ self.halfFlip(8, 12)))
    }

    private func small64() -> UInt64 {
        var hash = (self.bytes.half(self.bytes.count - 4) &+ self.bytes.half(0) << 32) ^ self.flip(8, 16)
        hash ^= XX.rotate(hash, by: 49) ^ XX.rotate(hash, by: 24)
        hash &*= Self.mixer
        hash ^= hash >> 35 &+ self.count
        hash &*= Self.mixer
        return XX.shiftXor(hash, by: 28)
    }

    private func small128() -> (low: UInt64, high: UInt64) {
        let keyed = (self.bytes.half(0) &+ self.bytes.half(self.bytes.count - 4) << 32) ^ self.flip(16, 24)
        var (high, low) = keyed.multipliedFullWidth(by: XX.prime1 &+ self.count << 2)
        high &+= low << 1
        low ^= high >> 3
        low = XX.shiftXor(XX.shiftXor(low, by: 35) &* Self.mixer, by: 28)
        return (low, XXHash3.avalanche(high))
    }

    private func medium64() -> UInt64 {
        let low = self.bytes.word(0) ^ self.flip(24, 32)
        let high = self.bytes.word(self.bytes.count - 8) ^ self.flip(40, 48)
        return XXHash3.avalanche(self.count &+ low.byteSwapped &+ high &+ XXHash3.fold(low, high))
    }

    private func medium128() -> (low: UInt64, high: UInt64) {
        let last = self.bytes.word(self.bytes.count - 8)
        var (high, low) = (self.bytes.word(0) ^ last ^ self.flip(32, 40)).multipliedFullWidth(by: XX.prime1)
        low &+= (self.count - 1) << 54
        let keyed = last ^ self.flip(48, 56)
        high &+= keyed &+ (keyed & 0xffff_ffff) &* (XX.prime32[1] - 1)
        low ^= high.byteSwapped
        let product = low.multipliedFullWidth(by: XX.prime2)
        return (XXHash3.avalanche(product.low), XXHash3.avalanche(product.high &+ high &* XX.prime2))
    }

    private func mix(_ offset: Int, secret: Int) -> UInt64 {
        XXHash3.fold(self.bytes.word(offset) ^ self.secret(secret), self.bytes.word(offset + 8) ^ self.secret(secret + 8))
    }

    /// 17 to 240 bytes, from both ends up to 128, from the front beyond.
    private func large64() -> UInt64 {
        let count = self.bytes.count
        var hash = self.count &* XX.prime1
        if count <= 128 {
            for pair in 0...((count - 1) / 32) {
                hash &+= self.mix(16 * pair, secret: 32 * pair) &+ self.mix(count - 16 * (pair + 1), secret: 32 * pair + 16)
            }
            return XXHash3.avalanche(hash)
        }
        for round in 0..<8 { hash &+= self.mix(16 * round, secret: 16 * round) }
        hash = XXHash3.avalanche(hash)
        for round in 8..<(count / 16) { hash &+= self.mix(16 * round, secret: 16 * (round - 8) + 3) }
        return XXHash3.avalanche(hash &+ self.mix(count - 16, secret: 119))
    }

    private func large128() -> (low: UInt64, high: UInt64) {
        let count = self.bytes.count
        var hash: (low: UInt64, high: UInt64) = (self.count &* XX.prime1, 0)
        if count <= 128 {
            for pair in (0...((count - 1) / 32)).reversed() {
                self.mix(16 * pair, count - 16 * (pair + 1), secret: 32 * pair, into: &hash)
            }
        } else {
            for round in 0..<4 { self.mix(32 * round, 32 * round + 16, secret: 32 * round, into: &hash) }
            hash = (XXHash3.avalanche(hash.low), XXHash3.avalanche(hash.high))
            for round in 4..<(count / 32) { self.mix(32 * round, 32 * round + 16, secret: 32 * (round - 4) + 3, into: &hash) }
            self.mix(count - 16, count - 32, secret: 103, into: &hash)
        }
        let high = hash.low &* XX.prime1 &+ hash.high &* XX.prime4 &+ self.count &* XX.prime2
        return (XXHash3.avalanche(hash.low &+ hash.high), 0 &- XXHash3.avalanche(high))
    }

    private func mix(_ first: Int, _ second: Int, secret: Int, into hash: inout (low: UInt64, high: UInt64)) {
        hash.low = (hash.low &+ self.mix(first, secret: secret)) ^ (self.bytes.word(second) &+ self.bytes.word(second + 8))
        hash.high = (hash.high &+ self.mix(second, secret: secret + 16)) ^ (self.bytes.word(first) &+ self.bytes.word(first + 8))
    }
}
