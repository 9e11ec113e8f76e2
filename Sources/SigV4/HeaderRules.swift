/// Which headers can be sent and signed at all.
public enum HeaderRules {
    /// Headers that a proxy or the client's HTTP library changes, adds or drops, so that signing them breaks requests.
    private static let unsignable = [
        "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
        "upgrade", "user-agent", "x-amzn-trace-id",
    ]

    /// Headers and parameters that the signature itself sets.
    private static let reserved = [
        "authorization", "x-amz-algorithm", "x-amz-content-sha256", "x-amz-credential", "x-amz-date", "x-amz-expires",
        "x-amz-security-token", "x-amz-signature", "x-amz-signedheaders",
    ]

    /// Whether a signature may cover this header.
    public static func isSignable(_ name: String) -> Bool {
        !unsignable.contains { isSame(name, $0) }
    }

    /// Whether the signature itself sets this header or parameter.
    public static func isReserved(_ name: String) -> Bool {
        reserved.contains { isSame(name, $0) }
    }

    /// Whether two names are the same but for the case of ASCII letters, compared without making new texts.
    public static func isSame(_ left: String, _ right: String) -> Bool {
        // Lengths first: they tell nearly all names apart, and cost nothing.
        guard left.utf8.count == right.utf8.count else { return false }
        let left = left.utf8.span
        let right = right.utf8.span
        for index in 0..<left.count where lowercased(left[index]) != lowercased(right[index]) { return false }
        return true
    }

    /// Whether a name begins with `prefix` but for the case of ASCII letters.
    public static func hasPrefix(_ name: String, _ prefix: String) -> Bool {
        let name = name.utf8.span
        let prefix = prefix.utf8.span
        guard name.count >= prefix.count else { return false }
        for index in 0..<prefix.count where lowercased(name[index]) != lowercased(prefix[index]) { return false }
        return true
    }

    /// A name with its ASCII letters in lower case; Unicode's rules would make a `k` of a Kelvin sign.
    public static func lowercased(_ name: String) -> String {
        String(decoding: name.utf8.map { lowercased($0) }, as: UTF8.self)
    }

    @inline(__always)
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
            for index in 0..<bytes.count where unsafe isControl(bytes[index]) { return false }
            return true
        }
        guard isSendable else {
            throw SigningError(
                .invalidHeader, field: header.name,
                "The value of \(header.name) holds a control character such as CR, LF or NUL: take it out, since it would end the header there."
            )
        }
    }

    private static func isControl(_ byte: UInt8) -> Bool {
        byte != 0x09 && (byte < 0x20 || byte == 0x7F)
    }

    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "!"), 0x23...0x27, UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), 0x5E...0x60,
            UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
