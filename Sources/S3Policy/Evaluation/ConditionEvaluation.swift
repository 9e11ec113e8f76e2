/// What became of one condition.
public struct ConditionEvaluation: Sendable, Hashable {
    public enum Result: Sendable, Hashable {
        case holds
        case fails
        /// AWS could not compare: a Deny then denies, and an Allow does not allow (observed).
        case incomparable
    }

    public let condition: Condition
    /// What the request has for the key; nil when it does not have the key.
    public let requestValue: RequestContext.Value?
    /// The policy's values with their variables replaced; nil for one whose variable has no value.
    public let policyValues: [String?]
    public let result: Result

    /// Compares a condition with a request's values.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>.
    init(_ condition: Condition, value: (ConditionKey) -> RequestContext.Value?) {
        let requestValue = value(condition.key)
        let comparer = ConditionComparer(condition: condition, value: value)
        self.condition = condition
        self.requestValue = requestValue
        self.policyValues = comparer.operands.map(\.text)
        self.result = comparer.result(requestValue)
    }
}

/// Compares the values of one condition.
private struct ConditionComparer {
    let condition: Condition
    let operands: [Operand]

    init(condition: Condition, value: (ConditionKey) -> RequestContext.Value?) {
        self.condition = condition
        let family = condition.operator.comparison.family
        let takesVariables = family == .string || family == .arn
        self.operands = condition.values.map { located in
            guard takesVariables else { return Operand(source: located.value, text: located.value.source, glob: nil) }
            return Operand(source: located.value, text: located.value.text(value), glob: located.value.glob(value))
        }
    }

    func result(_ value: RequestContext.Value?) -> ConditionEvaluation.Result {
        if self.condition.operator.comparison == .null { return self.null(value) }
        switch (self.condition.operator.qualifier, value) {
        case (_, nil): return self.missing() ? .holds : .fails
        case (nil, .multiple): return .fails
        case (nil, .single(let text)): return self.scalar(text)
        case (let qualifier?, .single(let text)): return self.set([text], qualifier)
        case (let qualifier?, .multiple(let texts)): return self.set(texts, qualifier)
        }
    }

    private func missing() -> Bool {
        switch self.condition.operator.qualifier {
        case .forAllValues: true
        case .forAnyValue: self.condition.operator.hasIfExists
        case nil: self.condition.operator.hasIfExists || self.condition.operator.comparison.isNegated
        }
    }

    /// `Null` asks whether the key is missing; anything but `true` is taken as `false` (observed).
    private func null(_ value: RequestContext.Value?) -> ConditionEvaluation.Result {
        switch self.condition.operator.qualifier {
        case .forAllValues: return .holds
        case .forAnyValue: return .fails
        case nil: break
        }
        let isMissing = value == nil || value == .multiple([])
        return self.operands.contains { ($0.text?.lowercased() == "true") == isMissing } ? .holds : .fails
    }

    private func set(_ texts: [String], _ qualifier: ConditionOperator.SetQualifier) -> ConditionEvaluation.Result {
        let results = texts.map(self.scalar)
        switch qualifier {
        case .forAllValues:
            if results.contains(.fails) { return .fails }
            return results.contains(.incomparable) ? .incomparable : .holds
        case .forAnyValue:
            if results.contains(.holds) { return .holds }
            return results.contains(.incomparable) ? .incomparable : .fails
        }
    }

    /// Compares one value of the request with all of the policy's, in their order.
    private func scalar(_ text: String) -> ConditionEvaluation.Result {
        let comparison = self.condition.operator.comparison
        guard let left = RequestOperand(text, family: comparison.family) else { return .fails }
        for operand in self.operands {
            switch left.compare(with: operand, by: comparison) {
            case .matches: return comparison.isNegated ? .fails : .holds
            case .incomparable: return .incomparable
            case .differs: continue
            }
        }
        return comparison.isNegated ? .holds : .fails
    }
}

/// A value of the policy, ready to be compared.
private struct Operand {
    let source: PolicyText
    /// Nil when a variable has no value.
    let text: String?
    let glob: Glob?
}

private enum Match {
    case matches, differs, incomparable
}

/// A value of the request, read as the operator's family reads it.
private enum RequestOperand {
    case text(String)
    case number(PolicyNumber?)
    case date(PolicyDate?)
    case bool(Bool)
    case address(IPAddress)
    case arn(ARN)

    /// - Returns: nil for a malformed address or ARN, which no condition ever matches, not even a negated one (observed).
    init?(_ text: String, family: ValueFamily) {
        switch family {
        case .string, .binary, .null: self = .text(text)
        case .numeric: self = .number(PolicyNumber(text))
        case .date: self = .date(PolicyDate(text))
        case .bool: self = .bool(text.lowercased() == "true")
        case .ipAddress:
            guard let address = IPAddress(text) else { return nil }
            self = .address(address)
        case .arn:
            guard let arn = ARN(text) else { return nil }
            self = .arn(arn)
        }
    }

    func compare(with operand: Operand, by comparison: Comparison) -> Match {
        guard let text = operand.text else { return .differs }
        let matches: Bool
        switch self {
        case .text(let value): matches = Self.compare(value, text, operand.glob, by: comparison)
        case .number(let value): matches = Self.compare(value, PolicyNumber(text), by: comparison)
        case .date(let value): matches = Self.compare(value, PolicyDate(text), by: comparison)
        case .bool(let value): matches = value == (text.lowercased() == "true")
        case .address(let value): matches = IPNetwork(text)?.contains(value) == true
        case .arn(let value):
            guard let pattern = operand.glob?.arnParts else { return .incomparable }
            matches = pattern.matches(value)
        }
        return matches ? .matches : .differs
    }

    private static func compare(_ value: String, _ text: String, _ glob: Glob?, by comparison: Comparison) -> Bool {
        switch comparison {
        case .stringLike, .stringNotLike: glob?.matches(value) == true
        case .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase: value.loweredAsAWS == text.loweredAsAWS
        default: value.utf16.elementsEqual(text.utf16)
        }
    }

    /// The not-equal operators ask for equality, and are negated by their caller: what does not convert is not equal.
    private static func compare<Value: Comparable>(_ value: Value?, _ operand: Value?, by comparison: Comparison) -> Bool {
        guard let value, let operand else { return false }
        switch comparison {
        case .numericLessThan, .dateLessThan: return value < operand
        case .numericLessThanEquals, .dateLessThanEquals: return value <= operand
        case .numericGreaterThan, .dateGreaterThan: return value > operand
        case .numericGreaterThanEquals, .dateGreaterThanEquals: return value >= operand
        default: return value == operand
        }
    }
}
