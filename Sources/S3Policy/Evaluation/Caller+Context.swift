extension Caller {
    /// The account that the caller belongs to; nil for anonymous callers, services and origin access identities.
    public var account: String? {
        if case .identity(let arn) = self { arn.account } else { nil }
    }

    /// Whether it is an account's root user.
    public var isRootUser: Bool {
        if case .identity(let arn) = self { arn.isRoot } else { false }
    }

    /// What a request's context has about the caller, as far as it follows from who it is.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>, properties of the principal.
    /// - Parameter context: What the request tells itself: `aws:PrincipalArn` tells the path of a session's role.
    func context(besides context: RequestContext) -> CallerContext {
        switch self {
        case .anonymous:
            return CallerContext(
                ["aws:PrincipalAccount": "anonymous", "aws:PrincipalType": "Anonymous", "aws:userid": "anonymous"],
                absent: CallerContext.identityFamilies + CallerContext.serviceFamilies + ["aws:principalisawsservice"])
        case .service(let name):
            var caller = CallerContext(
                ["aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": name],
                absent: CallerContext.identityFamilies + ["aws:principalaccount"])
            caller[CallerContext.key("aws:PrincipalServiceNamesList")] = .multiple([name])
            return caller
        case .originAccessIdentity:
            return CallerContext(
                ["aws:PrincipalIsAWSService": "false"],
                absent: CallerContext.identityFamilies + CallerContext.serviceFamilies + ["aws:principalaccount"])
        case .identity(let arn):
            var caller = Self.context(of: arn)
            caller[.principalARN] = .single((self.role(besides: context) ?? arn).description)
            return caller
        }
    }

    private static func context(of arn: ARN) -> CallerContext {
        var values = ["aws:PrincipalAccount": arn.account, "aws:PrincipalIsAWSService": "false"]
        var absent = CallerContext.serviceFamilies
        let name = arn.resource.split(separator: "/").last.map(String.init)
        switch (arn.service, arn.resource.prefix { $0 != "/" }) {
        case ("iam", "root"):
            values["aws:PrincipalType"] = "Account"
            values["aws:userid"] = arn.account
            absent += ["aws:username", "aws:principaltag"]
        case ("iam", "user"):
            values["aws:PrincipalType"] = "User"
            values["aws:username"] = name
        case ("sts", "federated-user"):
            values["aws:PrincipalType"] = "FederatedUser"
            values["aws:userid"] = name.map { "\(arn.account):\($0)" }
            absent.append("aws:username")
        default:
            values["aws:PrincipalType"] = "AssumedRole"
            absent.append("aws:username")
        }
        return CallerContext(values, absent: absent)
    }

    /// The role of a session. The session's ARN leaves out the role's path; the request may tell it.
    private func role(besides context: RequestContext) -> ARN? {
        guard case .identity(let arn) = self, let name = arn.sessionRoleName else { return nil }
        if case .single(let text)? = context[.principalARN], let role = ARN(text), role.isRole(of: arn) { return role }
        return ARN(partition: arn.partition, service: "iam", region: "", account: arn.account, resource: "role/\(name)")
    }
}

/// What follows from the caller about the keys of a request.
struct CallerContext {
    private(set) var values: [ConditionKey: RequestContext.Value] = [:]
    /// Keys that a request of this caller does not have, in lower case and without tags' names.
    private let absentFamilies: [String]

    /// Keys that only the requests of users, roles and their sessions have.
    static let identityFamilies = [
        "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:principaltag", "aws:username", "aws:federatedprovider",
        "aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:sourceidentity", "aws:assumedroot",
    ]
    /// Keys that only the requests of AWS services have.
    static let serviceFamilies = ["aws:principalservicename", "aws:principalservicenameslist"]

    init(_ values: [String: String], absent: [String]) {
        self.absentFamilies = absent
        for (name, value) in values { self[Self.key(name)] = .single(value) }
    }

    subscript(key: ConditionKey) -> RequestContext.Value? {
        get { self.values[key] }
        set { self.values[key] = newValue }
    }

    /// Whether the caller's requests are known not to have a key.
    func lacks(_ key: ConditionKey) -> Bool { self.absentFamilies.contains(key.family) }

    static func key(_ name: String) -> ConditionKey {
        guard let key = ConditionKey(name) else { preconditionFailure("\(name) is no condition key.") }
        return key
    }
}

extension ConditionKey {
    static let principalARN = CallerContext.key("aws:PrincipalArn")
}

extension ARN {
    /// Whether it names an account's root user.
    var isRoot: Bool { self.service == "iam" && self.resource == "root" }

    /// The name of the role of an assumed role's session.
    var sessionRoleName: Substring? {
        let parts = self.resource.split(separator: "/", omittingEmptySubsequences: false)
        return self.service == "sts" && parts.count == 3 && parts[0] == "assumed-role" ? parts[1] : nil
    }

    /// The name of a role, without its path.
    fileprivate var roleName: Substring? {
        guard self.service == "iam", self.resource.hasPrefix("role/") else { return nil }
        return self.resource.split(separator: "/").last
    }

    /// Whether the role is that of a session: a session's ARN does not have the role's path.
    func isRole(of session: ARN) -> Bool {
        guard let name = self.roleName, let sessionRole = session.sessionRoleName else { return false }
        return self.account == session.account && self.partition == session.partition && name.utf8.elementsEqual(sessionRole.utf8)
    }
}
