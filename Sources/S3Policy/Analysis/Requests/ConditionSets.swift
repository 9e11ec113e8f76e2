/// Tells for which values of its key a condition holds.
struct ConditionSets {
    let algebra: TextAlgebra
    let keys: KeyTable
    let known: KnownValues

    /// - Returns: The set; where it is not exact, a larger one and the reason.
    func set(_ condition: Condition, effect: Statement.Effect) -> (set: KeySet, doubt: Uncertainty.Reason?) {
        let comparison = condition.operator.comparison
        guard let number = self.keys.number(of: condition.key) else { preconditionFailure("\(condition.key) is not in the table.") }
        let cells = self.keys.cells(of: number)
        if comparison == .null { return (self.presence(condition, cells), nil) }
        let values: Values
        if condition.values.isEmpty {
            values = Values(self.nothing(cells))
        } else if let cells {
            values =
                cells.family == comparison.family
                ? Values(.cells(self.members(of: cells, condition))) : Values(.cells(cells.all), .mixedComparisons)
        } else if comparison.family.isOrdered {
            values = Values(.text(.everything), .mixedComparisons)
        } else {
            values = self.texts(condition, effect)
        }
        return (self.qualified(condition, values.set, cells), values.doubt)
    }

    /// Single values for which a condition holds, or a larger set and the reason.
    private struct Values {
        var set: ValueTerm
        var doubt: Uncertainty.Reason?

        init(_ set: ValueTerm, _ doubt: Uncertainty.Reason? = nil) {
            self.set = set
            self.doubt = doubt
        }
    }

    private func nothing(_ cells: ValueCells?) -> ValueTerm {
        cells.map { .cells($0.all.complement) } ?? .text(.nothing)
    }

    /// From single values to all that a request can have for the key.
    private func qualified(_ condition: Condition, _ values: ValueTerm, _ cells: ValueCells?) -> KeySet {
        let comparison = condition.operator.comparison
        let hasIfExists = condition.operator.hasIfExists
        switch condition.operator.qualifier {
        case .forAllValues: return KeySet(absent: true, single: values, lists: .all(values))
        case .forAnyValue: return KeySet(absent: false, single: values, lists: .any(values))
        case nil where condition.values.isEmpty: return KeySet(absent: hasIfExists, single: values, lists: .none)
        case nil:
            // Of the lists only the empty one differs from every value.
            let lists: KeySet.Lists = comparison.isNegated ? .all(self.nothing(cells)) : .none
            return KeySet(absent: hasIfExists || comparison.isNegated, single: values, lists: lists)
        }
    }

    private func presence(_ condition: Condition, _ cells: ValueCells?) -> KeySet {
        let operands = condition.values.map { $0.value.source.lowercased() == "true" }
        let (absent, present) =
            switch condition.operator.qualifier {
            case .forAllValues: (true, true)
            case .forAnyValue: (false, false)
            case nil: (operands.contains(true), operands.contains(false))
            }
        let nothing = self.nothing(cells)
        return KeySet(absent: absent, single: present ? nothing.complement : nothing, lists: present ? .every : .none)
    }
}

/// Numbers, dates and addresses.
extension ConditionSets {
    /// A value of the policy; nil where it is malformed, which matches nothing.
    private enum Operand {
        case number(PolicyNumber?)
        case date(PolicyDate?)
        case network(IPNetwork?)

        init(_ text: String, _ family: ValueFamily) {
            switch family {
            case .numeric: self = .number(PolicyNumber(text))
            case .date: self = .date(PolicyDate(text))
            default: self = .network(IPNetwork(text))
            }
        }
    }

    private func members(of cells: ValueCells, _ condition: Condition) -> CellSet {
        let comparison = condition.operator.comparison
        let operands = condition.values.map { Operand($0.value.source, comparison.family) }
        return cells.set { value in
            // A malformed address never matches; a malformed number or date is unequal to all.
            if value == .malformed, comparison.family == .ipAddress { return false }
            return operands.contains { Self.matches(value, $0, comparison) } != comparison.isNegated
        }
    }

    private static func matches(_ value: ValueCells.Value, _ operand: Operand, _ comparison: Comparison) -> Bool {
        switch (value, operand) {
        case (.number(let number), .number(let operand?)): self.compare(number, operand, comparison)
        case (.date(let date), .date(let operand?)): self.compare(date, operand, comparison)
        case (.address(let address), .network(let network?)): network.contains(address)
        default: false
        }
    }

    private static func compare<Value: Comparable>(_ value: Value, _ operand: Value, _ comparison: Comparison) -> Bool {
        switch comparison {
        case .numericEquals, .numericNotEquals, .dateEquals, .dateNotEquals: value == operand
        case .numericLessThan, .dateLessThan: value < operand
        case .numericLessThanEquals, .dateLessThanEquals: value <= operand
        case .numericGreaterThan, .dateGreaterThan: value > operand
        case .numericGreaterThanEquals, .dateGreaterThanEquals: value >= operand
        default: preconditionFailure("\(comparison.rawValue) compares no values with an order.")
        }
    }
}

