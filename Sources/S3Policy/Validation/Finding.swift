/// Something to change in a document, and where.
public struct Finding: Sendable, Hashable {
    public let code: IssueCode
    /// What is wrong and what to change.
    public let message: String
    /// Where: one place, or several that belong together.
    public let ranges: [Range<Int>]
    /// A change that removes the cause; nil when there is none that is certain.
    public let fix: Fix?

    public init(_ code: IssueCode, _ message: String, at ranges: [Range<Int>], fix: Fix? = nil) {
        self.code = code
        self.message = message.readable
        self.ranges = ranges
        self.fix = fix
    }

    public init(_ code: IssueCode, _ message: String, at range: Range<Int>, fix: Fix? = nil) {
        self.init(code, message, at: [range], fix: fix)
    }

    public var type: FindingType { self.code.type }
}

extension Finding: CustomStringConvertible {
    public var description: String { "\(self.type.rawValue) \(self.code): \(self.message)" }
}

extension [Finding] {
    /// By their first place; those of the same place as they are.
    var inOrderOfText: [Finding] {
        self.enumerated().sorted { left, right in
            let places = (left.element.ranges.first?.lowerBound ?? 0, right.element.ranges.first?.lowerBound ?? 0)
            return places.0 != places.1 ? places.0 < places.1 : left.offset < right.offset
        }.map(\.element)
    }
}

/// How grave a ``Finding`` is, as IAM Access Analyzer grades it.
///
/// Source: <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicyFinding.html>.
public enum FindingType: String, Sendable, Hashable, CaseIterable {
    case error = "ERROR"
    case securityWarning = "SECURITY_WARNING"
    case warning = "WARNING"
    case suggestion = "SUGGESTION"
}

/// Replacements in a document's bytes that belong together; their ranges do not overlap.
public struct Fix: Sendable, Hashable {
    public struct Edit: Sendable, Hashable {
        public let range: Range<Int>
        public let replacement: String

        public init(_ range: Range<Int>, replacement: String) {
            self.range = range
            self.replacement = replacement
        }
    }

    /// What the change does, such as `replace s3:PutObjct by s3:PutObject`.
    public let title: String
    public let edits: [Edit]

    public init(_ title: String, edits: [Edit]) {
        self.title = title.readable
        self.edits = edits
    }

    /// The document with the replacements made.
    public func applied(to bytes: [UInt8]) -> [UInt8] {
        var fixed = bytes
        for edit in self.edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            fixed.replaceSubrange(edit.range, with: edit.replacement.utf8)
        }
        return fixed
    }
}
