/// Where the value of a key comes from in the requests of one kind of callers.
enum KeySource: Sendable, Hashable {
    /// From the request: anything is possible.
    case request
    /// From nowhere: the key is always missing.
    case nowhere
    /// The same for all callers of the kind.
    case fixed(RequestContext.Value)
    /// From the text that tells the caller.
    case caller(CallerProperty)
    /// From that text, as a list of one.
    case listOfCaller(CallerProperty)
}

/// What a key takes out of the text that tells a caller.
enum CallerProperty: Sendable, Hashable {
    /// All of it.
    case name
    /// A session's role.
    case role
    case account
    /// What stands behind the last slash.
    case userName
    /// The account and the name of a federated user, which no pattern can tell.
    case federatedUserID

    /// The patterns of the texts whose property a pattern matches; nil when patterns cannot tell.
    func preimage(_ pattern: TextPattern) -> [TextPattern]? {
        let any = TextPattern.run(.all)
        let field = TextPattern.run(UnitSet.all.subtracting(.colon))
        switch self {
        case .name: return [pattern]
        case .role:
            let separator = CallerKind.sessionSeparator
            return pattern.without(UnitSet(of: separator)).map { [$0 + separator + any] } ?? []
        case .account:
            return pattern.without(.colon).map { ["arn:" + field + ":" + field + "::" + $0 + ":" + any] } ?? []
        case .userName:
            guard let name = pattern.without(.slash) else { return [] }
            let prefix = "arn:" + field + ":iam::" + field + ":user/"
            return [prefix + name, prefix + any + "/" + name]
        case .federatedUserID: return nil
        }
    }
}

extension CallerKind {
    /// Where the value of a key comes from.
    func source(of key: ConditionKey) -> KeySource {
        if let property = self.properties[key.lowercased] {
            return key.lowercased == "aws:principalservicenameslist" ? .listOfCaller(property) : .caller(property)
        }
        let context = self.typical.context(besides: RequestContext())
        if let value = context[key] { return .fixed(value) }
        return context.lacks(key) ? .nowhere : .request
    }

    /// The keys that tell something else for each caller of this kind.
    private var properties: [String: CallerProperty] {
        switch self {
        case .anonymous, .originAccessIdentity: [:]
        case .user: ["aws:principalarn": .name, "aws:principalaccount": .account, "aws:username": .userName]
        case .role: ["aws:principalarn": .name, "aws:principalaccount": .account]
        case .session: ["aws:principalarn": .role, "aws:principalaccount": .account]
        case .root: ["aws:principalarn": .name, "aws:principalaccount": .account, "aws:userid": .account]
        case .federatedUser: ["aws:principalarn": .name, "aws:principalaccount": .account, "aws:userid": .federatedUserID]
        case .service: ["aws:principalservicename": .name, "aws:principalservicenameslist": .name]
        }
    }

    /// One caller of this kind. What its context says apart from ``properties`` it says of all of them.
    private var typical: Caller {
        let account = "arn:aws:iam::111122223333:"
        let name =
            switch self {
            case .anonymous: ""
            case .user: account + "user/example"
            case .role: account + "role/example"
            case .session: account + "role/example\(Self.sessionSeparator)example"
            case .root: account + "root"
            case .federatedUser: "arn:aws:sts::111122223333:federated-user/example"
            case .service: "example.amazonaws.com"
            case .originAccessIdentity: "EXAMPLE"
            }
        return self.caller(name).caller
    }
}
