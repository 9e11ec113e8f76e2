public import S3Policy
import Testing

/// A bucket policy from its text; fails the test where it is none.
func bucketPolicy(_ text: String) throws -> Policy {
    try Policy(JSONDocument(text), kind: .bucket)
}

/// A policy of one statement for everybody on everything, with one condition.
func policy(_ effect: String = "Allow", when conditionOperator: String, _ key: String, _ values: String, version: String = "2012-10-17")
    throws -> Policy
{
    try bucketPolicy(
        """
        {"Version": "\(version)", "Statement": {"Effect": "\(effect)", "Principal": "*", "Action": "s3:*", "Resource": "*",
          "Condition": {"\(conditionOperator)": {"\(key)": \(values)}}}}
        """)
}

func context(_ pairs: KeyValuePairs<String, RequestContext.Value>) throws -> RequestContext {
    var context = RequestContext()
    for (name, value) in pairs { context[try #require(ConditionKey(name))] = value }
    return context
}

func request(
    _ context: RequestContext = RequestContext(), by caller: Caller = .anonymous, action: String = "s3:GetObject",
    on resource: String = "arn:aws:s3:::example-bucket/key"
) -> AccessRequest {
    AccessRequest(caller: caller, action: action, resource: resource, context: context)
}

func identity(_ arn: String) throws -> Caller {
    .identity(try #require(ARN(arn)))
}

extension RequestContext.Value: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    public init(stringLiteral text: String) { self = .single(text) }
    public init(arrayLiteral texts: String...) { self = .multiple(texts) }
}

/// A text as JSON has it.
func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case _ where scalar.value < 0x20: "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: String(scalar)
        }
    }
    return "\"" + escaped.joined() + "\""
}

/// One condition on the key `aws:RequestTag/value`, and whether it holds for what a request has for it.
struct ConditionCase: Sendable, CustomTestStringConvertible {
    let operation: String
    let values: [String]
    let requested: RequestContext.Value?
    let holds: Bool
    let others: KeyValuePairs<String, RequestContext.Value>

    init(
        _ operation: String, _ values: [String], _ requested: RequestContext.Value?, _ holds: Bool,
        with others: KeyValuePairs<String, RequestContext.Value> = [:]
    ) {
        self.operation = operation
        self.values = values
        self.requested = requested
        self.holds = holds
        self.others = others
    }

    var testDescription: String { "\(self.operation) \(self.values) for \(self.requested.map { "\($0)" } ?? "nothing"): \(self.holds)" }

    /// What the condition does in a statement of this effect, without another statement.
    func outcome(effect: String) throws -> Evaluation.Outcome { try self.evaluation(effect: effect).outcome }

    func evaluation(effect: String) throws -> Evaluation {
        let list = self.values.map(quoted).joined(separator: ", ")
        var values = try context(self.others)
        values[try #require(ConditionKey("aws:requesttag/VALUE"))] = self.requested
        let policy = try policy(effect, when: self.operation, "aws:RequestTag/value", "[\(list)]")
        return PolicyEvaluator(policy).evaluate(request(values))
    }
}
