internal import S3Policy
internal import S3Signing

/// All keys that one rule can give to tickets, whoever asks and whenever, held against policies.
///
/// What else a ticket has is the same for all of a rule's, so one of them stands for the rest.
struct TicketSpace {
    enum Verdict {
        /// It is so for every key.
        case yes
        /// It is not so for this resource.
        case no(String)
        /// It would take too long to find out, or a policy variable decides, in the statement that stands here.
        case unknown(Range<Int>?)
    }

    private let rule: UploadRule
    private let environment: Environment
    /// How many states a search may visit.
    private static let stateLimit = 50_000

    init(_ rule: UploadRule, in environment: Environment) {
        self.rule = rule
        self.environment = environment
    }

    /// Whether a policy denies none of the keys to a request like this one.
    func escapesDenials(of policy: Policy, _ access: AccessRequest) -> Verdict {
        self.search(self.statements(of: policy, about: access)) { $0.contains { $0.effect == .deny } }
    }

    /// Whether policies together allow all of the keys to a request like this one.
    func isAllowed(by policies: [Policy], _ access: AccessRequest) -> Verdict {
        self.search(policies.flatMap { self.statements(of: $0, about: access) }) { matching in
            matching.contains { $0.effect == .deny } || !matching.contains { $0.effect == .allow }
        }
    }

    /// The statements that are about such a request, whatever its key.
    private func statements(of policy: Policy, about access: AccessRequest) -> [Statement] {
        let anything = Clause([Located(PolicyText("*", version: .v2012), range: 0..<0)], isNegated: false, range: 0..<0)
        let open = policy.statements.map {
            Statement(
                index: $0.index, range: $0.range, sid: $0.sid, effect: $0.effect, principals: $0.principals, actions: $0.actions,
                resources: anything, conditions: $0.conditions)
        }
        let evaluator = PolicyEvaluator(Policy(kind: policy.kind, version: policy.version, statements: open))
        return zip(policy.statements, evaluator.evaluate(access).statements).filter { $1.matches }.map { $0.0 }
    }

    /// Looks for a key with which the statements that match are as wanted: first where no policy variable does any harm, then where each
    /// does what it can.
    private func search(_ statements: [Statement], isWanted: ([Statement]) -> Bool) -> Verdict {
        switch self.search(statements, variablesHarm: false, isWanted: isWanted) {
        case .found(let resource): return .no(resource)
        case .tooMuch: return .unknown(nil)
        case .nothing: break
        }
        let doubtful = statements.first { $0.resources.items.contains { !$0.value.variables.isEmpty } }
        guard let doubtful else { return .yes }
        if case .nothing = self.search(statements, variablesHarm: true, isWanted: isWanted) { return .yes }
        return .unknown(doubtful.range)
    }

    private func search(_ statements: [Statement], variablesHarm: Bool, isWanted: ([Statement]) -> Bool) -> KeyWalk.Outcome {
        let patterns = statements.enumerated().flatMap { index, statement in
            // A variable stands for anything where that does what is wanted, else for nothing.
            let matchesMore = (statement.effect == .deny) != statement.resources.isNegated ? variablesHarm : !variablesHarm
            return statement.resources.items.filter { matchesMore || $0.value.variables.isEmpty }.map {
                ResourcePattern($0.value, statement: index)
            }
        }
        func matching(_ states: [[Int]]) -> [Statement] {
            let matched = Set(zip(patterns, states).filter { $0.isEnd(of: $1) }.map { $0.0.statement })
            return statements.enumerated().filter { matched.contains($0.offset) != $0.element.resources.isNegated }.map(\.element)
        }
        let folder = "arn:aws:s3:::\(self.environment.location.bucket.name)/"
        let start = patterns.map { pattern in folder.utf8.reduce(pattern.start) { pattern.next($0, $1) } }
        let all = self.rule.keyTemplate.places(
            environment: self.environment.name, rule: self.rule.name, extensions: self.rule.contentTypes.fileExtensions)
        var patience = Self.stateLimit
        for places in all {
            let walk = KeyWalk(places: places, patterns: patterns)
            switch walk.search(from: start, patience: &patience, isWanted: { isWanted(matching($0)) }) {
            case .found(let key): return .found(folder + key)
            case .nothing: continue
            case .tooMuch: return .tooMuch
            }
        }
        return .nothing
    }
}

/// A resource of a statement, as a machine that reads an ARN byte by byte.
private struct ResourcePattern {
    private enum Token {
        case byte(UInt8), anyByte, anyRun
    }

    /// Where the statement stands that it belongs to.
    let statement: Int
    private let tokens: [Token]

    /// A policy variable is taken for anything.
    init(_ text: PolicyText, statement: Int) {
        self.statement = statement
        self.tokens = text.pieces.flatMap { piece -> [Token] in
            switch piece {
            case .literal(let text): text.utf8.map(Token.byte)
            case .anyRun, .variable: [.anyRun]
            case .anyUnit: [.anyByte]
            }
        }
    }

    /// The bytes that stand for themselves.
    var bytes: [UInt8] { self.tokens.compactMap { if case .byte(let byte) = $0 { byte } else { nil } } }

    /// How many tokens may have been read, in order; a run may be over before it began.
    var start: [Int] { self.withSkippedRuns([0]) }

    func next(_ states: [Int], _ byte: UInt8) -> [Int] {
        self.withSkippedRuns(
            states.compactMap { state in
                guard state < self.tokens.count else { return nil }
                switch self.tokens[state] {
                case .byte(let own): return own == byte ? state + 1 : nil
                case .anyByte: return state + 1
                case .anyRun: return state
                }
            })
    }

    func isEnd(of states: [Int]) -> Bool { states.last == self.tokens.count }

    private func withSkippedRuns(_ states: [Int]) -> [Int] {
        var all = Set(states)
        for state in states {
            var state = state
            while state < self.tokens.count, case .anyRun = self.tokens[state] {
                state += 1
                all.insert(state)
            }
        }
        return all.sorted()
    }
}

/// A walk through all keys with one ending, and what patterns make of them.
private struct KeyWalk {
    enum Outcome {
        case found(String)
        case nothing, tooMuch
    }

    private struct State: Hashable {
        /// How many places are behind.
        var place: Int
        var patterns: [[Int]]
    }

    let places: [KeyTemplate.Place]
    let patterns: [ResourcePattern]

    /// Breadth first, so that the shortest key is found.
    func search(from start: [[Int]], patience: inout Int, isWanted: ([[Int]]) -> Bool) -> Outcome {
        let named = Set(self.patterns.flatMap(\.bytes))
        var queue: [(state: State, key: [UInt8])] = [(State(place: 0, patterns: start), [])]
        var seen: Set<State> = [queue[0].state]
        var index = 0
        while index < queue.count {
            let (state, key) = queue[index]
            index += 1
            guard state.place < self.places.count else {
                if isWanted(state.patterns) { return .found(String(decoding: key, as: UTF8.self)) }
                continue
            }
            patience -= 1
            guard patience > 0 else { return .tooMuch }
            let place = self.places[state.place]
            // All bytes that no pattern names are alike.
            let bytes = place.bytes.intersection(named).sorted() + place.bytes.subtracting(named).sorted().prefix(1)
            for byte in bytes {
                let next = zip(self.patterns, state.patterns).map { $0.next($1, byte) }
                for behind in place.repeats ? [state.place + 1, state.place] : [state.place + 1] {
                    let following = State(place: behind, patterns: next)
                    if seen.insert(following).inserted { queue.append((following, key + [byte])) }
                }
            }
        }
        return .nothing
    }
}
