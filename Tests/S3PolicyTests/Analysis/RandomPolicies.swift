import S3Policy

/// Makes small policies whose statements overlap often: few constants, all operators.
struct RandomPolicies {
    var random: SeededGenerator
    /// Whether policies may have what sets cannot tell exactly: variables, canonical users, one key compared in two ways.
    let hasDoubts: Bool

    init(seed: UInt64, hasDoubts: Bool) {
        self.random = SeededGenerator(seed: seed)
        self.hasDoubts = hasDoubts
    }

    /// Two policies, the second often made from the first.
    mutating func pair() -> (first: String, second: String) {
        let statements = (0...self.random.pick([0, 0, 1, 2])).map { index in self.statement(mayDeny: index > 0) }
        let other: [RandomStatement]
        if self.random.oneIn(4) {
            other = (0...self.random.pick([0, 0, 1, 2])).map { index in self.statement(mayDeny: index > 0) }
        } else {
            other = self.changed(statements)
        }
        let pair = (Self.policy(statements), Self.policy(other))
        return self.random.oneIn(2) ? pair : (pair.1, pair.0)
    }

    private static func policy(_ statements: [RandomStatement]) -> String {
        "{\"Version\": \"2012-10-17\", \"Statement\": [\(statements.map(\.text).joined(separator: ",\n"))]}"
    }

    private mutating func changed(_ statements: [RandomStatement]) -> [RandomStatement] {
        var result = statements
        for _ in 0...self.random.pick([0, 0, 1]) {
            let index = Int.random(in: result.indices, using: &self.random)
            switch Int.random(in: 0..<9, using: &self.random) {
            case 0: result.append(self.statement(mayDeny: true))
            case 1 where result.count > 1: result.remove(at: index)
            case 2: result[index].principal = self.principal(mayNegate: result[index].isDeny)
            case 3: result[index].action = self.action()
            case 4: result[index].resource = self.resource()
            case 5: result[index].conditions.append(self.condition())
            case 6 where !result[index].conditions.isEmpty: result[index].conditions.removeLast()
            case 7: result.shuffle(using: &self.random)
            default:
                if result[index].conditions.isEmpty { continue }
                result[index].conditions[0] = self.condition(on: result[index].conditions[0].key)
            }
        }
        return result
    }

    private mutating func statement(mayDeny: Bool) -> RandomStatement {
        let isDeny = mayDeny && self.random.oneIn(2)
        let conditions = (0..<self.random.pick([0, 1, 1, 2])).map { _ in self.condition() }
        return RandomStatement(
            isDeny: isDeny, principal: self.principal(mayNegate: isDeny), action: self.action(), resource: self.resource(),
            conditions: conditions)
    }

    private mutating func list(_ pool: [String], _ counts: [Int] = [1, 1, 1, 2, 3]) -> String {
        let items = (0..<self.random.pick(counts)).map { _ in quoted(self.random.pick(pool)) }
        return items.count == 1 ? items[0] : "[\(items.joined(separator: ", "))]"
    }

    private mutating func principal(mayNegate: Bool) -> String {
        if self.random.oneIn(2) { return self.random.pick(["\"Principal\": \"*\"", "\"Principal\": {\"AWS\": \"*\"}"]) }
        let name = mayNegate && self.random.oneIn(3) ? "NotPrincipal" : "Principal"
        if self.random.oneIn(6) { return "\"\(name)\": {\"Service\": \(self.list(Self.services))}" }
        if self.hasDoubts, self.random.oneIn(12) {
            return "\"\(name)\": {\"CanonicalUser\": \"\(String(repeating: "0123456789abcdef", count: 4))\"}"
        }
        return "\"\(name)\": {\"AWS\": \(self.list(Self.identities))}"
    }

    private mutating func action() -> String {
        "\"\(self.random.oneIn(6) ? "Not" : "")Action\": \(self.list(Self.actions))"
    }

    private mutating func resource() -> String {
        let pool = Self.resources + (self.hasDoubts ? Self.openResources : [])
        return "\"\(self.random.oneIn(6) ? "Not" : "")Resource\": \(self.list(pool))"
    }

    private mutating func condition(on key: String? = nil) -> RandomCondition {
        let all = Self.conditionKinds
        let kinds = all.filter { kind in key.map(kind.keys.contains) ?? true }
        let kind = self.random.pick(kinds.isEmpty ? all : kinds)
        let key = key ?? self.random.pick(kind.keys)
        let isMultivalued = ["aws:TagKeys", "aws:PrincipalServiceNamesList"].contains(key)
        var operation = self.random.pick(kind.operators)
        if operation != "Null", self.random.oneIn(5) { operation += "IfExists" }
        if isMultivalued ? !self.random.oneIn(8) : self.random.oneIn(10) {
            operation = self.random.pick(["ForAllValues:", "ForAnyValue:"]) + operation
        }
        var pool = operation.contains("Null") ? ["true", "false"] : kind.values
        if self.hasDoubts, kind.operators.contains("StringLike") || kind.operators.contains("ArnLike") { pool += kind.openValues }
        let counts = self.random.oneIn(20) ? [0] : [1, 1, 2, 3]
        return RandomCondition(operation: operation, key: key, values: self.list(pool, counts))
    }
}

struct RandomStatement {
    var isDeny: Bool
    var principal: String
    var action: String
    var resource: String
    var conditions: [RandomCondition]

