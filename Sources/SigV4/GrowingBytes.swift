package import Libcrypto

/// Bytes that are written once and read many times, in memory that is kept for the next signature.
///
/// An array checks its bounds, its owner and its capacity at every byte. This buffer makes room once for each piece and
/// then copies, which is most of what there is to do besides hashing.
@safe
package struct GrowingBytes: ~Copyable {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    package private(set) var count = 0

    /// Bytes behind the capacity that may be copied, so that short pieces are copied whole blocks at a time.
    private static let blockByteCount = MemoryLayout<SIMD32<UInt8>>.size

    package init(capacity: Int = 1024) {
        self.capacity = capacity
        unsafe base = GrowingBytes.allocate(capacity)
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity + blockByteCount)
        // A block that is copied may reach behind what was written.
        unsafe memory.initialize(repeating: 0, count: capacity + blockByteCount)
        return unsafe memory
    }

    deinit {
        unsafe base.deallocate()
    }

    /// Forgets the bytes and keeps the memory.
    package mutating func removeAll() {
        count = 0
    }

    /// Lends room for `maximum` bytes behind the last one; `write` returns how many it has filled.
    @inline(__always)
    private mutating func extend(by maximum: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
        if capacity - count < maximum { grow(by: maximum) }
        unsafe count += write(base + count)
    }

    private mutating func grow(by minimum: Int) {
        let larger = max(capacity * 2, count + minimum)
        let moved = unsafe GrowingBytes.allocate(larger)
        unsafe moved.update(from: base, count: count)
        unsafe base.deallocate()
        unsafe base = moved
        capacity = larger
    }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        unsafe extend(by: 1) { room in
            unsafe room[0] = byte
            return 1
        }
    }

    /// Appends a text's UTF-8 bytes.
    @inline(__always)
    package mutating func append(_ text: borrowing String) {
        unsafe withBytes(of: text) { bytes in
            unsafe extend(by: bytes.count) { room in
                guard let source = bytes.baseAddress else { return 0 }
                unsafe room.update(from: source, count: bytes.count)
                return bytes.count
            }
        }
    }

    /// Appends the first bytes of a text's UTF-8.
    @inline(__always)
    mutating func append(_ text: borrowing String, prefix count: Int) {
        unsafe withBytes(of: text) { bytes in
            guard let source = bytes.baseAddress, bytes.count >= count else { preconditionFailure("the text is too short") }
            unsafe extend(by: count) { room in
                unsafe room.update(from: source, count: count)
                return count
            }
        }
    }

    @inline(__always)
    package mutating func append(_ text: StaticString) {
        unsafe extend(by: text.utf8CodeUnitCount) { room in
            unsafe room.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
            return text.utf8CodeUnitCount
        }
    }

    /// Appends a part of another buffer.
    @inline(__always)
    package mutating func append(_ range: Range<Int>, of other: borrowing GrowingBytes) {
        precondition(range.lowerBound >= 0 && range.upperBound <= other.count)
        let source = unsafe UnsafeRawPointer(other.base + range.lowerBound)
        unsafe extend(by: range.count) { room in
            let room = UnsafeMutableRawPointer(room)
            var offset = 0
            while offset < range.count {
                let block = unsafe source.loadUnaligned(fromByteOffset: offset, as: SIMD32<UInt8>.self)
                unsafe room.storeBytes(of: block, toByteOffset: offset, as: SIMD32<UInt8>.self)
                offset += GrowingBytes.blockByteCount
            }
            return range.count
        }
    }

    /// Appends the 64 lower-case hexadecimal digits of a digest.
    package mutating func append(_ digest: SHA256Digest) {
        unsafe extend(by: 64) { room in
            unsafe digest.writeHex(to: UnsafeMutableBufferPointer(start: room, count: 64))
            return 64
        }
    }

    /// Appends a text's bytes in percent-encoding.
    @inline(__always)
    package mutating func appendEncoded(_ text: borrowing String, keepsSlash: Bool = false) {
        unsafe withBytes(of: text) { unsafe appendEncoded($0, keepsSlash: keepsSlash) }
    }

    /// Appends a part of another buffer in percent-encoding.
    package mutating func appendEncoded(_ range: Range<Int>, of other: borrowing GrowingBytes) {
        precondition(range.lowerBound >= 0 && range.upperBound <= other.count)
        unsafe appendEncoded(UnsafeBufferPointer(start: other.base + range.lowerBound, count: range.count), keepsSlash: false)
    }

    @inline(__always)
    private mutating func appendEncoded(_ bytes: UnsafeBufferPointer<UInt8>, keepsSlash: Bool) {
        let encoded: ByteClass = keepsSlash ? .reserved : [.reserved, .slash]
        unsafe extend(by: bytes.count * 3) { room in
            // Most texts need no encoding: copied first, and looked at on the way.
            var seen: ByteClass = []
            for index in 0..<bytes.count {
                let byte = unsafe bytes[index]
                unsafe room[index] = byte
                seen.formUnion(ByteClass(of: byte))
            }
            return seen.isDisjoint(with: encoded) ? bytes.count : unsafe GrowingBytes.encode(bytes, into: room, encoded)
        }
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into room: UnsafeMutablePointer<UInt8>, _ encoded: ByteClass) -> Int {
        var written = 0
        for index in 0..<bytes.count {
            let byte = unsafe bytes[index]
            if ByteClass(of: byte).isDisjoint(with: encoded) {
                unsafe room[written] = byte
                written += 1
            } else {
                unsafe room[written] = UInt8(ascii: "%")
                unsafe room[written + 1] = PercentEncoding.digit(byte >> 4)
                unsafe room[written + 2] = PercentEncoding.digit(byte & 15)
                written += 3
            }
        }
        return written
    }

    /// Appends a header's name with its ASCII letters in lower case.
    ///
    /// - Returns: whether it has letters, digits and hyphens only, as nearly every name has.
    @inline(__always)
    mutating func appendName(_ name: borrowing String) -> Bool {
        unsafe withBytes(of: name) { bytes in
            var seen: ByteClass = bytes.isEmpty ? .unusualInName : []
            unsafe extend(by: bytes.count) { room in
                for index in 0..<bytes.count {
                    let byte = unsafe bytes[index]
                    let byteClass = ByteClass(of: byte)
                    seen.formUnion(byteClass)
                    unsafe room[index] = byte &+ byteClass.rawValue & ByteClass.upperCase.rawValue
                }
                return bytes.count
            }
            return seen.isDisjoint(with: .unusualInName)
        }
    }

    /// Appends a header's value, trimmed, with inner runs of blanks and tabs as one blank.
    ///
    /// - Returns: whether it has visible ASCII and blanks only.
    @inline(__always)
    mutating func appendValue(_ value: borrowing String) -> Bool {
        unsafe withBytes(of: value) { bytes in
            var seen: ByteClass = []
            unsafe extend(by: bytes.count) { room in
                for index in 0..<bytes.count {
                    let byte = unsafe bytes[index]
                    unsafe room[index] = byte
                    seen.formUnion(ByteClass(of: byte))
                }
                return seen.isDisjoint(with: .blank) ? bytes.count : unsafe GrowingBytes.collapseBlanks(room, bytes.count)
            }
            return seen.isDisjoint(with: .unusualInValue)
        }
    }

    /// Trims bytes where they lie, and makes one blank of each run of blanks and tabs; returns how many are left.
    private static func collapseBlanks(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
        var written = 0
        var hasPendingBlank = false
        for index in 0..<count {
            let byte = unsafe bytes[index]
            if byte == 0x20 || byte == 0x09 {
                hasPendingBlank = written > 0
                continue
            }
            if hasPendingBlank {
                unsafe bytes[written] = 0x20
                written += 1
                hasPendingBlank = false
            }
            unsafe bytes[written] = byte
            written += 1
        }
        return written
    }

    /// Appends a number that is not negative.
    package mutating func append(_ number: Int) {
        precondition(number >= 0)
        var rest = number
        var digits = 1
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        append(number, digits: digits)
    }

    /// Appends the last `digits` digits of a number that is not negative.
    @inline(__always)
    package mutating func append(_ number: Int, digits: Int) {
        unsafe extend(by: digits) { room in
            var rest = UInt(bitPattern: number)
            var index = digits
            while index > 0 {
                index -= 1
                unsafe room[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return digits
        }
    }

    /// Takes the last byte away.
    package mutating func removeLast() {
        precondition(count > 0)
        count -= 1
    }

    /// Compares two parts byte by byte: negative, zero or positive.
    @inline(__always)
    package borrowing func compare(_ left: Range<Int>, _ right: Range<Int>) -> Int {
        let common = min(left.count, right.count)
        var offset = 0
        while offset + 8 <= common {
            let (leftWord, rightWord) = (word(at: left.lowerBound + offset), word(at: right.lowerBound + offset))
            if leftWord != rightWord { return leftWord < rightWord ? -1 : 1 }
            offset += 8
        }
        while offset < common {
            let difference = unsafe Int(base[left.lowerBound + offset]) - Int(base[right.lowerBound + offset])
            if difference != 0 { return difference }
            offset += 1
        }
        return left.count - right.count
    }

    /// Whether a text stands at an offset.
    borrowing func holds(_ text: borrowing String, at offset: Int) -> Bool {
        let (base, count) = unsafe (base, count)
        return unsafe withBytes(of: text) { bytes in
            guard offset >= 0, offset + bytes.count <= count else { return false }
            for index in 0..<bytes.count where unsafe base[offset + index] != bytes[index] { return false }
            return true
        }
    }

    /// Whether two parts hold the same bytes.
    @inline(__always)
    borrowing func isSame(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
        left.count == right.count && compare(left, right) == 0
    }

    /// Eight bytes as a number that compares as they do.
    @inline(__always)
    private borrowing func word(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset + 8 <= count)
        return unsafe UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self).bigEndian
    }

    /// Whether a name that stands here in lower case has a role in signing of its own.
    package borrowing func role(of name: Range<Int>) -> HeaderRole {
        precondition(name.lowerBound >= 0 && name.upperBound <= count)
        return unsafe HeaderRules.role(of: UnsafeBufferPointer(start: base + name.lowerBound, count: name.count))
    }

    /// Lends all bytes.
    @inline(__always)
    package borrowing func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe body(UnsafeBufferPointer(start: base, count: count).span)
    }

    /// The bytes as a text; they are UTF-8, since only texts were written.
    package borrowing func text(_ range: Range<Int>? = nil) -> String {
        let range = range ?? 0..<count
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe String(decoding: UnsafeBufferPointer(start: base + range.lowerBound, count: range.count), as: UTF8.self)
    }
}

/// Lends a text's UTF-8 bytes where they lie.
@inlinable
@inline(__always)
package func withBytes<Result>(of text: borrowing String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if let result = unsafe text.utf8.withContiguousStorageIfAvailable(body) { return result }
    var contiguous = copy text
    return contiguous.withUTF8(body)
}
