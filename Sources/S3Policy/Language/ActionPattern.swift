/// An action or a pattern of actions, such as `s3:Get*`. Case does not count.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>.
public struct ActionPattern: Sendable, Hashable {
    /// The pattern as it was written.
    public let text: String

    /// - Returns: nil when the text is neither `*` nor of the form `service:name`.
    public init?(_ text: String) {
        guard text == "*" || Self.parts(of: text) != nil else { return nil }
        self.text = text
    }

    /// What stands before the colon; `*` in the pattern `*`.
    public var service: String { Self.parts(of: self.text).map { String($0.service) } ?? "*" }
    /// What stands behind the colon; `*` in the pattern `*`.
    public var name: String { Self.parts(of: self.text).map { String($0.name) } ?? "*" }

    private static func parts(of text: String) -> (service: Substring, name: Substring)? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let name = text[text.index(after: colon)...]
        guard colon != text.startIndex, !name.isEmpty, !name.contains(":"), !text.contains(where: \.isWhitespace) else { return nil }
        return (text[..<colon], name)
    }
}
