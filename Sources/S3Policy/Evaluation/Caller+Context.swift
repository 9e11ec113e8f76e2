extension Caller {
    /// The account that the caller belongs to; nil for anonymous callers, services and origin access identities.
    public var account: String? {
        if case .identity(let arn) = self { arn.account } else { nil }
    }

    /// What the caller itself tells about a request, for keys that the request's context does not have.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>, properties of the principal.
    func value(of key: ConditionKey) -> RequestContext.Value? {
        let text: String? =
            switch key.lowercased {
            case "aws:principalarn": self.principalARN?.description
            case "aws:principalaccount": self == .anonymous ? "anonymous" : self.account
            case "aws:principaltype": self.principalType
            case "aws:userid": self == .anonymous ? "anonymous" : nil
            case "aws:username": self.userName
            case "aws:principalisawsservice": self == .anonymous ? nil : self.isService ? "true" : "false"
            case "aws:principalservicename": self.serviceName
            default: nil
            }
        return text.map(RequestContext.Value.single)
    }

    private var isService: Bool { self.serviceName != nil }

    private var serviceName: String? {
        if case .service(let name) = self { name } else { nil }
    }

    /// The ARN of the caller; for a session, of its role.
    private var principalARN: ARN? {
        guard case .identity(let arn) = self else { return nil }
        guard let role = arn.sessionRoleName else { return arn }
        return ARN(partition: arn.partition, service: "iam", region: "", account: arn.account, resource: "role/\(role)")
    }

    private var principalType: String? {
        switch self {
        case .anonymous: "Anonymous"
        case .identity(let arn):
            if arn.isRoot { "Account" } else if arn.resource.hasPrefix("user/") { "User" } else { "AssumedRole" }
        case .service, .originAccessIdentity: nil
        }
    }

    private var userName: String? {
        guard case .identity(let arn) = self, arn.service == "iam", arn.resource.hasPrefix("user/") else { return nil }
        return arn.resource.split(separator: "/").last.map(String.init)
    }
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
