/// Turns statements into boxes, for callers of one kind.
struct BoxCompiler {
    let algebra: TextAlgebra
    let keys: KeyTable
    let doubts: DoubtTable
    let kind: CallerKind
    let known: KnownValues

    /// The requests that a statement matches; nil when there are none.
    /// - Parameter place: Which statement it is, for doubts about it.
    func box(_ statement: Statement, of policy: Policy, at place: StatementPlace) -> Box? {
        var builder = BoxBuilder(doubts: self.doubts, place: place)
        if let principals = statement.principals {
            let (names, isExact) = principals.names(of: self.kind)
            builder.add(.caller(self.algebra.term(names)))
            if !isExact { builder.doubt(.canonicalUser, principals.doubtText("Principal")) }
        }
        builder.add(.action(self.algebra.term(statement.actions.language)))
        let (resources, isExact) = self.resources(statement.resources, policy.kind)
        builder.add(.resource(self.algebra.term(resources)))
        if !isExact { builder.doubt(.policyVariable, statement.resources.doubtText("Resource, \(policy.kind.rawValue)")) }
        let sets = ConditionSets(algebra: self.algebra, keys: self.keys, known: self.known)
        for condition in statement.conditions {
            let (set, doubt) = sets.set(condition, effect: statement.effect)
            self.add(condition, set, to: &builder, effect: statement.effect)
            if let doubt { builder.doubt(doubt, condition.doubtText(statement.effect)) }
        }
        return builder.box
    }

    /// Adds what a condition says about its key, or, where the caller tells the key, about the caller.
    private func add(_ condition: Condition, _ set: KeySet, to builder: inout BoxBuilder, effect: Statement.Effect) {
        func add(_ property: CallerProperty, _ values: ValueTerm) {
            if case .text(let term) = values {
                builder.add(.caller(self.algebra.term(self.algebra.language(term).preimage(property.preimage))))
            } else {
                builder.doubt(.callerKey, condition.doubtText(effect))
            }
        }
        switch self.kind.source(of: condition.key) {
        case .request:
            guard let number = self.keys.number(of: condition.key) else { preconditionFailure("\(condition.key) is not in the table.") }
            builder.add(.key(number, set))
        case .nowhere: builder.add(set.absent)
        case .caller(let property): add(property, set.single)
        case .fixed(.single(let text)):
            if case .text(let term) = set.single {
                builder.add(self.algebra.contains(text, in: term))
            } else {
                builder.doubt(.callerKey, condition.doubtText(effect))
            }
        case .fixed(.multiple): builder.doubt(.callerKey, condition.doubtText(effect))
        case .listOfCaller(let property):
            switch set.lists {
            case .none: builder.add(false)
            case .every: break
            case .all(let values), .any(let values): add(property, values)
            }
        }
    }

    private func resources(_ clause: Clause<PolicyText>, _ kind: PolicyKind) -> (language: TextLanguage, isExact: Bool) {
        var patterns: [TextPattern] = []
        var isExact = true
        for item in clause.items.map(\.value) {
            if item.source == "*" {
                patterns.append(.run(.all))
                continue
            }
            if item.hasVariableBeforeResource { continue }
            let isSettled = self.known.settle(item)
            if !isSettled { isExact = false }
            // A larger set is right for Resource, a smaller one for NotResource.
            guard let glob = isSettled ? item.glob(self.known.value) : clause.isNegated ? nil : item.openGlob,
                let parts = (kind == .identity ? glob.completedToARN : glob).arnParts
            else { continue }
            patterns += TextPattern(parts).map { [$0] } ?? []
        }
        return (TextLanguage(patterns, isComplement: clause.isNegated), isExact)
    }
}

/// Collects the literals of one box.
private struct BoxBuilder {
    let doubts: DoubtTable
    let place: StatementPlace
    private var literals: [Literal] = []
    private var isEmpty = false

    init(doubts: DoubtTable, place: StatementPlace) {
        self.doubts = doubts
        self.place = place
    }

    var box: Box? { self.isEmpty ? nil : Box(literals: self.literals) }

    mutating func add(_ holds: Bool) {
        if !holds { self.isEmpty = true }
    }

    mutating func add(_ literal: Literal) {
        switch literal {
        case .caller(.nothing), .action(.nothing), .resource(.nothing): self.isEmpty = true
        case .caller(.everything), .action(.everything), .resource(.everything): break
        default: if !self.literals.contains(literal) { self.literals.append(literal) }
        }
    }

    mutating func doubt(_ reason: Uncertainty.Reason, _ text: [String]) {
        let doubt = Doubt(text: text, uncertainty: Uncertainty(reason: reason, place: self.place))
        self.add(.doubt(self.doubts.number(of: doubt), holds: true))
    }
}

/// The doubts of a question, by number.
final class DoubtTable {
    private(set) var doubts: [Doubt] = []
    private var numbers: [Doubt: Int] = [:]

    func number(of doubt: Doubt) -> Int {
        if let known = self.numbers[doubt] { return known }
        self.numbers[doubt] = self.doubts.count
        self.doubts.append(doubt)
        return self.doubts.count - 1
    }
}

extension Clause<ActionPattern> {
    /// The actions in lower case; see ``RequestSpace``.
    fileprivate var language: TextLanguage {
        let patterns = self.items.flatMap { item -> [TextPattern] in
            let action = item.value
            if action.text == "*" { return [.run(.all)] }
            guard let service = TextPattern(Glob(action.service.lowercased())).without(.colon) else { return [] }
            return [service + ":" + TextPattern(Glob(action.name.lowercased()))]
        }
        return TextLanguage(patterns, isComplement: self.isNegated)
    }
}

extension Clause<PolicyText> {
    fileprivate func doubtText(_ element: String) -> [String] {
        ["\(self.isNegated ? "Not" : "")\(element)"] + self.items.map(\.value).doubtTexts
    }
}

extension [PolicyText] {
    /// The same for lists that mean the same: in any order, with any letters in the names of keys.
    fileprivate var doubtTexts: [String] { Set(self.map { "\($0.pieces.map(\.doubtText))" }).sorted() }
}

extension PolicyText.Piece {
    fileprivate var doubtText: String {
        guard case .variable(let key, let value) = self else { return "\(self)" }
        return "\(key.lowercased) \(value.debugDescription)"
    }
}

extension Clause<Principal> {
    fileprivate func doubtText(_ element: String) -> [String] {
        ["\(self.isNegated ? "Not" : "")\(element)"] + self.items.map { String(describing: $0.value) }
    }
}

extension Condition {
    /// With ARNs it depends on the effect whether it holds.
    fileprivate func doubtText(_ effect: Statement.Effect) -> [String] {
        let effect = self.operator.comparison.family == .arn ? effect.rawValue : ""
        return [effect, self.operator.description, self.key.lowercased] + self.values.map(\.value).doubtTexts
    }
}
