/// The kinds of callers. Of one kind, it is a text that tells callers apart, and what a request's context says about them has one form.
enum CallerKind: Sendable, Hashable, CaseIterable {
    case anonymous, user, role, session, root, federatedUser, service, originAccessIdentity

    /// The texts that tell the callers of this kind apart: an ARN or a name; for a session its role's ARN, a line feed and its own name.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>, names and paths.
    var names: TextLanguage {
        let path = TextPattern.run(.printable)
        let name = TextPattern.some(Self.nameUnits)
        let pattern: TextPattern =
            switch self {
            case .anonymous: TextPattern()
            case .user: Self.account("iam") + "user/" + path + TextPattern([.one(Self.nameUnits)])
            case .role: Self.account("iam") + "role/" + path + TextPattern([.one(Self.nameUnits)])
            case .session: Self.account("iam") + "role/" + path + TextPattern([.one(Self.nameUnits)]) + Self.sessionSeparator + name
            case .root: Self.account("iam") + "root"
            case .federatedUser: Self.account("sts") + "federated-user/" + name
            case .service: .some(Self.nameUnits) + "." + .some(Self.nameUnits)
            case .originAccessIdentity: .some(.letters)
            }
        return TextLanguage([pattern])
    }

    /// One of ``names``.
    var typicalName: String {
        let account = "arn:aws:iam::444455556666:"
        return switch self {
        case .anonymous: ""
        case .user: account + "user/example"
        case .role: account + "role/example"
        case .session: account + "role/example\(Self.sessionSeparator)example"
        case .root: account + "root"
        case .federatedUser: "arn:aws:sts::444455556666:federated-user/example"
        case .service: "cloudfront.amazonaws.com"
        case .originAccessIdentity: "EXAMPLE"
        }
    }

    /// Whether a caller of this kind belongs to an account.
    var isIdentity: Bool {
        switch self {
        case .user, .role, .session, .root, .federatedUser: true
        case .anonymous, .service, .originAccessIdentity: false
        }
    }

    /// The caller that a text tells, and what the context of its request says besides.
    func caller(_ name: String) -> (caller: Caller, context: RequestContext) {
        switch self {
        case .anonymous: return (.anonymous, RequestContext())
        case .service: return (.service(name), RequestContext())
        case .originAccessIdentity: return (.originAccessIdentity(name), RequestContext())
        case .user, .role, .root, .federatedUser: return (.identity(Self.arn(name)), RequestContext())
        case .session:
            let parts = name.split(separator: Self.sessionSeparator, maxSplits: 1).map(String.init)
            let role = Self.arn(parts[0])
            let segments = role.resource.split(separator: "/").map(String.init)
            let session = ARN(
                partition: role.partition, service: "sts", region: "", account: role.account,
                resource: "assumed-role/\(segments[segments.count - 1])/\(parts[1])")
            return (.identity(session), segments.count == 2 ? RequestContext() : RequestContext([.principalARN: .single(parts[0])]))
        }
    }

    static let sessionSeparator = "\n"

    private static let nameUnits = UnitSet.letters.union(UnitSet(of: "+=,.@-_"))

    private static func account(_ service: String) -> TextPattern {
        "arn:" + .some(UnitSet.lowercase.union(UnitSet(of: "-"))) + ":\(service)::"
            + TextPattern(Array(repeating: .one(.digits), count: 12)) + ":"
    }

    private static func arn(_ text: String) -> ARN {
        guard let arn = ARN(text) else { preconditionFailure("\(text) is no ARN.") }
        return arn
    }
}

extension UnitSet {
    /// ASCII letters and digits.
    static let letters = UnitSet("A", "Z").union(.lowercase).union(.digits)
}
