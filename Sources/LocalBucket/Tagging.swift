import S3Signing
import SigV4

/// One object tag.
struct ObjectTag: Sendable, Hashable, Codable {
    var key: String
    var value: String
}

/// The two ways in which tags come: URL-encoded in the header `x-amz-tagging`, as XML in the form field `tagging`.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>.
enum Tagging {
    static func parse(header: String) throws(S3Error) -> [ObjectTag] {
        if header.isEmpty { return [] }
        var tags: [ObjectTag] = []
        for pair in header.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = PercentEncoding.decode(parts[0], plusIsSpace: true),
                let value = PercentEncoding.decode(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else {
                throw self.headerRefusal(header)
            }
            tags.append(ObjectTag(key: key, value: value))
        }
        guard Set(tags.map { Array($0.key.utf8) }).count == tags.count else { throw self.headerRefusal(header) }
        return try self.validate(tags)
    }

    private static func headerRefusal(_ header: String) -> S3Error {
        S3Error.invalidArgument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
            name: "x-amz-tagging", value: header)
    }

    static func parse(xml: String) throws(S3Error) -> [ObjectTag] {
        var reader = TagReader(xml)
        let tags = try reader.tagging()
        if Set(tags.map { Array($0.key.utf8) }).count != tags.count {
            throw Refused.invalidTag("Cannot provide multiple Tags with the same key", key: tags.last?.key ?? "")
        }
        return try self.validate(tags)
    }

    private static func validate(_ tags: [ObjectTag]) throws(S3Error) -> [ObjectTag] {
        if tags.count > Limits.tagCount {
            throw S3Error(code: "BadRequest", status: 400, message: "Object tags cannot be greater than \(Limits.tagCount)")
        }
        for tag in tags {
            if tag.key.isEmpty || tag.key.unicodeScalars.count > Limits.tagKeyCharacters || !self.isAllowed(tag.key) {
                throw Refused.invalidTag("The TagKey you have provided is invalid", key: tag.key)
            }
            if tag.value.unicodeScalars.count > Limits.tagValueCharacters || !self.isAllowed(tag.value) {
                throw S3Error(
                    code: "InvalidTag", status: 400, message: "The TagValue you have provided is invalid",
                    details: [Header("TagKey", tag.key), Header("TagValue", tag.value)])
            }
            if tag.key.lowercased().hasPrefix("aws:") {
                throw Refused.invalidTag("System tags cannot be added/updated by requester", key: tag.key)
            }
        }
        return tags
    }

    private static func isAllowed(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber,
                .otherNumber, .spaceSeparator:
                true
            default: "+-=._:/@".unicodeScalars.contains(scalar)
            }
        }
    }
}

/// Reads `<Tagging><TagSet><Tag><Key>…</Key><Value>…</Value></Tag>…</TagSet></Tagging>` and nothing else.
private struct TagReader {
    private var rest: Substring

    init(_ text: String) {
        self.rest = text[...]
    }

    mutating func tagging() throws(S3Error) -> [ObjectTag] {
        self.skipSpace()
        if self.rest.hasPrefix("<?xml"), let end = self.rest.firstRange(of: "?>") {
            self.rest = self.rest[end.upperBound...]
        }
        let tags = try self.element("Tagging", empty: nil) { reader throws(S3Error) in
            try reader.element("TagSet", empty: []) { reader throws(S3Error) in try reader.tags() }
        }
        self.skipSpace()
        guard self.rest.isEmpty else { throw Refused.malformedXML }
        return tags
    }

    private mutating func tags() throws(S3Error) -> [ObjectTag] {
        var tags: [ObjectTag] = []
        while self.begins("<Tag") {
            let tag = try self.element("Tag", empty: nil) { reader throws(S3Error) in
                let key = try reader.element("Key", empty: "") { reader throws(S3Error) in try reader.text() }
                let value = try reader.element("Value", empty: "") { reader throws(S3Error) in try reader.text() }
                return ObjectTag(key: key, value: value)
            }
            tags.append(tag)
        }
        return tags
    }

    private mutating func skipSpace() {
        self.rest = self.rest.drop { $0.isWhitespace }
    }

    private mutating func begins(_ text: String) -> Bool {
        self.skipSpace()
        return self.rest.hasPrefix(text)
    }

    /// `<name>…</name>`, also with a namespace declaration; `<name/>` where empty content means something.
    private mutating func element<Content>(
        _ name: String, empty: Content?, _ content: (inout TagReader) throws(S3Error) -> Content
    ) throws(S3Error) -> Content {
        guard self.begins("<\(name)"), let end = self.rest.firstIndex(of: ">") else { throw Refused.malformedXML }
        var attributes = self.rest[..<end].dropFirst(name.count + 1)
        self.rest = self.rest[end...].dropFirst()
        let isEmpty = attributes.hasSuffix("/")
        if isEmpty { attributes = attributes.dropLast() }
        guard attributes.trimmingSpaces.isEmpty || attributes.hasPrefix(" xmlns=") else { throw Refused.malformedXML }
        if isEmpty {
            guard let empty else { throw Refused.malformedXML }
            return empty
        }
        let result = try content(&self)
        guard self.closes(name) else { throw Refused.malformedXML }
        return result
    }

    private mutating func closes(_ name: String) -> Bool {
        self.skipSpace()
        guard self.rest.hasPrefix("</\(name)>") else { return false }
        self.rest = self.rest.dropFirst(name.count + 3)
        return true
    }

    private mutating func text() throws(S3Error) -> String {
        let end = self.rest.firstIndex(of: "<") ?? self.rest.endIndex
        let raw = self.rest[..<end]
        self.rest = self.rest[end...]
        return try Self.unescape(raw)
    }

    private static func unescape(_ raw: Substring) throws(S3Error) -> String {
        var result = ""
        var rest = raw
        while let ampersand = rest.firstIndex(of: "&") {
            result += rest[..<ampersand]
            guard let end = rest[ampersand...].firstIndex(of: ";"),
                let scalar = self.scalar(rest[rest.index(after: ampersand)..<end])
            else {
                throw Refused.malformedXML
            }
            result.unicodeScalars.append(scalar)
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
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