/// Texts, ARNs among them.
extension ConditionSets {
    private func texts(_ condition: Condition, _ effect: Statement.Effect) -> Values {
        let operands = condition.values.map(\.value)
        switch condition.operator.comparison.family {
        case .bool: return Values(.text(self.algebra.term(self.booleans(operands))))
        case .arn: return self.arns(operands, condition.operator.comparison, effect)
        default: return self.strings(operands, condition.operator.comparison)
        }
    }

    /// Anything but `true`, in any case, counts as false.
    private func booleans(_ operands: [PolicyText]) -> TextLanguage {
        let isTrue = TextLanguage([.caseless(ascii: "true")])
        let asked = Set(operands.map { $0.source.lowercased() == "true" })
        return asked.count == 2 ? .everything : asked.contains(true) ? isTrue : isTrue.complement
    }

    private func strings(_ operands: [PolicyText], _ comparison: Comparison) -> Values {
        var patterns: [TextPattern] = []
        var doubt: Uncertainty.Reason?
        for operand in operands {
            let (pattern, reason) = self.pattern(operand, comparison)
            doubt = doubt ?? reason
            // A larger set of texts that fit is right for a positive operator, a smaller one for a negated.
            if reason == nil || !comparison.isNegated { patterns += pattern }
        }
        return Values(.text(self.algebra.term(TextLanguage(patterns, isComplement: comparison.isNegated))), doubt)
    }

    private func pattern(_ operand: PolicyText, _ comparison: Comparison) -> (patterns: [TextPattern], doubt: Uncertainty.Reason?) {
        let takesVariables = comparison.family == .string
        guard !takesVariables || self.known.settle(operand) else {
            return ([operand.openPattern(wildcards: comparison.matchesPatterns)], .policyVariable)
        }
        if comparison.matchesPatterns { return (operand.glob(self.known.value).map { [TextPattern($0)] } ?? [], nil) }
        guard let text = takesVariables ? operand.text(self.known.value) : operand.source else { return ([], nil) }
        switch comparison {
        case .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase:
            guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return ([.run(.all)], .caseBeyondASCII) }
            return ([.caseless(ascii: text)], nil)
        default: return ([TextPattern(literal: text)], nil)
        }
    }

    /// With an ARN, the first value of the policy that is no ARN ends the comparison: a Deny then denies, an Allow does not allow.
    private func arns(_ operands: [PolicyText], _ comparison: Comparison, _ effect: Statement.Effect) -> Values {
        var patterns: [TextPattern] = []
        var doubt: Uncertainty.Reason?
        var endsAtMalformed = false
        loop: for operand in operands {
            switch self.arn(operand) {
            case .pattern(let pattern): patterns += pattern
            case .unresolved: continue
            case .malformed:
                endsAtMalformed = true
                break loop
            case .open(let pattern):
                doubt = .policyVariable
                if !comparison.isNegated { patterns.append(pattern) }
            case .anything:
                doubt = .policyVariable
                if !comparison.isNegated { patterns.append(.anyARN) }
                break loop
            }
        }
        let isDeny = effect == .deny
        if comparison.isNegated {
            let holds = !endsAtMalformed || isDeny
            let set = holds ? TextLanguage(patterns + TextPattern.notARN, isComplement: true) : .nothing
            return Values(.text(self.algebra.term(set)), doubt)
        }
        return Values(.text(self.algebra.term(TextLanguage(endsAtMalformed && isDeny ? [.anyARN] : patterns))), doubt)
    }

    private enum ARNOperand {
        /// Its patterns; none when it can match no ARN.
        case pattern([TextPattern])
        /// A variable in it has no value: it matches nothing.
        case unresolved
        case malformed
        /// It has open variables in the last part: a pattern for all that it may match.
        case open(TextPattern)
        /// It has open variables elsewhere: it may match anything, or be malformed.
        case anything
    }

    private func arn(_ operand: PolicyText) -> ARNOperand {
        if self.known.settle(operand) {
            guard let glob = operand.glob(self.known.value) else { return .unresolved }
            guard let parts = glob.arnParts else { return .malformed }
            return .pattern(TextPattern(parts).map { [$0] } ?? [])
        }
        guard !operand.hasVariableBeforeResource else { return .anything }
        guard let parts = operand.openGlob.arnParts else { return .malformed }
        return TextPattern(parts).map(ARNOperand.open) ?? .pattern([])
    }
}

extension PolicyText {
    /// The pattern with `*` for each variable: at least all that it may match.
    var openGlob: Glob {
        var glob = Glob()
        for piece in self.pieces {
            switch piece {
            case .literal(let text): glob.append(literal: text)
            case .anyRun, .variable: glob.appendAnyRun()
            case .anyUnit: glob.appendAnyUnit()
            }
        }
        return glob
    }

    /// The same where `*` and `?` may be plain characters.
    fileprivate func openPattern(wildcards: Bool) -> TextPattern {
        if wildcards { return TextPattern(self.openGlob) }
        return self.pieces.reduce(TextPattern()) { pattern, piece in
            switch piece {
            case .literal(let text): pattern + text
            case .anyRun: pattern + "*"
            case .anyUnit: pattern + "?"
            case .variable: pattern + .run(.all)
            }
        }
    }
}
