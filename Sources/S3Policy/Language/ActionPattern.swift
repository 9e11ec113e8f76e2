/// An action or a pattern of actions, such as `s3:Get*`. Case does not count.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>.
public struct ActionPattern: Sendable, Hashable {
    /// The pattern as it was written.
    public let text: String
    /// What stands before the colon; `*` in the pattern `*`.
    public let service: String
    /// What stands behind the colon; `*` in the pattern `*`.
    public let name: String

    /// - Returns: nil when the text is neither `*` nor of the form `service:name`.
    public init?(_ text: String) {
        self.text = text
        if text == "*" {
            self.service = text
            self.name = text
            return
        }
        let colon = UInt8(ascii: ":")
        guard let place = text.utf8.firstIndex(of: colon) else { return nil }
        let name = text[text.utf8.index(after: place)...]
        guard place != text.startIndex, !name.isEmpty, !name.utf8.contains(colon),
            !text.unicodeScalars.contains(where: \.isSpace)
        else { return nil }
        self.service = String(text[..<place])
        self.name = String(name)
    }
}

extension Unicode.Scalar {
    /// Whether it is white space of any kind.
    var isSpace: Bool {
        self.isASCII ? self == " " || (0x09...0x0D).contains(self.value) : self.properties.isWhitespace
    }
}
