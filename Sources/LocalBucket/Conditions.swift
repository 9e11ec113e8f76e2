import S3Signing
import SigV4

/// A list of entity tags as `If-Match` and `If-None-Match` have it.
struct EntityTags {
    private let tags: [Substring]

    init(_ header: String) {
        self.tags = header.split(separator: ",").map(\.trimmingSpaces)
    }

    /// S3 compares without regard to `W/` and takes tags without quotes.
    func contain(_ etag: String) -> Bool {
        self.tags.contains { tag in
            var bare = tag
            if bare == "*" { return true }
            if bare.hasPrefix("W/") { bare = bare.dropFirst(2) }
            if bare.count >= 2, bare.hasPrefix("\""), bare.hasSuffix("\"") { bare = bare.dropFirst().dropLast() }
            return bare == etag
        }
    }
}

/// The conditions of a GET or HEAD, in the order of RFC 9110, section 13.2.2.
enum ReadConditions {
    enum Outcome {
        case send
        case notModified
    }

    static func evaluate(_ fields: FieldList, record: ObjectRecord, now: SigningTime) throws(S3Error) -> Outcome {
        if let tags = fields["if-match"] {
            if !EntityTags(tags).contain(record.etag) { throw Refused.precondition("If-Match") }
        } else if let date = fields["if-unmodified-since"].flatMap(HTTPDate.parse), record.lastModified > date {
            throw Refused.precondition("If-Unmodified-Since")
        }
        if let tags = fields["if-none-match"] {
            return EntityTags(tags).contain(record.etag) ? .notModified : .send
        }
        // A date in the future is no valid condition.
        if let date = fields["if-modified-since"].flatMap(HTTPDate.parse), date <= now, record.lastModified <= date {
            return .notModified
        }
        return .send
    }

    /// Whether `If-Range` lets a range apply: the object is still the one of which the client has a part.
    static func rangeApplies(_ fields: FieldList, record: ObjectRecord) -> Bool {
        guard let condition = fields["if-range"] else { return true }
        if let date = HTTPDate.parse(condition) { return record.lastModified == date }
        return EntityTags(condition).contain(record.etag) && !condition.hasPrefix("W/")
    }
}

extension WriteCondition {
    /// The conditions of a PUT.
    init(_ fields: FieldList) throws(S3Error) {
        switch (fields["if-match"], fields["if-none-match"]) {
        case (nil, nil): self = .none
        case (nil, "*"?): self = .absent
        case (let tags?, nil): self = .matches(tags)
        case (nil, _?), (_?, _?):
            throw Refused.notImplemented(
                "A header you provided implies functionality that is not implemented", header: "If-None-Match")
        }
    }
}
