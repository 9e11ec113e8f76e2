/// How a statement's principals name a caller.
public enum PrincipalMatch: Sendable, Hashable {
    /// By `*`, by the caller's own name, or, in a policy without principals, by having the policy.
    case direct
    /// Only by the account: what the account's administrator lets the caller do.
    case delegated
    case none
}

extension Clause<Principal> {
    /// How the clause names a caller.
    ///
    /// `NotPrincipal` spares a caller only when all that it is stands in the list: user, or session and role, and account.
    func match(_ caller: Caller) -> PrincipalMatch {
        guard self.isNegated else {
            if self.items.contains(where: { $0.value.names(caller) }) { return .direct }
            return self.items.contains { $0.value.isAccount(of: caller) } ? .delegated : .none
        }
        return self.spares(caller) ? .none : .direct
    }

    private func spares(_ caller: Caller) -> Bool {
        if self.items.contains(where: { $0.value.isEverybody }) { return true }
        guard case .identity(let arn) = caller else { return self.items.contains { $0.value.names(caller) } }
        let hasAccount = self.items.contains { $0.value.isAccount(of: caller) }
        let isNamed = arn.isRoot || self.items.contains { $0.value == .identity(arn) }
        guard arn.sessionRoleName != nil else { return hasAccount && isNamed }
        let hasRole = self.items.contains { if case .identity(let role) = $0.value { role.isRole(of: arn) } else { false } }
        return hasAccount && isNamed && hasRole
    }
}

extension Principal {
    /// Whether it means everybody.
    public var isEverybody: Bool { self == .everyone || self == .anyAWS }

    /// Whether it names a caller other than by the caller's account. The root user's name is the account's.
    fileprivate func names(_ caller: Caller) -> Bool {
        switch (self, caller) {
        case (.everyone, _), (.anyAWS, _): true
        case (.account, .identity(let arn)): arn.isRoot && self.isAccount(of: caller)
        case (.identity(let named), .identity(let arn)): named == arn || named.isRole(of: arn)
        case (.service(let name), .service(let caller)): name.utf8.elementsEqual(caller.utf8)
        case (.originAccessIdentity(let id), .originAccessIdentity(let caller)): id.utf8.elementsEqual(caller.utf8)
        default: false
        }
    }

    fileprivate func isAccount(of caller: Caller) -> Bool {
        guard case .account(let account, _) = self else { return false }
        return caller.account == account
    }
}
