internal import Libcrypto
internal import SigV4

/// Writes a grant's fields one behind the other, each with its length.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ text: String) {
        append(length: text.utf8.count)
        bytes += text.utf8
    }

    mutating func append(number: Int64) {
        append(String(number))
    }

    /// Behind a word that tells whether there is one.
    mutating func append<Value>(_ value: Value?, _ write: (inout FieldWriter, Value) -> Void) {
        append(number: value == nil ? 0 : 1)
        if let value { write(&self, value) }
    }

    mutating func append(_ identity: Caller.Identity) {
        let fields =
            switch identity {
            case .apiKey(let name): ["key", name, ""]
            case .delegate(let subject, let holder): ["delegate", subject, holder]
            case .subject(let subject, let issuer): ["subject", subject, issuer]
            }
        for field in fields { append(field) }
    }

    mutating func append(_ encryption: Encryption) {
        switch encryption {
        case .s3: append("s3")
        case .kms(let keyID, let bucketKey):
            append("kms")
            append(keyID) { $0.append($1) }
            append(number: bucketKey ? 1 : 0)
        }
    }

    private mutating func append(length: Int) {
        precondition(length <= FieldReader.maximumFieldBytes)
        bytes.append(UInt8(length >> 8))
        bytes.append(UInt8(length & 0xFF))
    }
}

/// Reads what ``FieldWriter`` wrote, and nothing else.
struct FieldReader {
    struct Fault: Error {}

    static let maximumFieldBytes = 0xFFFF

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func text() throws(Fault) -> String {
        guard rest.count >= 2 else { throw Fault() }
        let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
        guard rest.count >= 2 + length, let text = String(validating: rest.dropFirst(2).prefix(length), as: UTF8.self) else {
            throw Fault()
        }
        rest = rest.dropFirst(2 + length)
        return text
    }

    mutating func number() throws(Fault) -> Int64 {
        let text = try text()
        // One spelling for each number.
        guard let number = Int64(text), String(number) == text else { throw Fault() }
        return number
    }

    mutating func flag() throws(Fault) -> Bool {
        switch try number() {
        case 0: false
        case 1: true
        default: throw Fault()
        }
    }

    mutating func optional<Value>(_ read: (inout FieldReader) throws(Fault) -> Value) throws(Fault) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func word<Word: RawRepresentable>() throws(Fault) -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: try text()) else { throw Fault() }
        return word
    }

    mutating func identity() throws(Fault) -> Caller.Identity {
        let (kind, first, second) = (try text(), try text(), try text())
        switch kind {
        case "key" where second.isEmpty: return .apiKey(first)
        case "delegate": return .delegate(first, of: second)
        case "subject": return .subject(first, issuer: second)
        default: throw Fault()
        }
    }

    mutating func sizes() throws(Fault) -> ClosedRange<Int64> {
        let (lower, upper) = (try number(), try number())
        guard 0 <= lower, lower <= upper else { throw Fault() }
        return lower...upper
    }

    /// A moment of the years that have a text form: any other would become the last of them, which has a spelling of its own.
    mutating func time() throws(Fault) -> SigningTime {
        let seconds = try number()
        let time = SigningTime(secondsSinceEpoch: seconds)
        guard time.secondsSinceEpoch == seconds else { throw Fault() }
        return time
    }

    mutating func digest() throws(Fault) -> SHA256Digest {
        let text = try text()
        guard let digest = SHA256Digest(hex: text), digest.hex == text else { throw Fault() }
        return digest
    }

    mutating func encryption() throws(Fault) -> Encryption {
        switch try text() {
        case "s3": return .s3
        case "kms":
            let keyID = try optional { fields throws(Fault) in try fields.text() }
            return .kms(keyID: keyID, bucketKey: try flag())
        default: throw Fault()
        }
    }

    func end() throws(Fault) {
        guard rest.isEmpty else { throw Fault() }
    }
}
