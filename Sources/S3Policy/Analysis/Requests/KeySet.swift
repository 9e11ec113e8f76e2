/// A set of the values that one key can have, of the kind that the key's conditions compare.
enum ValueTerm: Sendable, Hashable {
    case text(TextTerm)
    case cells(CellSet)

    var complement: ValueTerm {
        switch self {
        case .text(let term): .text(term.complement)
        case .cells(let cells): .cells(cells.complement)
        }
    }
}

/// What a condition says about one key: for which of the things that a request can have for it the condition holds.
struct KeySet: Sendable, Hashable {
    /// Sets of lists of values.
    enum Lists: Sendable, Hashable {
        case none
        case every
        /// Lists of which every value is in a set; so is the empty list.
        case all(ValueTerm)
        /// Lists of which some value is in a set.
        case any(ValueTerm)

        var complement: Lists {
            switch self {
            case .none: .every
            case .every: .none
            case .all(let values): .any(values.complement)
            case .any(let values): .all(values.complement)
            }
        }
    }

    /// Whether it holds without the key.
    var absent: Bool
    /// With which single values it holds.
    var single: ValueTerm
    /// With which lists of values it holds.
    var lists: Lists

    var complement: KeySet {
        KeySet(absent: !self.absent, single: self.single.complement, lists: self.lists.complement)
    }
}
