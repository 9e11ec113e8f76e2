/// Looks for a request that some statements match and others do not.
struct Inquiry {
    /// A task is done when a request is found that all of some statements match, and none of some others.
    struct Task {
        var matching: [StatementPlace]
        var avoiding: [StatementPlace]
    }

    enum Outcome {
        case found(AccessRequest)
        /// There is no such request.
        case nothing
        case uncertain(Uncertainty)
    }

    /// What holds the requests of one kind of callers to those in question; nil for kinds that are not in question.
    typealias Limits = (CallerKind, TextAlgebra, KeyTable) -> [Literal]?

    static func noLimits(_: CallerKind, _: TextAlgebra, _: KeyTable) -> [Literal]? { [] }

    let policies: [Policy]
    let algebra: TextAlgebra
    let keys: KeyTable
    let doubts = DoubtTable()
    let example: RequestExample
    private let targets: Targets
    private let limits: Limits
    /// Whether a request is what is looked for.
    let confirm: (AccessRequest) -> Bool

    init(
        _ policies: [Policy], reference: ServiceReference, workLimit: Int, limits: @escaping Limits,
        confirm: @escaping (AccessRequest) -> Bool
    ) {
        self.policies = policies
        self.algebra = TextAlgebra(workLimit: workLimit)
        self.keys = KeyTable(policies, reference: reference)
        self.example = RequestExample(algebra: self.algebra, keys: self.keys, reference: reference)
        self.targets = Targets(reference: reference)
        self.limits = limits
        self.confirm = confirm
    }

    /// Does the first of some tasks that can be done.
    ///
    /// Which actions go with which resources matters only for what is found; to look at each group of them takes longer.
    func run(_ tasks: [Task]) -> Outcome {
        let outcome = self.run(tasks, limits: self.limits)
        guard case .found(let request) = outcome, !self.targets.fits(request.action, request.resource, self.algebra) else { return outcome }
        var uncertainty: Uncertainty?
        for group in self.targets.groups {
            let outcome = self.run(tasks) { kind, algebra, keys in
                self.limits(kind, algebra, keys).map { $0 + group.literals(algebra) }
            }
            switch outcome {
            case .found: return outcome
            case .nothing: break
            case .uncertain(let reason): uncertainty = uncertainty ?? reason
            }
        }
        return uncertainty.map(Outcome.uncertain) ?? .nothing
    }

    private func run(_ tasks: [Task], limits: Limits) -> Outcome {
        var uncertainty: Uncertainty?
        do throws(WorkLimitReached) {
            // Boxes that do not speak of the caller are the same for many kinds.
            var covered: Set<[Box]> = []
            for kind in CallerKind.allCases {
                guard let limits = limits(kind, self.algebra, self.keys) else { continue }
                let compiled = self.compile(tasks, kind, KnownValues())
                guard let everything = try self.everything(kind, limits) else { continue }
                for task in tasks {
                    guard let (matching, avoiding) = compiled.boxes(task) else { continue }
                    let boxes = matching + [Box(literals: [])] + avoiding
                    let speaksOfCaller = boxes.contains { $0.literals.contains { if case .caller = $0 { true } else { false } } }
                    if !speaksOfCaller, covered.contains(boxes) { continue }
                    let attempt = InquiryAttempt(inquiry: self, task: task, kind: kind, limits: limits)
                    switch try attempt.run(everything, matching, avoiding) {
                    case .found(let request): return .found(request)
                    case .nothing: if !speaksOfCaller { covered.insert(boxes) }
                    case .uncertain(let reason): uncertainty = uncertainty ?? reason
                    }
                }
            }
        } catch {
            uncertainty = uncertainty ?? Uncertainty(reason: .tooComplex, place: nil)
        }
        return uncertainty.map(Outcome.uncertain) ?? .nothing
    }

    func everything(_ kind: CallerKind, _ limits: [Literal]) throws(WorkLimitReached) -> RequestRegion? {
        let all = try RequestSpace.everything(
            kind, self.policies[0].kind, self.keys, doubtCount: self.doubts.doubts.count, self.algebra)
        guard let all else { return nil }
        return try self.algebra.intersection(all, Box(literals: limits))
    }

    /// The boxes of all statements of some tasks.
    func compile(_ tasks: [Task], _ kind: CallerKind, _ known: KnownValues) -> CompiledBoxes {
        let compiler = BoxCompiler(algebra: self.algebra, keys: self.keys, doubts: self.doubts, kind: kind, known: known)
        var boxes = CompiledBoxes()
        for place in tasks.flatMap({ $0.matching + $0.avoiding }) where !boxes.known.keys.contains(place) {
            let policy = self.policies[place.policy]
            boxes.known[place] = .some(compiler.box(policy.statements[place.statement], of: policy, at: place))
        }
        return boxes
    }
}

/// The boxes of some statements; nil for one that matches nothing.
struct CompiledBoxes {
    var known: [StatementPlace: Box?] = [:]

    /// The boxes of a task; nil when a statement that must match never does.
    func boxes(_ task: Inquiry.Task) -> (matching: [Box], avoiding: [Box])? {
        let matching = task.matching.compactMap { self.known[$0] ?? nil }
        guard matching.count == task.matching.count else { return nil }
        return (matching, task.avoiding.compactMap { self.known[$0] ?? nil })
    }
}
