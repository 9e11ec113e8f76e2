import S3Policy
import Testing

/// What holds for any policy and any request: made at random from few words, so that they meet.
@Suite("Properties of the evaluation")
struct EvaluationPropertyTests {
    static let rounds = 400

    @Test("A Deny more never allows more, one less never allows less, an Allow more never allows less")
    func monotony() throws {
        var random = Randomness(seed: 1)
        var allowedCount = 0
        for _ in 0..<Self.rounds {
            let statements = try random.statements()
            let request = random.request()
            let outcome = Self.outcome(statements, request)
            let denied = Self.outcome(statements + [try random.statement(effect: "Deny")], request)
            let allowed = Self.outcome(statements + [try random.statement(effect: "Allow")], request)
            let fewer = Self.outcome(statements.filter { $0.effect == .allow }, request)
            #expect(denied == outcome || denied == .deny)
            #expect(allowed == outcome || outcome == .none && allowed == .allow)
            #expect(outcome != .allow || fewer == .allow)
            #expect(Self.outcome(statements.shuffled(using: &random), request) == outcome)
            if outcome == .allow { allowedCount += 1 }
        }
        #expect(allowedCount > Self.rounds / 20 && allowedCount < Self.rounds)
    }

    @Test("One value more never makes a positive condition fail, nor a negated one hold")
    func values() throws {
        var random = Randomness(seed: 2)
        for _ in 0..<(Self.rounds * 4) {
            let operation = random.pick(Randomness.operations)
            let value = random.contextValue()
            let base = ConditionCase(
                operation, (0..<Int.random(in: 1...3, using: &random)).map { _ in random.value(operation) }, value, true)
            let more = ConditionCase(operation, base.values + [random.value(operation)], value, true)
            let before = try base.outcome(effect: "Allow") == .allow
            let after = try more.outcome(effect: "Allow") == .allow
            let isNegated = try #require(ConditionOperator(operation)).comparison.isNegated
            #expect(isNegated ? (before || !after) : (after || !before), "\(base) \(more)")
        }
    }

    @Test("A negated operator holds where the plain one fails, for one value that can be compared")
    func negation() throws {
        var random = Randomness(seed: 3)
        let pairs = [
            ("StringEquals", "StringNotEquals"), ("StringLike", "StringNotLike"), ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
            ("NumericEquals", "NumericNotEquals"), ("DateEquals", "DateNotEquals"), ("IpAddress", "NotIpAddress"),
            ("ArnLike", "ArnNotLike"),
            ("ArnEquals", "ArnNotEquals"),
        ]
        for _ in 0..<Self.rounds {
            let (plain, negated) = random.pick(pairs)
            let values = (0..<2).map { _ in random.value(plain) }
            let requested = RequestContext.Value.single(random.value(plain).replacing("/24", with: ""))
            let plainHolds = try ConditionCase(plain, values, requested, true).outcome(effect: "Allow") == .allow
            let negatedHolds = try ConditionCase(negated, values, requested, true).outcome(effect: "Allow") == .allow
            #expect(plainHolds != negatedHolds, "\(plain) \(values) \(requested)")
            for operation in [plain, negated] {
                let isPlain = operation == plain
                let ifExists = ConditionCase(operation + "IfExists", values, requested, true)
                #expect(try ifExists.outcome(effect: "Allow") == ((isPlain ? plainHolds : negatedHolds) ? .allow : .none))
                #expect(try ConditionCase(operation + "IfExists", values, nil, true).outcome(effect: "Allow") == .allow)
            }
        }
    }

