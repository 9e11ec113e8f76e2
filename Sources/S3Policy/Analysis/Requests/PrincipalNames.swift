extension Clause<Principal> {
    /// The callers of a kind whom the clause means, by the texts that tell them.
    ///
    /// A canonical user id names an account, but nobody can tell which: the callers are then too many, and the set is not exact.
    func names(of kind: CallerKind) -> (names: TextLanguage, isExact: Bool) {
        let isExact = !kind.isIdentity || !self.items.contains { $0.value.isCanonicalUser }
        guard self.isNegated else {
            let isOpen = !isExact || self.items.contains { $0.value.isEverybody }
            return (isOpen ? .everything : TextLanguage(self.items.flatMap { $0.value.patterns(for: kind) }), isExact)
        }
        if self.items.contains(where: { $0.value.isEverybody }) { return (.nothing, true) }
        return (TextLanguage(self.spared(kind), isComplement: true), isExact)
    }

    /// `NotPrincipal` spares identities only when all that they are stands in the list: user, or session and role, and account.
    private func spared(_ kind: CallerKind) -> [TextPattern] {
        guard kind.isIdentity else { return self.items.flatMap { $0.value.patterns(for: kind) } }
        let accounts = self.items.compactMap { if case .account(let account, _) = $0.value { account } else { nil } }
        if kind == .root { return accounts.map(TextPattern.callers(ofAccount:)) }
        return self.items.flatMap { item -> [TextPattern] in
            guard case .identity(let arn) = item.value, accounts.contains(arn.account) else { return [] }
            if kind == .session {
                guard arn.sessionRoleName != nil, self.items.contains(where: { $0.value.isRole(of: arn) }) else { return [] }
            }
            return item.value.patterns(for: kind)
        }
    }
}

extension Principal {
    fileprivate var isCanonicalUser: Bool {
        if case .canonicalUser = self { true } else { false }
    }

    fileprivate func isRole(of session: ARN) -> Bool {
        if case .identity(let role) = self { role.isRole(of: session) } else { false }
    }

    /// The callers of a kind whom a principal means, other than by `*`.
    fileprivate func patterns(for kind: CallerKind) -> [TextPattern] {
        switch (self, kind) {
        case (.account(let account, _), _) where kind.isIdentity: [.callers(ofAccount: account)]
        case (.identity(let arn), .session): Self.sessions(arn)
        case (.identity(let arn), _) where kind.isIdentity: [TextPattern(literal: arn.description)]
        case (.service(let name), .service): [TextPattern(literal: name)]
        case (.originAccessIdentity(let id), .originAccessIdentity): [TextPattern(literal: id)]
        default: []
        }
    }

    /// One session, or all of a role. A session is the same whatever the path of its role.
    private static func sessions(_ arn: ARN) -> [TextPattern] {
        let segments = arn.resource.split(separator: "/").map(String.init)
        let role = "arn:\(arn.partition):iam:\(arn.region):\(arn.account):role/"
        let tail: TextPattern
        if arn.sessionRoleName != nil {
            tail = TextPattern(literal: segments[1] + CallerKind.sessionSeparator + segments[2])
        } else if arn.service == "iam", segments.first == "role" {
            tail = segments[segments.count - 1] + CallerKind.sessionSeparator + TextPattern.run(.all)
        } else {
            return []
        }
        return [role + tail, role + TextPattern.run(.all) + "/" + tail]
    }
}

extension TextPattern {
    /// The callers of an account, whatever their kind.
    static func callers(ofAccount account: String) -> TextPattern {
        let field = run(UnitSet.all.subtracting(.colon))
        return "arn:" + field + ":" + field + "::\(account):" + run(.all)
    }
}
