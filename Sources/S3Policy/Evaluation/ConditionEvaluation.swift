/// What became of one condition.
public struct ConditionEvaluation: Sendable, Hashable {
    public enum Result: Sendable, Hashable {
        case holds
        case fails
        /// AWS could not compare: a Deny then denies, and an Allow does not allow (observed).
        case incomparable
    }

    /// Why it holds or not.
    public enum Reason: Sendable, Hashable {
        /// The request's values were compared with the policy's.
        case compared
        /// `Null` asks only whether the request has the key.
        case presence
        /// The request does not have the key.
        case missing
        /// The request's key takes several values and the operator one: that never matches.
        case multivalued
        /// The request's value is no address or ARN: that never matches.
        case malformedRequestValue
        /// A value of the policy is no ARN.
        case malformedPolicyValue
        /// The policy states no value.
        case noValues
    }

    public let condition: Condition
    /// What the request has for the key; nil when it does not have the key.
    public let requestValue: RequestContext.Value?
    /// The policy's values with their variables replaced; nil for one whose variable has no value.
    public let policyValues: [String?]
    /// For each of the policy's values whether one of the request's is equal to it, or fits it; a negated operator holds when none is.
    public let matches: [Bool]
    public let result: Result
    public let reason: Reason

    /// Compares a condition with a request's values.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>.
    init(_ condition: Condition, value: (ConditionKey) -> RequestContext.Value?) {
        let requestValue = value(condition.key)
        let comparer = ConditionComparer(condition: condition, value: value)
        self.condition = condition
        self.requestValue = requestValue
        self.policyValues = comparer.operands.map(\.text)
        (self.result, self.reason) = comparer.result(requestValue)
        self.matches = self.reason == .compared ? comparer.matches(requestValue) : self.policyValues.map { _ in false }
    }
}

extension ConditionOperator {
    /// Whether `${…}` in its values is replaced.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>.
    public var takesVariables: Bool { self.comparison.family == .string || self.comparison.family == .arn }
}

extension RequestContext.Value {
    /// The values, whether the key takes one or several.
    public var texts: [String] {
        switch self {
        case .single(let text): [text]
        case .multiple(let texts): texts
        }
    }
}

/// Compares the values of one condition.
private struct ConditionComparer {
    typealias Answer = (result: ConditionEvaluation.Result, reason: ConditionEvaluation.Reason)

    let condition: Condition
    let operands: [Operand]

    init(condition: Condition, value: (ConditionKey) -> RequestContext.Value?) {
        self.condition = condition
        self.operands = condition.values.map { located in
            guard condition.operator.takesVariables else { return Operand(text: located.value.source, glob: nil) }
            return Operand(text: located.value.text(value), glob: located.value.glob(value))
        }
    }

    func result(_ value: RequestContext.Value?) -> Answer {
        if self.condition.operator.comparison == .null { return (self.null(value), .presence) }
        if self.operands.isEmpty { return (self.withoutOperands(value) ? .holds : .fails, .noValues) }
        guard let value else { return (self.missing() ? .holds : .fails, .missing) }
        switch (self.condition.operator.qualifier, value) {
        case (nil, .single(let text)): return self.scalar(text)
        case (nil, .multiple([])): return (self.condition.operator.comparison.isNegated ? .holds : .fails, .compared)
        case (nil, .multiple): return (.fails, .multivalued)
        case (let qualifier?, _): return self.set(value.texts, qualifier)
        }
    }

    /// Which operands one of the request's values matches.
    func matches(_ value: RequestContext.Value?) -> [Bool] {
        let comparison = self.condition.operator.comparison
        let values = (value?.texts ?? []).compactMap { RequestOperand($0, family: comparison.family) }
        return self.operands.map { operand in values.contains { $0.compare(with: operand, by: comparison) == .matches } }
    }

    /// `ForAnyValue` never holds without a value, not even with `IfExists` or negated (observed).
    private func missing() -> Bool {
        switch self.condition.operator.qualifier {
        case .forAllValues: true
        case .forAnyValue: false
        case nil: self.condition.operator.hasIfExists || self.condition.operator.comparison.isNegated
        }
    }

    /// An empty list matches no value that is there, not even negated.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-suggestion-empty-array-condition>.
    private func withoutOperands(_ value: RequestContext.Value?) -> Bool {
        switch self.condition.operator.qualifier {
        case .forAllValues: value?.texts.isEmpty ?? true
        case .forAnyValue: false
        case nil: value == nil && self.condition.operator.hasIfExists
        }
    }

    /// `Null` asks whether the key is missing; anything but `true` is taken as `false` (observed).
    private func null(_ value: RequestContext.Value?) -> ConditionEvaluation.Result {
        switch self.condition.operator.qualifier {
        case .forAllValues: return .holds
        case .forAnyValue: return .fails
        case nil: break
        }
        return self.operands.contains { ($0.text?.lowercased() == "true") == (value == nil) } ? .holds : .fails
    }

    private func set(_ texts: [String], _ qualifier: ConditionOperator.SetQualifier) -> Answer {
        let answers = texts.map(self.scalar)
        let deciding: ConditionEvaluation.Result = qualifier == .forAllValues ? .fails : .holds
        if let answer = answers.first(where: { $0.result == deciding }) ?? answers.first(where: { $0.result == .incomparable }) {
            return answer
        }
        return (qualifier == .forAllValues ? .holds : .fails, .compared)
    }

    /// Compares one value of the request with all of the policy's, in their order.
    private func scalar(_ text: String) -> Answer {
        let comparison = self.condition.operator.comparison
        guard let left = RequestOperand(text, family: comparison.family) else { return (.fails, .malformedRequestValue) }
        for operand in self.operands {
            switch left.compare(with: operand, by: comparison) {
            case .matches: return (comparison.isNegated ? .fails : .holds, .compared)
            case .incomparable: return (.incomparable, .malformedPolicyValue)
            case .differs: continue
            }
        }
        return (comparison.isNegated ? .holds : .fails, .compared)
    }
}

/// A value of the policy, ready to be compared.
private struct Operand {
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
