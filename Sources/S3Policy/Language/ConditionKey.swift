/// The name of a condition context key, such as `aws:SourceIp` or `s3:ExistingObjectTag/team`. Case does not count.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
public struct ConditionKey: Sendable, CustomStringConvertible {
    /// The key as it was written.
    public let text: String
    /// The key in lower case, by which keys are compared.
    public let lowercased: String

    /// - Returns: nil when the text is not of the form `prefix:name` or `prefix:name/tag-key`, or has white space in its name.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex, text.index(after: colon) != text.endIndex else { return nil }
        let beforeTag = text.prefix { $0 != "/" }
        guard !beforeTag.contains(where: \.isWhitespace) else { return nil }
        self.text = text
        self.lowercased = text.lowercased()
    }

    /// What stands before the colon: `aws` for global keys, else the service.
    public var prefix: Substring { self.text.prefix { $0 != ":" } }

    /// What stands behind the first slash, for keys that name a tag.
    public var tagKey: Substring? {
        self.text.firstIndex(of: "/").map { self.text[self.text.index(after: $0)...] }
    }

    /// The key in lower case, without the tag's name.
    public var family: String { String(self.lowercased.prefix { $0 != "/" }) }

    public var description: String { self.text }
}

extension ConditionKey: Hashable {
    public static func == (left: ConditionKey, right: ConditionKey) -> Bool {
        left.lowercased.utf8.elementsEqual(right.lowercased.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in self.lowercased.utf8 { hasher.combine(byte) }
    }
}
