/// A request as a policy sees it: who wants to do what with which resource, under which circumstances.
public struct AccessRequest: Sendable, Hashable {
    public var caller: Caller
    /// The action, such as `s3:PutObject`.
    public var action: String
    /// The ARN of the bucket or object.
    public var resource: String
    public var context: RequestContext

    public init(caller: Caller, action: String, resource: String, context: RequestContext = RequestContext()) {
        self.caller = caller
        self.action = action
        self.resource = resource
        self.context = context
    }
}

/// Who makes a request.
public enum Caller: Sendable, Hashable {
    /// Nobody known: the request is not signed.
    case anonymous
    /// The root user, a user, a role or a session, by its ARN. For a role, that of the role or of one of its sessions.
    case identity(ARN)
    /// An AWS service such as `cloudfront.amazonaws.com`.
    case service(String)
    /// A CloudFront origin access identity (legacy), by its id.
    case originAccessIdentity(String)
}

/// The circumstances of a request: what condition keys are compared with.
public struct RequestContext: Sendable, Hashable {
    /// What a key has. A key that takes several values is never the same as one that takes one, even if it has one.
    public enum Value: Sendable, Hashable {
        case single(String)
        case multiple([String])
    }

    public private(set) var values: [ConditionKey: Value]

    public init(_ values: [ConditionKey: Value] = [:]) {
        self.values = values
    }

    /// A key's value; nil when the request does not have the key.
    public subscript(key: ConditionKey) -> Value? {
        get { self.values[key] }
        set { self.values[key] = newValue }
    }
}
