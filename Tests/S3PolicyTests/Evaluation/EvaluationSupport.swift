import S3Policy
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