    var text: String {
        var operators: [(String, [RandomCondition])] = []
        for condition in self.conditions {
            if let index = operators.firstIndex(where: { $0.0 == condition.operation }) {
                // One key stands only once under one operator.
                if !operators[index].1.contains(where: { $0.key == condition.key }) { operators[index].1.append(condition) }
            } else {
                operators.append((condition.operation, [condition]))
            }
        }
        let blocks = operators.map { operation, conditions in
            "\(quoted(operation)): {\(conditions.map { "\(quoted($0.key)): \($0.values)" }.joined(separator: ", "))}"
        }
        let condition = blocks.isEmpty ? "" : ", \"Condition\": {\(blocks.joined(separator: ", "))}"
        return "{\"Effect\": \"\(self.isDeny ? "Deny" : "Allow")\", \(self.principal), \(self.action), \(self.resource)\(condition)}"
    }
}

struct RandomCondition {
    let operation: String
    let key: String
    let values: String
}

/// The constants.
extension RandomPolicies {
    static let services = ["cloudfront.amazonaws.com", "logging.s3.amazonaws.com"]

    static let identities = [
        "111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/ann",
        "arn:aws:iam::111122223333:user/team/bob", "arn:aws:iam::111122223333:role/uploader",
        "arn:aws:iam::111122223333:role/service/uploader", "arn:aws:sts::111122223333:assumed-role/uploader/i-1", "444455556666",
        "arn:aws:iam::444455556666:role/reader", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1",
        "arn:aws:sts::111122223333:federated-user/kim", "AIDAEXAMPLEEXAMPLE12",
    ]

    static let actions = [
        "s3:GetObject", "s3:PutObject", "s3:Get*", "s3:*", "*", "s3:?etObject", "S3:getobject", "s3:*Object", "s3:ListBucket",
        "*:GetObject",
        "s3:GetObject*",
    ]

    static let resources = [
        "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a*", "arn:aws:s3:::b/*a", "arn:aws:s3:::b/a?c", "arn:aws:s3:::b/abc", "*",
        "arn:aws:s3:::*", "arn:aws:s3:::b/A*", "arn:aws:s3:::b*", "arn:aws:s3:*:*:b/a", "arn:*", "arn:aws:*:::b/*", "arn:aws:s3:::b/*/*",
    ]

    static let openResources = [
        "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:PrincipalTag/team, 'a'}*", "arn:aws:s3:::${s3:prefix}/a",
    ]

    struct ConditionKind {
        let keys: [String]
        let operators: [String]
        let values: [String]
        var openValues: [String] = []
    }

    private static let stringOperators = [
        "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike", "Null",
    ]
    private static let arnOperators = ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"]

    static let conditionKinds = [
        ConditionKind(
            keys: ["s3:prefix", "aws:RequestTag/x", "other:Key", "aws:TagKeys", "aws:PrincipalTag/team"],
            operators: stringOperators + ["BinaryEquals"], values: ["", "a", "A", "ab", "a*", "*b", "a?b", "*", "Kk", "a${*}"],
            openValues: ["${aws:username}", "a${aws:PrincipalTag/team}*", "${s3:prefix, 'a'}", "Ünïcode", "${aws:TagKeys}"]),
        ConditionKind(
            keys: ["s3:max-keys", "other:Number"],
            operators: [
                "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
                "NumericGreaterThanEquals", "Null",
            ], values: ["1", "2", "10", "1.0", "1e1", "-3", "0", "none", "1.00001"]),
        ConditionKind(
            keys: ["aws:CurrentTime", "aws:TokenIssueTime"],
            operators: [
                "DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Null",
            ], values: ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z", "1767225600", "2026-06-01", "none", "2025-12-31T23:59:59.999Z"]),
        ConditionKind(
            keys: ["aws:SourceIp", "other:Address"], operators: ["IpAddress", "NotIpAddress", "Null"],
            values: [
                "10.0.0.0/8", "10.1.0.0/16", "203.0.113.7", "2001:db8::/32", "10.1.2.3/16", "none", "0.0.0.0/0", "::/0", "2001:db8::1/32",
                "0.0.0.0/1", "::ffff:0:0/96",
            ]),
        ConditionKind(
            keys: ["aws:SecureTransport", "other:Flag"], operators: ["Bool", "Null", "StringEquals"],
            values: ["true", "false", "TRUE", "none"]),
        ConditionKind(
            keys: ["aws:SourceArn", "other:Arn"], operators: arnOperators + ["Null", "StringLike"],
            values: [
                "arn:aws:s3:::b", "arn:aws:s3:::*", "arn:aws:sns:*:111122223333:t?", "none", "*", "arn:aws:sns:eu-west-1:111122223333:t1",
                "arn:*:sns:*:*:*",
            ], openValues: ["arn:aws:s3:::${aws:username}", "arn:aws:${s3:prefix}:::b"]),
        ConditionKind(
            keys: ["aws:PrincipalArn"], operators: arnOperators + ["Null", "StringEquals", "StringLike", "StringNotLike"],
            values: [
                "arn:aws:iam::111122223333:user/ann", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:role/uploader",
                "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/service/uploader", "*/ann", "none",
            ]),
        ConditionKind(
            keys: ["aws:PrincipalAccount", "aws:userid"], operators: stringOperators,
            values: ["111122223333", "444455556666", "1111*", "anonymous", "*"], openValues: ["${aws:PrincipalAccount}"]),
        ConditionKind(keys: ["aws:username"], operators: stringOperators, values: ["ann", "ANN", "bob", "a*", "team/bob", "*"]),
        ConditionKind(
            keys: ["aws:PrincipalType"], operators: stringOperators, values: ["User", "AssumedRole", "Account", "Anonymous", "*User"]),
        ConditionKind(
            keys: ["aws:PrincipalServiceName", "aws:PrincipalServiceNamesList"], operators: stringOperators,
            values: services + ["*.amazonaws.com"]),
        ConditionKind(keys: ["aws:PrincipalIsAWSService"], operators: ["Bool", "Null"], values: ["true", "false"]),
    ]
}
