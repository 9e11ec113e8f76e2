/// Requests of callers of one kind: the product of one set for each dimension; never empty.
struct RequestRegion: Sendable {
    var caller: TextRegion
    var action: TextRegion
    var resource: TextRegion
    /// For each key of the question.
    var keys: [KeyRegion]
    /// For each doubt of the question whether it holds; nil while that is open.
    var doubts: [Bool?]
}

extension TextAlgebra {
    /// The part of a region that is in a literal; nil when there is none.
    func intersection(_ region: RequestRegion, _ literal: Literal) throws(WorkLimitReached) -> RequestRegion? {
        var result = region
        switch literal {
        case .caller(let term):
            guard let part = try self.intersection(region.caller, term) else { return nil }
            result.caller = part
        case .action(let term):
            guard let part = try self.intersection(region.action, term) else { return nil }
            result.action = part
        case .resource(let term):
            guard let part = try self.intersection(region.resource, term) else { return nil }
            result.resource = part
        case .key(let number, let set):
            guard let part = try self.intersection(region.keys[number], set) else { return nil }
            result.keys[number] = part
        case .doubt(let number, let holds):
            if region.doubts[number] == !holds { return nil }
            result.doubts[number] = holds
        }
        return result
    }

    /// The part of a region that is in a box; nil when there is none.
    func intersection(_ region: RequestRegion, _ box: Box) throws(WorkLimitReached) -> RequestRegion? {
        var result = region
        for literal in box.literals {
            guard let part = try self.intersection(result, literal) else { return nil }
            result = part
        }
        return result
    }

    /// Whether some request of a region is in a literal.
    func meets(_ region: RequestRegion, _ literal: Literal) throws(WorkLimitReached) -> Bool {
        switch literal {
        case .caller(let term): try self.intersection(region.caller, term) != nil
        case .action(let term): try self.intersection(region.action, term) != nil
        case .resource(let term): try self.intersection(region.resource, term) != nil
        case .key(let number, let set): try self.intersection(region.keys[number], set) != nil
        case .doubt(let number, let holds): region.doubts[number] != !holds
        }
    }
}
