/// A stranger to a policy: an anonymous caller, or a user, role or session of an account that the policy does not name, who is at
/// none of the places and in none of the organizations that it names.
///
/// A stranger has any value of a key that callers choose, but of the keys that tie requests to someone (``FixedKeys``) only values
/// that the policy does not fix. An address of a private network is no stranger's.
struct Stranger {
    private let accounts: [String]
    private let conditions: [Condition]

    init(_ policy: Policy) {
        self.conditions = policy.statements.flatMap(\.conditions)
        let principals = policy.statements.flatMap { $0.principals?.items.map(\.value) ?? [] }
        let ofKeys = self.conditions.filter { ["aws:principalarn", "aws:principalaccount"].contains($0.key.lowercased) }
        self.accounts = principals.compactMap(\.account) + ofKeys.flatMap { $0.values.flatMap(\.value.accounts) }
    }

    /// What holds requests to strangers'; nil for kinds of callers that are none.
    func limits(_ kind: CallerKind, _ algebra: TextAlgebra, _ keys: KeyTable) -> [Literal]? {
        guard kind == .anonymous || kind.isIdentity else { return nil }
        var literals: [Literal] = []
        if kind.isIdentity {
            let named = TextLanguage(self.accounts.map(TextPattern.callers(ofAccount:)))
            literals.append(.caller(algebra.term(named.complement)))
        }
        for (number, key) in keys.keys.enumerated() where FixedKeys.ofStrangers.contains(key.family) && kind.source(of: key) == .request {
            let conditions = self.conditions.filter { $0.key == key }
            let fixed: ValueTerm =
                if let cells = keys.cells(of: number) {
                    .cells(self.fixedPlaces(conditions, cells))
                } else {
                    .text(algebra.term(TextLanguage(conditions.flatMap(\.fixedTexts))))
                }
            literals.append(.key(number, KeySet(absent: true, single: fixed.complement, lists: .all(fixed.complement))))
        }
        return literals
    }

    private func fixedPlaces(_ conditions: [Condition], _ cells: ValueCells) -> CellSet {
        let named = conditions.flatMap(\.values).compactMap { IPNetwork($0.value.source) }.fixedPlaces
        return cells.set { value in
            guard case .address(let address) = value else { return false }
            return (named + IPNetwork.privateNetworks).contains { $0.contains(address) }
        }
    }
}

extension Condition {
    /// What the condition's values fix.
    fileprivate var fixedTexts: [TextPattern] { self.values.flatMap { self.fixed($0.value) } }

    /// What one value fixes: itself, or, if it is a pattern, what it matches as long as it names an owner.
    private func fixed(_ value: PolicyText) -> [TextPattern] {
        let comparison = self.operator.comparison
        guard self.operator.takesVariables ? value.variables.isEmpty : true else { return [] }
        if !comparison.matchesPatterns || !value.hasWildcard {
            let ignoresCase = comparison == .stringEqualsIgnoreCase || comparison == .stringNotEqualsIgnoreCase
            return [ignoresCase ? .caseless(ascii: value.source) : TextPattern(literal: value.source)]
        }
        return value.isOfOneAccount || value.namesOwner ? [TextPattern(value.openGlob)] : []
    }
}

extension PolicyText {
    /// Whether what stands before the first slash or colon has no wildcard: an organization (`o-1/r-2/*`), a role (`AROAID:*`).
    fileprivate var namesOwner: Bool {
        guard case .literal(let text)? = self.pieces.first, !text.hasPrefix("arn:") else { return false }
        return text.dropFirst().contains { $0 == "/" || $0 == ":" }
    }

    /// The account ids that stand in it.
    fileprivate var accounts: [String] {
        self.pieces.flatMap { piece -> [String] in
            guard case .literal(let text) = piece else { return [] }
            return text.split { !$0.isASCII || !$0.isNumber }.map(String.init).filter(Principal.isAccount)
        }
    }
}
