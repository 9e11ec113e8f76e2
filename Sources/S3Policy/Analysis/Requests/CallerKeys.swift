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
    /// The account and the name of a federated user, with a colon between them.
    case federatedUserID

    /// The patterns of the texts whose property a pattern matches.
    func preimage(_ pattern: TextPattern) -> [TextPattern] {
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
        case .federatedUserID:
            return pattern.splits(at: UInt16(UInt8(ascii: ":"))).compactMap { account, name in
                guard let account = account.without(.colon), let name = name.without(.colon) else { return nil }
                return "arn:" + field + ":sts::" + account + ":federated-user/" + name
            }
        }
    }
}

extension CallerKind {
    /// Where the value of a key comes from.
    func source(of key: ConditionKey) -> KeySource {
        if let property = self.properties[key.lowercased] {
            return key.lowercased == "aws:principalservicenameslist" ? .listOfCaller(property) : .caller(property)
        }
        guard let context = Self.contexts[self] else { preconditionFailure("Every kind has a context.") }
        if let value = context[key] { return .fixed(value) }
        return context.lacks(key) ? .nowhere : .request
    }

    /// What the context of one caller of each kind says. Apart from ``properties`` it says that of all of the kind.
    private static let contexts = Dictionary(
        uniqueKeysWithValues: Self.allCases.map { ($0, $0.caller($0.typicalName).caller.context(besides: RequestContext())) })

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
}
