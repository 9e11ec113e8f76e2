import S3Signing

/// Reads the few documents that S3's operations take: elements that are asked for by name, and text; anything else is `MalformedXML`.
///
/// It reads bytes, since a combining mark behind `>` makes one character of the two, to Swift but not to XML.
struct XMLReader {
    private var rest: Substring.UTF8View

    private init(_ text: String) {
        self.rest = text[...].utf8
    }

    /// A whole document, of which `content` reads what stands inside the root.
    static func document<Content>(
        _ text: String, _ root: String, _ content: (inout XMLReader) throws(S3Error) -> Content
    ) throws(S3Error) -> Content {
        var reader = XMLReader(text)
        reader.skipSpace()
        if reader.rest.starts(with: "<?xml".utf8) {
            guard let end = reader.rest.firstRange(of: "?>".utf8) else { throw Refused.malformedXML }
            reader.rest = reader.rest[end.upperBound...]
        }
        let result = try reader.element(root, empty: nil, content)
        reader.skipSpace()
        guard reader.rest.isEmpty else { throw Refused.malformedXML }
        return result
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
    }

    private mutating func skipSpace() {
        self.rest = self.rest.drop(while: Self.isSpace)
    }

    /// Whether an element of this name comes next.
    mutating func begins(_ name: String) -> Bool {
        self.skipSpace()
        guard self.rest.starts(with: "<\(name)".utf8), let next = self.rest.dropFirst(name.utf8.count + 1).first else { return false }
        return next == UInt8(ascii: ">") || next == UInt8(ascii: "/") || Self.isSpace(next)
    }

    /// Where the tag that comes next ends: `>` between quotation marks does not end it.
    private func tagEnd() -> Substring.UTF8View.Index? {
        var quote: UInt8?
        return self.rest.firstIndex { byte in
            if let open = quote {
                if byte == open { quote = nil }
                return false
            }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { quote = byte }
            return byte == UInt8(ascii: ">")
        }
    }

    /// `<name>…</name>`, also with a namespace declaration; `<name/>` where empty content means something.
    mutating func element<Content>(
        _ name: String, empty: Content?, _ content: (inout XMLReader) throws(S3Error) -> Content
    ) throws(S3Error) -> Content {
        guard self.begins(name), let end = self.tagEnd() else { throw Refused.malformedXML }
        var attributes = self.rest[..<end].dropFirst(name.utf8.count + 1)
        self.rest = self.rest[end...].dropFirst()
        let isEmpty = attributes.last == UInt8(ascii: "/")
        if isEmpty { attributes = attributes.dropLast() }
        attributes = attributes.drop(while: Self.isSpace)
        guard attributes.isEmpty || attributes.starts(with: "xmlns=".utf8) else { throw Refused.malformedXML }
        if isEmpty {
            guard let empty else { throw Refused.malformedXML }
            return empty
        }
        let result = try content(&self)
        try self.close(name)
        return result
    }

    private mutating func close(_ name: String) throws(S3Error) {
        self.skipSpace()
        guard self.rest.starts(with: "</\(name)>".utf8) else { throw Refused.malformedXML }
        self.rest = self.rest.dropFirst(name.utf8.count + 3)
    }

    /// The text of an element that has nothing else.
    mutating func text(_ name: String) throws(S3Error) -> String {
        try self.element(name, empty: "") { reader throws(S3Error) in
            let raw = reader.rest.prefix { $0 != UInt8(ascii: "<") }
            reader.rest = reader.rest[raw.endIndex...]
            return try Self.unescape(raw)
        }
    }

    private static func unescape(_ raw: Substring.UTF8View) throws(S3Error) -> String {
        var result = ""
        var rest = raw
        while let ampersand = rest.firstIndex(of: UInt8(ascii: "&")) {
            result += Substring(rest[..<ampersand])
            guard let end = rest[ampersand...].firstIndex(of: UInt8(ascii: ";")),
                let scalar = self.scalar(Substring(rest[ampersand..<end].dropFirst()))
            else {
                throw Refused.malformedXML
            }
            result.unicodeScalars.append(scalar)
            rest = rest[end...].dropFirst()
        }
        return result + Substring(rest)
    }

    private static func scalar(_ entity: Substring) -> Unicode.Scalar? {
        switch entity {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case _ where entity.hasPrefix("#x"): return UInt32(entity.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
        case _ where entity.hasPrefix("#"): return UInt32(entity.dropFirst()).flatMap(Unicode.Scalar.init)
        default: return nil
        }
    }
}
