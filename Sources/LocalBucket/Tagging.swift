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
        Refused.invalidArgument(
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
        var tags: [ObjectTag] = []
        try self.open("Tagging")
        try self.open("TagSet")
        while !self.closes("TagSet") {
            try self.open("Tag")
            try self.open("Key")
            let key = try self.text(upTo: "Key")
            try self.open("Value")
            tags.append(ObjectTag(key: key, value: try self.text(upTo: "Value")))
            guard self.closes("Tag") else { throw Refused.malformedXML }
        }
        guard self.closes("Tagging") else { throw Refused.malformedXML }
        self.skipSpace()
        guard self.rest.isEmpty else { throw Refused.malformedXML }
        return tags
    }

    private mutating func skipSpace() {
        self.rest = self.rest.drop { $0.isWhitespace }
    }

    /// `<name>`, also with a namespace declaration.
    private mutating func open(_ name: String) throws(S3Error) {
        self.skipSpace()
        guard self.rest.hasPrefix("<\(name)"), let end = self.rest.firstIndex(of: ">") else { throw Refused.malformedXML }
        let attributes = self.rest[self.rest.index(self.rest.startIndex, offsetBy: name.count + 1)..<end].trimmingSpaces
        guard attributes.isEmpty || attributes.hasPrefix("xmlns=") else { throw Refused.malformedXML }
        self.rest = self.rest[self.rest.index(after: end)...]
    }

    private mutating func closes(_ name: String) -> Bool {
        self.skipSpace()
        guard self.rest.hasPrefix("</\(name)>") else { return false }
        self.rest = self.rest.dropFirst(name.count + 3)
        return true
    }

    private mutating func text(upTo name: String) throws(S3Error) -> String {
        guard let end = self.rest.firstIndex(of: "<"), self.rest[end...].hasPrefix("</\(name)>") else { throw Refused.malformedXML }
        let raw = self.rest[..<end]
        self.rest = self.rest[end...].dropFirst(name.count + 3)
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
