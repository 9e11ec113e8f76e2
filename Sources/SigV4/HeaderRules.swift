/// What a header's name means to a signature.
package enum HeaderRole: Sendable {
    /// It can be signed.
    case ordinary
    case host
    case contentLength
    /// The signature itself sets it.
    case reserved
    /// A proxy, tracing or the client's HTTP library changes, adds or drops it, so that signing it breaks requests.
    case unsignable
}

/// Which headers can be sent and signed at all.
public enum HeaderRules {
    /// Whether a signature may cover this header.
    public static func isSignable(_ name: String) -> Bool {
        role(of: name) != .unsignable
    }

    /// Whether the signature itself sets this header or parameter.
    public static func isReserved(_ name: String) -> Bool {
        role(of: name) == .reserved
    }

    /// What a header's name means, whatever its case.
    package static func role(of name: String) -> HeaderRole {
        unsafe withBytes(of: name) { unsafe role(of: $0) }
    }

    @inline(__always)
    static func role(of name: UnsafeBufferPointer<UInt8>) -> HeaderRole {
        switch name.count {
        case 2: unsafe isSame(name, "te") ? .unsignable : .ordinary
        case 4: unsafe isSame(name, "host") ? .host : .ordinary
        case 6: unsafe isSame(name, "expect") ? .unsignable : .ordinary
        case 7: unsafe isSame(name, "baggage") || isSame(name, "trailer") || isSame(name, "upgrade") ? .unsignable : .ordinary
        case 10 where unsafe isSame(name, "x-amz-date"): .reserved
        case 10 where unsafe isSame(name, "tracestate"): .unsignable
        case 10: unsafe isSame(name, "connection") || isSame(name, "keep-alive") || isSame(name, "user-agent") ? .unsignable : .ordinary
        case 11: unsafe isSame(name, "traceparent") ? .unsignable : .ordinary
        case 13: unsafe isSame(name, "authorization") || isSame(name, "x-amz-expires") ? .reserved : .ordinary
        case 14: unsafe isSame(name, "content-length") ? .contentLength : .ordinary
        case 15 where unsafe isSame(name, "x-amzn-trace-id"): .unsignable
        case 15: unsafe isSame(name, "x-amz-algorithm") || isSame(name, "x-amz-signature") ? .reserved : .ordinary
        case 16: unsafe isSame(name, "x-amz-credential") ? .reserved : .ordinary
        case 17: unsafe isSame(name, "transfer-encoding") ? .unsignable : .ordinary
        case 18: unsafe isSame(name, "proxy-authenticate") ? .unsignable : .ordinary
        case 19 where unsafe isSame(name, "x-amz-signedheaders"): .reserved
        case 19: unsafe isSame(name, "proxy-authorization") ? .unsignable : .ordinary
        case 20: unsafe isSame(name, "x-amz-content-sha256") || isSame(name, "x-amz-security-token") ? .reserved : .ordinary
        default: .ordinary
        }
    }

    /// Whether a name is a known one of the same length, given in lower case, but for the case of its ASCII letters.
    @inline(__always)
    private static func isSame(_ name: UnsafeBufferPointer<UInt8>, _ known: StaticString) -> Bool {
        for index in 0..<name.count where unsafe lowercased(name[index]) != known.utf8Start[index] { return false }
        return true
    }

    /// Whether two names are the same but for the case of ASCII letters, compared without making new texts.
    @inlinable
    public static func isSame(_ left: borrowing String, _ right: borrowing String) -> Bool {
        // Lengths first: they tell nearly all names apart, and cost nothing.
        guard left.utf8.count == right.utf8.count else { return false }
        return unsafe withBytes(of: left) { left in
            unsafe withBytes(of: right) { right in
                var difference: UInt8 = 0
                for index in 0..<left.count { unsafe difference |= lowercased(left[index]) ^ lowercased(right[index]) }
                return difference == 0
            }
        }
    }

