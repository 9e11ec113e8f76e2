/// A condition operator with what may stand around it: `ForAnyValue:StringLikeIfExists`.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.
public struct ConditionOperator: Sendable, Hashable, CustomStringConvertible {
    /// How an operator takes keys with several values.
    public enum SetQualifier: String, Sendable, Hashable, CaseIterable {
        case forAllValues = "ForAllValues"
        case forAnyValue = "ForAnyValue"
    }

    public let qualifier: SetQualifier?
    public let comparison: Comparison
    /// Whether a missing key makes the condition true.
    public let hasIfExists: Bool

    public init(_ comparison: Comparison, qualifier: SetQualifier? = nil, hasIfExists: Bool = false) {
        self.qualifier = qualifier
        self.comparison = comparison
        self.hasIfExists = hasIfExists
    }

    /// - Returns: nil when there is no such operator. `Null` takes no `IfExists`.
    public init?(_ text: String) {
        var rest = text[...]
        self.qualifier = SetQualifier.allCases.first { text.hasPrefix("\($0.rawValue):") }
        if let qualifier { rest = rest.dropFirst(qualifier.rawValue.count + 1) }
        self.hasIfExists = rest.hasSuffix("IfExists")
        if self.hasIfExists { rest = rest.dropLast("IfExists".count) }
        guard let comparison = Comparison(rawValue: String(rest)), !(comparison == .null && self.hasIfExists) else { return nil }
        self.comparison = comparison
    }

    public var description: String {
        (self.qualifier.map { "\($0.rawValue):" } ?? "") + self.comparison.rawValue + (self.hasIfExists ? "IfExists" : "")
    }
}

/// What a condition operator compares.
public enum Comparison: String, Sendable, Hashable, CaseIterable {
    case stringEquals = "StringEquals"
    case stringNotEquals = "StringNotEquals"
    case stringEqualsIgnoreCase = "StringEqualsIgnoreCase"
    case stringNotEqualsIgnoreCase = "StringNotEqualsIgnoreCase"
    case stringLike = "StringLike"
    case stringNotLike = "StringNotLike"
    case numericEquals = "NumericEquals"
    case numericNotEquals = "NumericNotEquals"
    case numericLessThan = "NumericLessThan"
    case numericLessThanEquals = "NumericLessThanEquals"
    case numericGreaterThan = "NumericGreaterThan"
    case numericGreaterThanEquals = "NumericGreaterThanEquals"
    case dateEquals = "DateEquals"
    case dateNotEquals = "DateNotEquals"
    case dateLessThan = "DateLessThan"
    case dateLessThanEquals = "DateLessThanEquals"
    case dateGreaterThan = "DateGreaterThan"
    case dateGreaterThanEquals = "DateGreaterThanEquals"
    case bool = "Bool"
    case binaryEquals = "BinaryEquals"
    case ipAddress = "IpAddress"
    case notIpAddress = "NotIpAddress"
    case arnEquals = "ArnEquals"
    case arnNotEquals = "ArnNotEquals"
    case arnLike = "ArnLike"
    case arnNotLike = "ArnNotLike"
    case null = "Null"

    /// What kind of values it compares.
    public var family: ValueFamily {
        switch self {
        case .stringEquals, .stringNotEquals, .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase, .stringLike, .stringNotLike: .string
        case .numericEquals, .numericNotEquals, .numericLessThan, .numericLessThanEquals, .numericGreaterThan, .numericGreaterThanEquals:
            .numeric
        case .dateEquals, .dateNotEquals, .dateLessThan, .dateLessThanEquals, .dateGreaterThan, .dateGreaterThanEquals: .date
        case .bool: .bool
        case .binaryEquals: .binary
        case .ipAddress, .notIpAddress: .ipAddress
        case .arnEquals, .arnNotEquals, .arnLike, .arnNotLike: .arn
        case .null: .null
        }
    }

    /// Whether the condition holds when none of the values matches.
    public var isNegated: Bool {
        switch self {
        case .stringNotEquals, .stringNotEqualsIgnoreCase, .stringNotLike, .numericNotEquals, .dateNotEquals, .notIpAddress, .arnNotEquals,
            .arnNotLike:
            true
        default: false
        }
    }

    /// Whether `*` and `?` are wildcards in its values.
    public var matchesPatterns: Bool {
        self == .stringLike || self == .stringNotLike || self.family == .arn
    }
}

/// The kinds of values that condition operators compare and condition keys have.
public enum ValueFamily: String, Sendable, Hashable, CaseIterable {
    case string = "String"
    case numeric = "Numeric"
    case date = "Date"
    case bool = "Bool"
    case binary = "Binary"
    case ipAddress = "IPAddress"
    case arn = "ARN"
    case null = "Null"
}
