import NIOCore

/// Who waits, longest first. Members join at the end and leave from anywhere, each in constant time.
struct WaitingLine<Member> {
    /// Where a member stands. It is good until the member leaves, whoever joins or leaves meanwhile.
    struct Place: Equatable {
        fileprivate let index: Int
    }

    /// A doubly linked list in an array: a slot of nobody is kept for the next who joins.
    private struct Slot {
        var member: Member?
        var since: NIODeadline
        var previous: Int?
        var next: Int?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    private var first: Int?
    private var last: Int?

    var count: Int { slots.count - free.count }

    /// - Parameter since: not before that of who joined last.
    mutating func join(_ member: Member, since: NIODeadline) -> Place {
        let index: Int
        if let kept = free.popLast() {
            index = kept
        } else {
            index = slots.count
            slots.append(Slot(member: nil, since: since))
        }
        slots[index].member = member
        append(index, since: since)
        return Place(index: index)
    }

    mutating func leave(_ place: Place) {
        unlink(place.index)
        slots[place.index].member = nil
        free.append(place.index)
    }

    /// Begins to wait anew, behind all others.
    mutating func moveToEnd(_ place: Place, since: NIODeadline) {
        unlink(place.index)
        append(place.index, since: since)
    }

    /// Since when the longest has waited.
    var longestSince: NIODeadline? { first.map { slots[$0].since } }

    /// The member who has waited longest; it goes to the end, so that the next call names another one.
    mutating func nameLongest(at now: NIODeadline) -> Member? {
        guard let index = first, let member = slots[index].member else { return nil }
        moveToEnd(Place(index: index), since: now)
        return member
    }

    private mutating func append(_ index: Int, since: NIODeadline) {
        slots[index].since = since
        slots[index].previous = last
        slots[index].next = nil
        if let last { slots[last].next = index } else { first = index }
        last = index
    }

    private mutating func unlink(_ index: Int) {
        let (previous, next) = (slots[index].previous, slots[index].next)
        if let previous { slots[previous].next = next } else { first = next }
        if let next { slots[next].previous = previous } else { last = previous }
    }
}