    /// Whether two texts are the same bytes; to Swift they are equal when they only look the same.
    @inlinable
    package static func isIdentical(_ left: borrowing String, _ right: borrowing String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return unsafe withBytes(of: left) { left in
            unsafe withBytes(of: right) { right in
                // All bytes are looked at, so that the loop has no branch.
                var difference: UInt8 = 0
                for index in 0..<left.count { unsafe difference |= left[index] ^ right[index] }
                return difference == 0
            }
        }
    }

    /// Whether a name begins with `prefix` but for the case of ASCII letters.
    public static func hasPrefix(_ name: String, _ prefix: String) -> Bool {
        unsafe withBytes(of: name) { name in
            unsafe withBytes(of: prefix) { prefix in
                guard name.count >= prefix.count else { return false }
                for index in 0..<prefix.count where unsafe lowercased(name[index]) != lowercased(prefix[index]) { return false }
                return true
            }
        }
    }

    /// A name with its ASCII letters in lower case; Unicode's rules would make a `k` of a Kelvin sign.
    public static func lowercased(_ name: String) -> String {
        guard holdsAny(name, { (0x41...0x5A).contains($0) }) else { return name }
        return String(decoding: name.utf8.map { lowercased($0) }, as: UTF8.self)
    }

    @inline(__always)
    @usableFromInline
    static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    /// Checks that HTTP can carry a header (RFC 9110 section 5): a token as its name, no control character in its value.
    public static func check(_ header: Header) throws(SigningError) {
        let isToken = unsafe withBytes(of: header.name) { bytes in
            for index in 0..<bytes.count where unsafe !isTokenCharacter(bytes[index]) { return false }
            return !bytes.isEmpty
        }
        guard isToken else {
            throw SigningError(
                .invalidHeader, field: header.name,
                "A header's name takes letters, digits and !#$%&'*+-.^_`|~ only: change '\(header.name)'.")
        }
        let isSendable = unsafe withBytes(of: header.value) { bytes in
            // All bytes are looked at, so that the loop has no branch.
            var hasControl = false
            for index in 0..<bytes.count { unsafe hasControl = hasControl || isControl(bytes[index]) }
            return !hasControl
        }
        guard isSendable else {
            throw SigningError(
                .invalidHeader, field: header.name,
                "The value of \(header.name) holds a control character such as CR, LF or NUL: take it out, since it would end the header there."
            )
        }
    }

    /// Whether a byte of a text's UTF-8 is of a kind.
    @inlinable
    package static func holdsAny(_ text: borrowing String, _ isOfKind: (UInt8) -> Bool) -> Bool {
        let bytes = text.utf8.span
        for index in bytes.indices where isOfKind(bytes[index]) { return true }
        return false
    }

    /// Whether a text is ASCII, as browsers can send it.
    package static func isASCII(_ text: String) -> Bool {
        unsafe withBytes(of: text) { bytes in
            var seen: UInt8 = 0
            for index in 0..<bytes.count { unsafe seen |= bytes[index] }
            return seen < 0x80
        }
    }

    /// The number that 1 to 18 digits stand for, which an `Int64` holds whatever they are; `nil` for any other text.
    package static func number(_ text: String) -> Int64? {
        unsafe withBytes(of: text) { bytes in
            guard (1...18).contains(bytes.count) else { return nil }
            var number: Int64 = 0
            for index in 0..<bytes.count {
                let digit = unsafe bytes[index] &- 0x30
                guard digit < 10 else { return nil }
                number = number &* 10 &+ Int64(digit)
            }
            return number
        }
    }

    @inline(__always)
    private static func isControl(_ byte: UInt8) -> Bool {
        (byte < 0x20 && byte != 0x09) || byte == 0x7F
    }

    /// The characters of a token (RFC 9110 section 5.6.2) as bits of two words: a look-up without a table in memory.
    @inline(__always)
    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        guard byte < 128 else { return false }
        return (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte - 64)) & 1 == 1
    }
}
