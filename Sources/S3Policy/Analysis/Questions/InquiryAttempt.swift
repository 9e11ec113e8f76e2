/// One task of an inquiry with callers of one kind.
final class InquiryAttempt {
    private let inquiry: Inquiry
    private let task: Inquiry.Task
    private let kind: CallerKind
    private let limits: [Literal]
    private var found: AccessRequest?
    private var uncertainty: Uncertainty?
    /// How many requests may still turn out not to be what is looked for.
    private var patience = 24
    /// How often policy variables may still be settled.
    private var settlements = 6

    init(inquiry: Inquiry, task: Inquiry.Task, kind: CallerKind, limits: [Literal]) {
        self.inquiry = inquiry
        self.task = task
        self.kind = kind
        self.limits = limits
    }

    /// - Parameters:
    ///   - everything: All requests in question.
    ///   - matching: The boxes that the request must be in.
    ///   - avoiding: The boxes that it must not be in.
    func run(_ everything: RequestRegion, _ matching: [Box], _ avoiding: [Box]) throws(WorkLimitReached) -> Inquiry.Outcome {
        try self.search(everything, matching, avoiding) { region throws(WorkLimitReached) in
            if try self.take(region, KnownValues()) { return true }
            let doubts = region.doubts.indices.filter { region.doubts[$0] != nil }.map { self.inquiry.doubts.doubts[$0].uncertainty }
            if self.uncertainty == nil { self.uncertainty = doubts.first ?? Uncertainty(reason: .unconfirmedExample, place: nil) }
            self.patience -= 1
            if self.settlements > 0, doubts.contains(where: { $0.reason == .policyVariable }) {
                self.settlements -= 1
                try self.settle(region)
            }
            return self.found != nil || self.patience == 0
        }
        return self.found.map(Inquiry.Outcome.found) ?? self.uncertainty.map(Inquiry.Outcome.uncertain) ?? .nothing
    }

    private func search(
        _ everything: RequestRegion, _ matching: [Box], _ avoiding: [Box],
        accept: @escaping (RequestRegion) throws(WorkLimitReached) -> Bool
    ) throws(WorkLimitReached) {
        var region = everything
        for box in matching {
            guard let part = try self.inquiry.algebra.intersection(region, box) else { return }
            region = part
        }
        _ = try RegionSearch(algebra: self.inquiry.algebra, accept: accept).search(region, outside: avoiding)
    }

    /// Whether a request of the region is what is looked for; then it is kept.
    private func take(_ region: RequestRegion, _ known: KnownValues) throws(WorkLimitReached) -> Bool {
        let request = try self.inquiry.example.request(in: region, self.kind, known: known)
        guard self.inquiry.confirm(request) else { return false }
        self.found = request
        return true
    }
}

/// Policy variables.
extension InquiryAttempt {
    /// Looks again with one caller and one value for each key that policy variables stand for: then nothing about them is in doubt.
    private func settle(_ region: RequestRegion) throws(WorkLimitReached) {
        for prefersPresence in [true, false] {
            let (known, literals) = try self.knownValues(region, prefersPresence: prefersPresence)
            let compiled = self.inquiry.compile([self.task], self.kind, known)
            guard let (matching, avoiding) = compiled.boxes(self.task),
                let everything = try self.inquiry.everything(self.kind, self.limits + literals)
            else { continue }
            var patience = 4
            try self.search(everything, matching, avoiding) { region throws(WorkLimitReached) in
                patience -= 1
                return try self.take(region, known) || patience == 0
            }
            if self.found != nil { return }
        }
    }

    /// Values for the keys of all variables, as a region lets them be, and the literals that hold requests to them.
    private func knownValues(
        _ region: RequestRegion, prefersPresence: Bool
    ) throws(WorkLimitReached) -> (known: KnownValues, literals: [Literal]) {
        let region = try self.inquiry.example.withPlainCaller(region)
        let (caller, context) = self.kind.caller(region.caller.text)
        let ofCaller = caller.context(besides: context)
        var known = KnownValues()
        let name = TextLanguage([TextPattern(literal: region.caller.text)])
        var literals = [Literal.caller(self.inquiry.algebra.term(name))]
        for key in self.variables where !known.values.keys.contains(key) {
            guard self.kind.source(of: key) == .request else {
                known.values[key] = .some(context[key] ?? ofCaller[key])
                continue
            }
            guard let number = self.inquiry.keys.number(of: key) else {
                let isMultivalued = self.inquiry.example.reference.conditionKey(key)?.isMultivalued == true
                known.values[key] = .some(prefersPresence && !isMultivalued ? .single("example") : nil)
                continue
            }
            var values = region.keys[number]
            if prefersPresence, values.single != nil || values.lists != nil { values.absent = false }
            let value = try self.inquiry.example.value(in: values, number)
            known.values[key] = .some(value)
            literals.append(.key(number, self.set(value, number)))
        }
        return (known, literals)
    }

    /// The requests that have a value, a list of values or nothing for a key.
    private func set(_ value: RequestContext.Value?, _ number: Int) -> KeySet {
        let nothing: ValueTerm = self.inquiry.keys.cells(of: number).map { .cells($0.all.complement) } ?? .text(.nothing)
        switch value {
        case nil: return KeySet(absent: true, single: nothing, lists: .none)
        case .multiple(_)?: return KeySet(absent: false, single: nothing, lists: .every)
        case .single(let text)?:
            let single: ValueTerm =
                if let cells = self.inquiry.keys.cells(of: number) {
                    .cells(CellSet(cells.samples.indices.map { cells.text($0) == text }))
                } else {
                    .text(self.inquiry.algebra.term(TextLanguage([TextPattern(literal: text)])))
                }
            return KeySet(absent: false, single: single, lists: .none)
        }
    }

    private var variables: [ConditionKey] {
        (self.task.matching + self.task.avoiding).flatMap { place -> [ConditionKey] in
            let statement = self.inquiry.policies[place.policy].statements[place.statement]
            let conditions = statement.conditions.filter(\.operator.takesVariables)
            return (statement.resources.items + conditions.flatMap(\.values)).flatMap(\.value.variables)
        }
    }
}
