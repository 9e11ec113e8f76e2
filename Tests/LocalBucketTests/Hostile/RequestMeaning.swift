import S3Signing
import SigV4

/// What a request says, by the rules of S3 and not by the product's code: two requests of one meaning carry one signature.
struct RequestMeaning: Equatable {
    let method: String
    /// Decoded once; nil where it cannot be.
    let path: [UInt8]?
    /// Decoded, in the order of the signature.
    let query: [[[UInt8]]]?
    /// The headers that a signature covers or must cover, by their small name, with the blanks that do not count taken out.
    let headers: [String: [String]]

    /// - Parameter signed: The names of headers that are signed though S3 does not ask for it, in small letters.
    init(_ request: ReceivedRequest, signed: Set<String>) {
        self.method = request.method
        let parts = request.target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        self.path = request.target.utf8.first == UInt8(ascii: "/") ? Self.decode(parts[0], plusIsSpace: false) : nil
        self.query = parts.count == 2 ? Self.parameters(parts[1]) : []
        var headers: [String: [String]] = [:]
        for header in request.headers {
            let name = Self.lowercased(header.name)
            guard Self.counted.contains(name) || signed.contains(name) || name.hasPrefix("x-amz-") else { continue }
            headers[name, default: []].append(name == "host" ? Self.host(header.value) : Self.collapsed(header.value))
        }
        self.headers = headers
    }

    /// Besides `x-amz-*`: what S3 wants signed, and the signature.
    private static let counted: Set<String> = ["host", "content-md5", "authorization"]

    private static func parameters(_ text: Substring.UTF8View) -> [[[UInt8]]]? {
        var pairs: [[[UInt8]]] = []
        for pair in text.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.compactMap { Self.decode($0, plusIsSpace: true) }
            guard decoded.count == parts.count else { return nil }
            pairs.append(decoded.count == 2 ? decoded : decoded + [[]])
        }
        return pairs.sorted { left, right in
            left[0] == right[0] ? left[1].lexicographicallyPrecedes(right[1]) : left[0].lexicographicallyPrecedes(right[0])
        }
    }

    private static func decode(_ text: some Collection<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                let digits = rest.prefix(2)
                guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                    let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return bytes
    }

    private static func lowercased(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    }

    private static func collapsed(_ text: String) -> String {
        text.utf8.split { $0 == 0x20 || $0 == 0x09 }.map { String(Substring($0)) }.joined(separator: " ")
    }

    private static func host(_ text: String) -> String {
        let host = Self.lowercased(Self.collapsed(text))
        for port in [":80", ":443"] where host.hasSuffix(port) { return String(host.dropLast(port.count)) }
        return host
    }

    /// Texts compared by bytes, since equal texts need not have equal bytes.
    static func == (left: Self, right: Self) -> Bool {
        let flat = { (headers: [String: [String]]) in
            headers.map { name, values in [Array(name.utf8)] + values.map { Array($0.utf8) } }.sorted {
                $0[0].lexicographicallyPrecedes($1[0])
            }
        }
        return left.method == right.method && left.path != nil && left.path == right.path && left.query != nil && left.query == right.query
            && flat(left.headers) == flat(right.headers)
    }
}

/// Whether a form still says what the usual draft's policy demands.
struct FormMeaning {
    let isAsSigned: Bool

    init(_ form: ReceivedForm, signed: ReceivedForm) {
        let fields = Self.fields(form)
        let expected = Self.fields(signed)
        self.isAsSigned =
            Set(fields.keys) == Set(expected.keys)
            && fields.allSatisfy { name, value in
                if name != Array("content-type".utf8) { return expected[name] == value }
                // The only field that the policy binds by its beginning, item by item.
                return value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).allSatisfy {
                    $0.starts(with: "image/".utf8)
                }
            }
    }

    /// By small name; several of one name joined; without what needs no condition.
    private static func fields(_ form: ReceivedForm) -> [[UInt8]: [UInt8]] {
        var fields: [[UInt8]: [UInt8]] = [:]
        for field in form.fields {
            let name = field.name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
            if name.starts(with: "x-ignore-".utf8) || name == Array("bucket".utf8) { continue }
            fields[name] = (fields[name].map { $0 + [UInt8(ascii: ",")] } ?? []) + Array(field.value.utf8)
        }
        return fields
    }
}
