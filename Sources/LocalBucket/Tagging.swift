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
        let tags = try XMLReader.document(xml, "Tagging") { reader throws(S3Error) in
            try reader.element("TagSet", empty: []) { reader throws(S3Error) in try self.tags(&reader) }
        }
        if Set(tags.map { Array($0.key.utf8) }).count != tags.count {
            throw Refused.invalidTag("Cannot provide multiple Tags with the same key", key: tags.last?.key ?? "")
        }
        return try self.validate(tags)
    }

    private static func tags(_ reader: inout XMLReader) throws(S3Error) -> [ObjectTag] {
        var tags: [ObjectTag] = []
        while reader.begins("Tag") {
            let tag = try reader.element("Tag", empty: nil) { reader throws(S3Error) in
                ObjectTag(key: try reader.text("Key"), value: try reader.text("Value"))
            }
            tags.append(tag)
        }
        return tags
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
