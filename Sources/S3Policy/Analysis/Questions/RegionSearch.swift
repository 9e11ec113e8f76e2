/// Looks for requests of a region that are in none of some boxes, by cutting the region along one dimension at a time.
struct RegionSearch {
    let algebra: TextAlgebra
    /// Whether to stop at a region that is outside of all boxes.
    let accept: (RequestRegion) throws(WorkLimitReached) -> Bool

    /// - Returns: Whether a region was accepted. If none was even found, the boxes cover everything.
    func search(_ region: RequestRegion, outside boxes: [Box]) throws(WorkLimitReached) -> Bool {
        guard let (region, open) = try self.propagate(region, boxes) else { return false }
        guard let best = open.indices.min(by: { open[$0].literals.count < open[$1].literals.count }) else {
            return try self.accept(region)
        }
        var rest = open
        let box = rest.remove(at: best)
        // What is outside of the box is outside of its first literal, or inside of that and outside of the second, and so on.
        var inside = region
        for literal in box.literals {
            if let outside = try self.algebra.intersection(inside, literal.complement), try self.search(outside, outside: rest) {
                return true
            }
            guard let next = try self.algebra.intersection(inside, literal) else { return false }
            inside = next
        }
        return false
    }

    /// Leaves out the boxes that do not meet the region, and the literals that hold in all of it; a box with a single literal left
    /// cuts the region.
    /// - Returns: The region and the boxes with at least two literals; nil when a box covers the region.
    private func propagate(
        _ region: RequestRegion, _ boxes: [Box]
    ) throws(WorkLimitReached) -> (region: RequestRegion, open: [Box])? {
        var region = region
        var open = boxes
        var isStable = false
        while !isStable {
            isStable = true
            var next: [Box] = []
            for box in open {
                guard let rest = try self.reduce(box, in: region) else { continue }
                if rest.literals.isEmpty { return nil }
                if rest.literals.count > 1 {
                    next.append(rest)
                } else if let outside = try self.algebra.intersection(region, rest.literals[0].complement) {
                    region = outside
                    isStable = false
                } else {
                    return nil
                }
            }
            open = next
        }
        return (region, open)
    }

    /// The literals of a box that hold in a part of the region only; nil when the box does not meet the region.
    private func reduce(_ box: Box, in region: RequestRegion) throws(WorkLimitReached) -> Box? {
        try self.algebra.work(box.literals.count)
        for literal in box.literals {
            guard try self.algebra.meets(region, literal) else { return nil }
        }
        var rest: [Literal] = []
        for literal in box.literals {
            if try self.algebra.meets(region, literal.complement) { rest.append(literal) }
        }
        return Box(literals: rest)
    }
}
