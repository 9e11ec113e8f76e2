public import SigV4

extension SigningTime {
    /// When credentials end, as AWS and the programs that stand in for it write it: ISO 8601 in UTC, or with an offset.
    public init?(expiration text: String) {
        if let time = SigningTime(iso8601: text) {
            self = time
            return
        }
        let bytes = Array(text.utf8)
        guard bytes.count > 6, let sign = [UInt8(ascii: "+"): -1, UInt8(ascii: "-"): 1][bytes[bytes.count - 6]],
            bytes[bytes.count - 3] == UInt8(ascii: ":"), let hours = Int(text.utf8.suffix(5).prefix(2)), hours < 24,
            let minutes = Int(text.utf8.suffix(2)), minutes < 60,
            let local = SigningTime(iso8601: String(decoding: bytes.dropLast(6), as: UTF8.self) + "Z")
        else { return nil }
        self = local.adding(seconds: Int64(sign * (hours * 3600 + minutes * 60)))
    }
}

extension Int {
    /// Two decimal digits.
    fileprivate init?(_ digits: some Sequence<UInt8>) {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
