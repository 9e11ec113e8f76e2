/// The name of a condition context key, such as `aws:SourceIp` or `s3:ExistingObjectTag/team`. Case does not count.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
public struct ConditionKey: Sendable, CustomStringConvertible {
    /// The key as it was written.
    public let text: String
    /// The key in lower case, by which keys are compared.
    public let lowercased: String
    /// The key in lower case, without the tag's name.
    public let family: String

    /// - Returns: nil when the text is not of the form `prefix:name` or `prefix:name/tag-key`, or has white space in its name.
    public init?(_ text: String) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon != text.startIndex,
            text.utf8.index(after: colon) != text.endIndex
        else { return nil }
        let beforeTag = text.unicodeScalars.prefix { $0 != "/" }
        guard !beforeTag.contains(where: \.isSpace) else { return nil }
        self.text = text
        self.lowercased = text.lowercased()
        self.family = String(self.lowercased.utf8.prefix { $0 != UInt8(ascii: "/") }) ?? self.lowercased
    }

    /// What stands before the colon: `aws` for global keys, else the service.
    public var prefix: Substring { self.text[..<(self.text.utf8.firstIndex(of: UInt8(ascii: ":")) ?? self.text.endIndex)] }

    /// What stands behind the first slash, for keys that name a tag.
    public var tagKey: Substring? {
        self.text.utf8.firstIndex(of: UInt8(ascii: "/")).map { self.text[self.text.utf8.index(after: $0)...] }
    }

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