    @Test("The case of actions and keys does not count")
    func letterCase() throws {
        var random = Randomness(seed: 4)
        for _ in 0..<Self.rounds {
            let statements = try random.statements()
            let request = random.request()
            var shouted = request
            shouted.action = request.action.uppercased()
            shouted.context = RequestContext(
                try request.context.values.reduce(into: [:]) { $0[try #require(ConditionKey($1.key.text.uppercased()))] = $1.value })
            #expect(Self.outcome(statements, request) == Self.outcome(statements, shouted))
        }
    }

    @Test("Globs match as a table of all prefixes says, long runs included")
    func globs() {
        var random = Randomness(seed: 5)
        for round in 0..<1_500 {
            let scale = round % 10 == 0 ? 150 : 6
            let pattern = String((0..<Int.random(in: 0...scale, using: &random)).map { _ in random.pick(Array("aaaaaab?*")) })
            let text = String((0..<Int.random(in: 0...(scale * 2), using: &random)).map { _ in random.pick(Array("aaaaaab")) })
            let likely = String(pattern.map { $0 == "*" ? "a" : $0 == "?" ? "b" : $0 })
            for text in [text, likely, "a" + likely, likely + "b"] {
                #expect(Glob(pattern).matches(text) == Self.matches(Array(pattern), Array(text)), "\(pattern) \(text)")
            }
        }
    }

    @Test("One unit that differs in a run longer than a machine word keeps a glob from matching, wherever it is")
    func longRuns() {
        var random = Randomness(seed: 6)
        for length in [65, 70, 127, 128, 129, 200] {
            let run = (0..<length).map { _ in random.pick(Array("aab?")) }
            let pattern = ["*"] + run + ["*"]
            let found = Array("cc") + run.map { $0 == "?" ? "c" : $0 } + Array("cc")
            #expect(Glob(String(pattern)).matches(String(found)))
            for place in 0..<length {
                var other = found
                other[place + 2] = "d"
                #expect(Glob(String(pattern)).matches(String(other)) == Self.matches(pattern, other), "\(length) \(place)")
            }
        }
    }

    /// By all prefixes of both.
    private static func matches(_ pattern: [Character], _ text: [Character]) -> Bool {
        var row = [true] + text.map { _ in false }
        for token in pattern {
            var next = [token == "*" && row[0]]
            for (index, character) in text.enumerated() {
                next.append(token == "*" ? row[index + 1] || next[index] : row[index] && (token == "?" || token == character))
            }
            row = next
        }
        return row[text.count]
    }

    private static func outcome(_ statements: [Statement], _ request: AccessRequest) -> Evaluation.Outcome {
        PolicyEvaluator(Policy(kind: .bucket, version: .v2012, statements: statements)).evaluate(request).outcome
    }
}

/// The same choices for the same seed (SplitMix64), and policies and requests from few words.
private struct Randomness: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    static let operations = [
        "StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "NumericEquals", "NumericLessThan",
        "NumericNotEquals", "DateGreaterThan", "IpAddress", "NotIpAddress", "ArnLike", "ArnNotEquals", "Bool", "Null",
        "ForAnyValue:StringEquals", "ForAllValues:StringLike", "ForAnyValue:StringNotLike", "ForAllValues:NumericNotEquals",
        "StringEqualsIfExists", "NotIpAddressIfExists",
    ]

    mutating func pick<Item>(_ items: [Item]) -> Item {
        items[Int.random(in: 0..<items.count, using: &self)]
    }

    mutating func value(_ operation: String) -> String {
        if operation.contains("String") { return self.pick(["a", "A", "b", "a*", "?", "*", "ab"]) }
        if operation.contains("Numeric") { return self.pick(["1", "1.0", "2", "10"]) }
        if operation.contains("Date") { return self.pick(["2025-01-01", "2025-01-01T00:00:00Z", "2026"]) }
        if operation.contains("Ip") { return self.pick(["192.0.2.0/24", "192.0.2.1", "198.51.100.7", "2001:db8::1"]) }
        if operation.contains("Arn") { return self.pick(["arn:aws:s3:::a", "arn:aws:s3:::*", "arn:aws:sns:::a", "arn:aws:*:::b"]) }
        return self.pick(["true", "false"])
    }

    mutating func contextValue() -> RequestContext.Value? {
        let words = ["a", "A", "ab", "1", "10", "true", "2025-06-01", "192.0.2.1", "2001:db8::1", "arn:aws:s3:::a", "", "x y"]
        switch Int.random(in: 0..<8, using: &self) {
        case 0: return nil
        case 1: return .multiple([])
        case 2: return .multiple([self.pick(words), self.pick(words)])
        default: return .single(self.pick(words))
        }
    }

    mutating func statement(effect: String) throws -> Statement {
        let operation = self.pick(Self.operations)
        let condition = Bool.random(using: &self) ? "{}" : #"{"\#(operation)": {"aws:referer": ["\#(self.value(operation))"]}}"#
        let principal = self.pick([#""*""#, #"{"AWS": "111122223333"}"#, #"{"AWS": "arn:aws:iam::111122223333:user/ann"}"#])
        let text = #"""
            {"Statement": {"Effect": "\#(effect)", "\#(self.pick(["Principal", "Principal", "NotPrincipal"]))": \#(principal),
              "\#(self.pick(["Action", "Action", "NotAction"]))": "\#(self.pick(["*", "s3:Get*", "s3:PutObject"]))",
              "\#(self.pick(["Resource", "Resource", "NotResource"]))": "\#(self.pick(["*", "arn:aws:s3:::a/*", "arn:aws:s3:::?/b"]))",
              "Condition": \#(condition)}}
            """#
        return try bucketPolicy(text).statements[0]
    }

    mutating func statements() throws -> [Statement] {
        var statements: [Statement] = []
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            statements.append(try self.statement(effect: self.pick(["Allow", "Allow", "Deny"])))
        }
        return statements
    }

    mutating func request() -> AccessRequest {
        var values = RequestContext()
        if let key = ConditionKey("aws:referer") { values[key] = self.contextValue() }
        let names = ["user/ann", "user/bob", "root"]
        let user = ARN(partition: "aws", service: "iam", region: "", account: "111122223333", resource: self.pick(names))
        return AccessRequest(
            caller: self.pick([.anonymous, .identity(user), .service("s3.amazonaws.com")]),
            action: self.pick(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]),
            resource: self.pick(["arn:aws:s3:::a/b", "arn:aws:s3:::a/c", "arn:aws:s3:::c/b", "arn:aws:s3:::a"]), context: values)
    }
}
