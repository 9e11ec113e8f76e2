import Libcrypto

/// A URL's query as browsers write forms: `+` is a blank (WHATWG URL Standard, "application/x-www-form-urlencoded parsing").
struct FormQuery {
    private let pairs: [(name: String, value: String)]

    init(_ query: String) throws(Problem) {
        var pairs: [(name: String, value: String)] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            pairs.append((try Self.decoded(name), try Self.decoded(pair.dropFirst(name.count + 1))))
        }
        self.pairs = pairs
    }

    /// The value of a name; nil where it is not there.
    func value(_ name: String) throws(Problem) -> String? {
        let values = pairs.filter { $0.name == name }
        guard values.count <= 1 else {
            throw Problem(.malformedQuery, "'\(name)' is there more than once: send it once.", field: name)
        }
        return values.first?.value
    }

    func required(_ name: String, _ meaning: String) throws(Problem) -> String {
        guard let value = try value(name) else {
            throw Problem(.missingField, "'\(name)' is missing: \(meaning).", field: name)
        }
        return value
    }

    /// `name[key]=value`, by key.
    func members(of name: String) -> [(name: String, value: String)] {
        pairs.compactMap { pair in
            guard pair.name.hasPrefix("\(name)["), pair.name.hasSuffix("]") else { return nil }
            return (String(pair.name.dropFirst(name.count + 1).dropLast()), pair.value)
        }
    }

    private static func decoded(_ text: some Collection<UInt8>) throws(Problem) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard let decoded = Hex.decode(String(decoding: Array(rest.prefix(2)), as: UTF8.self))?.first else { throw malformed }
                bytes.append(decoded)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw malformed }
        return text
    }

    private static var malformed: Problem {
        Problem(.malformedQuery, "The query is not percent-encoded UTF-8: write it with URLSearchParams or encodeURIComponent.")
    }
}

/// RFC 2047's encoded words, in which S3 keeps metadata that is not ASCII (Amazon S3 User Guide, "Working with object metadata").
enum EncodedWord {
    static func text(of text: String) -> String {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : "=?UTF-8?B?\(Base64.encode(Array(text.utf8)))?="
    }
}
