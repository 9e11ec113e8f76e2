/// An element of a small XML document that another program wrote: what stands in it, by names without prefixes.
///
/// Reads what S3's answers and STS's are made of (XML 1.0 without document types and CDATA), so that nothing in a document refers to
/// anything else. Attributes and comments are passed over.
struct XMLElement: Sendable, Equatable {
    let name: String
    /// Its own text, references resolved, without that of its children.
    fileprivate(set) var text = ""
    fileprivate(set) var children: [XMLElement] = []

    static let maximumDepth = 16

    fileprivate init(name: String) {
        self.name = name
    }

    /// The root of a whole document; nil where the bytes are none. White space may stand before the declaration: S3 sends it while it works.
    init?(document: [UInt8]) {
        guard let root = XMLDocumentReader.read(document) else { return nil }
        self = root
    }

    /// The first child of a name.
    subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The first element of a name inside this one, however deep.
    func first(_ name: String) -> XMLElement? {
        for child in children {
            if child.name == name { return child }
            if let found = child.first(name) { return found }
        }
        return nil
    }

    /// The text of the first child of a name, without white space around it.
    func text(of name: String) -> String? {
        self[name].map { $0.text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }

    /// Text as it stands in an element; control characters become references, as S3 writes them.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\u{0}"..."\u{1F}", "\u{7F}": escaped += "&#\(scalar.value);"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// Goes through a document's bytes once. By bytes: a combining mark behind `>` makes one character of the two, to Swift but not to XML.
private struct XMLDocumentReader {
    private let bytes: [UInt8]
    private var position = 0
    /// The elements that are open, outermost first.
    private var open: [XMLElement] = []
    private var root: XMLElement?

    static func read(_ bytes: [UInt8]) -> XMLElement? {
        var reader = XMLDocumentReader(bytes: bytes)
        while reader.position < bytes.count {
            guard reader.readText(), reader.position < bytes.count else { break }
            guard reader.readMarkup() else { return nil }
        }
        return reader.position == bytes.count && reader.open.isEmpty ? reader.root : nil
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads up to the next `<`, or the end.
    private mutating func readText() -> Bool {
        let end = bytes[position...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
        let raw = bytes[position..<end]
        guard !open.isEmpty else {
            guard raw.allSatisfy(Self.isSpace) else { return false }
            position = end
            return true
        }
        guard let text = Self.resolve(raw) else { return false }
        open[open.count - 1].text += text
        position = end
        return true
    }

    /// Reads what stands between `<` and its `>`.
    private mutating func readMarkup() -> Bool {
        if skip("<?") { return pass("?>") }
        if skip("<!--") { return pass("-->") }
        if skip("</") { return readEnd() }
        position += 1
        return readStart()
    }

    private mutating func skip(_ mark: StaticString) -> Bool {
        let mark = "\(mark)".utf8
        guard bytes[position...].starts(with: mark) else { return false }
        position += mark.count
        return true
    }

    private mutating func pass(_ mark: StaticString) -> Bool {
        while position < bytes.count {
            if skip(mark) { return true }
            position += 1
        }
        return false
    }

    /// A name without its prefix; nil for what begins with `!`, among others.
    private mutating func readName() -> String? {
        let end = bytes[position...].firstIndex { !Self.isNameByte($0) } ?? bytes.count
        let name = bytes[position..<end].split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false).last ?? []
        guard !name.isEmpty else { return nil }
        position = end
        return String(decoding: name, as: UTF8.self)
    }

    private mutating func readStart() -> Bool {
        guard root == nil, open.count < XMLElement.maximumDepth, let name = readName() else { return false }
        var quote: UInt8?
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: "<") {
                return false
            } else if byte == UInt8(ascii: ">") {
                open.append(XMLElement(name: name))
                if bytes[position - 2] == UInt8(ascii: "/") { close() }
                return true
            }
        }
        return false
    }

    private mutating func readEnd() -> Bool {
        guard let name = readName(), open.last?.name == name else { return false }
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
        guard skip(">") else { return false }
        close()
        return true
    }

    private mutating func close() {
        let element = open.removeLast()
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: byte >= 0x80
        }
    }

    /// Text with its references resolved; nil for a reference that XML does not know by itself, and for what is not UTF-8.
    private static func resolve(_ raw: ArraySlice<UInt8>) -> String? {
        guard let text = String(validating: raw, as: UTF8.self) else { return nil }
        guard raw.contains(UInt8(ascii: "&")) else { return text }
        var resolved = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let mark = rest.firstIndex(of: "&") {
            resolved += rest[..<mark]
            guard let end = rest[mark...].firstIndex(of: ";"), let scalar = scalar(String(rest[mark..<end].dropFirst())) else { return nil }
            resolved.append(scalar)
            rest = rest[end...].dropFirst()
        }
        return String(resolved + rest)
    }

    private static func scalar(_ reference: String) -> Unicode.Scalar? {
        switch reference {
        case "amp": "&"
        case "lt": "<"
        case "gt": ">"
        case "quot": "\""
        case "apos": "'"
        case _ where reference.hasPrefix("#x"): UInt32(reference.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
        case _ where reference.hasPrefix("#"): UInt32(reference.dropFirst()).flatMap(Unicode.Scalar.init)
        default: nil
        }
    }
}
