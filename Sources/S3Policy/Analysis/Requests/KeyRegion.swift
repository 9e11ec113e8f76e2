/// Some values of one key; never none.
enum ValueRegion: Sendable {
    case text(TextRegion)
    case cells(CellSet)
}

/// Some of the things that a request can have for one key; never nothing.
struct KeyRegion: Sendable {
    /// Lists of values out of one set, with at least one value out of each of some others.
    struct Lists: Sendable {
        /// What the values are out of; nil when only the empty list is left.
        var all: ValueRegion?
        /// Each a part of ``all``.
        var any: [ValueRegion]
    }

    var absent: Bool
    var single: ValueRegion?
    var lists: Lists?

    /// - Parameter values: All values of the key.
    init(values: ValueRegion, isMultivalued: Bool?, isAlwaysTold: Bool) {
        self.absent = !isAlwaysTold
        self.single = isMultivalued == true ? nil : values
        self.lists = isMultivalued == false ? nil : Lists(all: values, any: [])
    }
}

extension TextAlgebra {
    func intersection(_ region: ValueRegion, _ term: ValueTerm) throws(WorkLimitReached) -> ValueRegion? {
        switch (region, term) {
        case (.text(let region), .text(let term)): return try self.intersection(region, term).map(ValueRegion.text)
        case (.cells(let cells), .cells(let other)):
            let common = cells.intersection(other)
            return common.isEmpty ? nil : .cells(common)
        case (.text, .cells), (.cells, .text): preconditionFailure("A key has one kind of values.")
        }
    }

    /// The part of a region that is in a set; nil when there is none.
    func intersection(_ region: KeyRegion, _ set: KeySet) throws(WorkLimitReached) -> KeyRegion? {
        var result = region
        result.absent = region.absent && set.absent
        if let single = region.single { result.single = try self.intersection(single, set.single) }
        if let lists = region.lists { result.lists = try self.intersection(lists, set.lists) }
        return result.absent || result.single != nil || result.lists != nil ? result : nil
    }

    private func intersection(_ region: KeyRegion.Lists, _ set: KeySet.Lists) throws(WorkLimitReached) -> KeyRegion.Lists? {
        var result = region
        switch set {
        case .none: return nil
        case .every: return region
        case .any(let term):
            guard let all = region.all, let some = try self.intersection(all, term) else { return nil }
            result.any.append(some)
        case .all(let term):
            if let all = region.all { result.all = try self.intersection(all, term) }
            for index in result.any.indices {
                guard let some = try self.intersection(region.any[index], term) else { return nil }
                result.any[index] = some
            }
        }
        return result
    }
}
