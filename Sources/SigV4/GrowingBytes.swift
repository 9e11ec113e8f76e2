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

    package init(capacity: Int = 1024) {
        self.capacity = capacity
        unsafe base = .allocate(capacity: capacity)
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
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
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
    package mutating func append(_ text: String) {
        unsafe withBytes(of: text) { bytes in
            unsafe extend(by: bytes.count) { room in
                guard let source = bytes.baseAddress else { return 0 }
                unsafe room.update(from: source, count: bytes.count)
                return bytes.count
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
        let source = unsafe other.base + range.lowerBound
        unsafe extend(by: range.count) { room in
            unsafe room.update(from: source, count: range.count)
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
    package mutating func appendEncoded(_ text: String, keepsSlash: Bool = false) {
        unsafe withBytes(of: text) { unsafe appendEncoded($0, keepsSlash: keepsSlash) }
    }

    /// Appends a part of another buffer in percent-encoding.
    package mutating func appendEncoded(_ range: Range<Int>, of other: borrowing GrowingBytes) {
        precondition(range.lowerBound >= 0 && range.upperBound <= other.count)
        unsafe appendEncoded(UnsafeBufferPointer(start: other.base + range.lowerBound, count: range.count), keepsSlash: false)
    }

    @inline(__always)
    private mutating func appendEncoded(_ bytes: UnsafeBufferPointer<UInt8>, keepsSlash: Bool) {
        unsafe extend(by: bytes.count * 3) { room in
            var written = 0
            for index in 0..<bytes.count {
                let byte = unsafe bytes[index]
                if PercentEncoding.isUnreserved(byte) || (keepsSlash && byte == UInt8(ascii: "/")) {
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
    }

    /// Appends a text's bytes with ASCII letters in lower case.
    @inline(__always)
    package mutating func appendLowercased(_ text: String) {
        unsafe withBytes(of: text) { bytes in
            unsafe extend(by: bytes.count) { room in
                for index in 0..<bytes.count { unsafe room[index] = HeaderRules.lowercased(bytes[index]) }
                return bytes.count
            }
        }
    }

    /// Appends a header's value, trimmed, with inner runs of blanks and tabs as one blank.
    @inline(__always)
    package mutating func appendTrimmed(_ value: String) {
        unsafe withBytes(of: value) { bytes in
            unsafe extend(by: bytes.count) { room in
                var written = 0
                var hasPendingBlank = false
                for index in 0..<bytes.count {
                    let byte = unsafe bytes[index]
                    if byte == 0x20 || byte == 0x09 {
                        hasPendingBlank = written > 0
                        continue
                    }
                    if hasPendingBlank {
                        unsafe room[written] = 0x20
                        written += 1
                        hasPendingBlank = false
                    }
                    unsafe room[written] = byte
                    written += 1
                }
                return written
            }
        }
    }

    /// Appends a number that is not negative, with leading zeros up to `digits`.
    @inline(__always)
    package mutating func append(_ number: Int, digits: Int = 1) {
        var divisor = 1
        for _ in 1..<max(digits, 1) { divisor *= 10 }
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(0x30 + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// Puts another byte for the last one.
    package mutating func replaceLast(with byte: UInt8) {
        precondition(count > 0)
        unsafe base[count - 1] = byte
    }

    /// Compares two parts byte by byte: negative, zero or positive.
    @inline(__always)
    package borrowing func compare(_ left: Range<Int>, _ right: Range<Int>) -> Int {
        for offset in 0..<min(left.count, right.count) {
            let difference = unsafe Int(base[left.lowerBound + offset]) - Int(base[right.lowerBound + offset])
            if difference != 0 { return difference }
        }
        return left.count - right.count
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
@inline(__always)
func withBytes<Result>(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    var text = text
    return text.withUTF8(body)
}
