@testable import S3Policy

/// Makes requests out of policies' own constants: each value, its neighbours, other cases, with and without the keys.
struct RandomRequests {
    /// With the keys that the caller tells, so that the request cannot.
    private let callers: [(caller: Caller, context: CallerContext)]
    private let algebra = TextAlgebra(workLimit: .max)
    private let actions: [String]
    private let resources: [String]
    private let keys: [(key: ConditionKey, values: [String], isMultivalued: Bool?)]

    init(_ policies: [Policy]) {
        let statements = policies.flatMap(\.statements)
        let principals = statements.flatMap { $0.principals?.items.map(\.value) ?? [] }
        let conditions = statements.flatMap(\.conditions).filter { $0.key.lowercased == "aws:principalarn" }
        self.callers = Self.callers(principals, conditions).map { ($0, $0.context(besides: RequestContext())) }
        let actions = Set(statements.flatMap(\.actions.items).flatMap { Self.texts(of: $0.value.text) })
        self.actions = actions.filter(Self.isAction).sorted() + ["s3:GetObject", "s3:PUTOBJECT", "s3:DeleteBucket", "s3:NewAction"]
        let resourceTexts = statements.flatMap(\.resources.items).map(\.value)
        let resources = Set(resourceTexts.flatMap { Self.texts(of: $0.source) })
        self.resources = resources.filter { ARN($0) != nil }.sorted() + ["arn:aws:s3:::b/ann/a", "arn:aws:s3:::other"]
        var values: [ConditionKey: Set<String>] = [:]
        for condition in statements.flatMap(\.conditions) {
            let texts = condition.values.flatMap { Self.values(like: $0.value.source) }
            values[condition.key, default: []].formUnion(texts + ["", "a", "true", "1767225600"])
        }
        let texts = resourceTexts + statements.flatMap(\.conditions).flatMap { $0.values.map(\.value) }
        for key in texts.flatMap(\.variables) { values[key, default: []].formUnion(["a", "ann"]) }
        self.keys = values.map { key, values in
            let reference = ServiceReference.embedded.conditionKey(key)
            return (key, values.filter { Self.isPossible($0, key, reference?.types ?? []) }.sorted(), reference?.isMultivalued)
        }.filter { !$0.values.isEmpty }.sorted { $0.key.lowercased < $1.key.lowercased }
    }

    func request(_ random: inout SeededGenerator) -> AccessRequest {
        let (caller, ofCaller) = random.pick(self.callers)
        var context = RequestContext()
        for (key, values, isMultivalued) in self.keys where ofCaller[key] == nil && !ofCaller.lacks(key) {
            if !Self.alwaysTold.contains(key.lowercased), random.oneIn(4) { continue }
            if isMultivalued ?? random.oneIn(3) {
                context[key] = .multiple((0..<random.pick([0, 1, 1, 2, 3])).map { _ in random.pick(values) })
            } else {
                context[key] = .single(random.pick(values))
            }
        }
        var (action, resource) = ("", "")
        repeat {
            (action, resource) = (random.pick(self.actions), random.pick(self.resources))
        } while !Targets(reference: .embedded).fits(action, resource, self.algebra)
        return AccessRequest(caller: caller, action: action, resource: resource, context: context)
    }

    /// Whether a key of these types can have a value.
    private static func isPossible(_ value: String, _ key: ConditionKey, _ types: [ValueFamily]) -> Bool {
        switch types.first {
        case .bool: value == "true" || value == "false"
        case .arn: ARN(value) != nil || key.lowercased.hasPrefix("s3:x-amz-")
        case .numeric: PolicyNumber(value) != nil
        case .date: PolicyDate(value) != nil
        case .ipAddress: IPAddress(value) != nil
        default: true
        }
    }

    private static let alwaysTold = ["aws:currenttime", "aws:epochtime", "aws:securetransport"]

    private static func isAction(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].lowercased() == "s3"
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { UnitSet.letters.contains(UInt16($0)) } }
    }

    private static func callers(_ principals: [Principal], _ conditions: [Condition]) -> [Caller] {
        let account = "111122223333"
        var arns = [
            "arn:aws:iam::\(account):root", "arn:aws:iam::\(account):user/ann", "arn:aws:iam::\(account):user/team/ann",
            "arn:aws:iam::\(account):user/Ann", "arn:aws:iam::\(account):role/uploader", "arn:aws:iam::777788889999:user/ann",
            "arn:aws:sts::\(account):assumed-role/uploader/i-1", "arn:aws:sts::\(account):assumed-role/uploader/i-2",
            "arn:aws:sts::\(account):assumed-role/Uploader/i-1", "arn:aws-cn:iam::\(account):user/ann",
            "arn:aws:iam::777788889999:root", "arn:aws:sts::\(account):federated-user/ann",
        ]
        arns += conditions.flatMap { $0.values.flatMap { texts(of: $0.value.source) } }.filter(self.isIdentity)
        var callers: [Caller] = [.anonymous, .service("cloudfront.amazonaws.com"), .service("s3.amazonaws.com")]
        callers += [.originAccessIdentity("E1"), .originAccessIdentity("E2")]
        for principal in principals {
            switch principal {
            case .identity(let arn): arns.append(arn.description)
            case .account(let account, let partition): arns.append("arn:\(partition):iam::\(account):root")
            case .service(let name): callers.append(.service(name))
            default: break
            }
        }
        return callers + Set(arns).sorted().compactMap { ARN($0).map(Caller.identity) }
    }

    private static func isIdentity(_ text: String) -> Bool {
        guard let principal = Principal(kind: .aws, text: text) else { return false }
        switch principal {
        case .identity: return true
        default: return false
        }
    }

    /// Texts that a pattern matches, and some like them that it does not.
    static func texts(of pattern: String) -> [String] {
        let filled = ["", "x", "abc", "/"].map { filling in
            String(pattern.flatMap { $0 == "*" ? filling : $0 == "?" ? String(filling.first ?? "b") : String($0) })
        }
        return filled + filled.flatMap { [String($0.dropLast()), $0 + "z", $0.uppercased(), $0.lowercased()] }
    }

    /// The value, what it matches, and what is next to it as number, date or address.
    private static func values(like value: String) -> [String] {
        var values = [value, "none"] + self.texts(of: value)
        if let number = PolicyNumber(value) {
            values += [number.lower, number.higher].map(\.description) + ["\(value)0", "\(value).5", "+\(value)"]
        }
        if let date = PolicyDate(value) {
            values += [-1, 0, 1].map { PolicyDate(millisecondsSinceEpoch: date.millisecondsSinceEpoch + $0).description }
        }
        if let network = IPNetwork(value) {
            let bounds = network.bounds
            for bits in [bounds.lowerBound, bounds.upperBound, bounds.lowerBound &- 1, bounds.upperBound &+ 1, network.address.bits] {
                let mask: UInt128 = network.address.version == .v4 ? 0xFFFF_FFFF : .max
                let address = IPAddress(version: network.address.version, bits: bits & mask)
                values.append(address.description)
                if address.version == .v4 { values.append("::ffff:\(address)") }
            }
        }
        return values
    }
}
