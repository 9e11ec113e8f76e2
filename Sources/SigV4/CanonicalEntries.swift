/// A header or parameter as it is written, before it is sorted: its name, one byte between, its value, one byte behind.
struct CanonicalEntry: BitwiseCopyable {
    var start: Int
    var nameEnd: Int
    var valueEnd: Int
    /// Whether the entry before it, once sorted, has the same name.
    var repeatsName = false

    var name: Range<Int> { start..<nameEnd }
    var value: Range<Int> { (nameEnd + 1)..<valueEnd }
    var whole: Range<Int> { start..<(valueEnd + 1) }

    @inline(__always)
    func precedes(_ other: CanonicalEntry, in parts: borrowing GrowingBytes, byValueToo: Bool) -> Bool {
        let order = parts.compare(name, other.name)
        if order != 0 || !byValueToo { return order < 0 }
        return parts.compare(value, other.value) < 0
    }
}

/// The entries of one canonical request, in memory that is kept for the next.
@safe
struct CanonicalEntries: ~Copyable {
    private var slots: UnsafeMutableBufferPointer<CanonicalEntry>
    private(set) var count = 0

    init() {
        unsafe slots = .allocate(capacity: 16)
    }

    deinit {
        unsafe slots.deallocate()
    }

    subscript(_ index: Int) -> CanonicalEntry {
        precondition(index >= 0 && index < count)
        return unsafe slots[index]
    }

    mutating func append(_ entry: CanonicalEntry) {
        if unsafe count == slots.count { grow() }
        unsafe slots.initializeElement(at: count, to: entry)
        count += 1
    }

    private mutating func grow() {
        let larger = UnsafeMutableBufferPointer<CanonicalEntry>.allocate(capacity: count * 2)
        _ = unsafe larger.update(fromContentsOf: slots)
        unsafe slots.deallocate()
        unsafe slots = larger
    }

    mutating func removeAll() {
        count = 0
    }

    /// Notes that an entry has the name of the one before it.
    mutating func repeatsName(at index: Int) {
        precondition(index >= 0 && index < count)
        unsafe slots[index].repeatsName = true
    }

    /// Sorts by name, and by value where names are equal if `byValueToo`; stable, by bytes.
    mutating func sort(in parts: borrowing GrowingBytes, byValueToo: Bool) {
        // Requests have a handful of headers and parameters, mostly in order already; hostile ones have many.
        guard count <= 16 else {
            var entries = unsafe Array(slots[..<count])
            entries.sort { $0.precedes($1, in: parts, byValueToo: byValueToo) }
            _ = unsafe slots.update(fromContentsOf: entries)
            return
        }
        for index in 1..<max(count, 1) {
            let entry = unsafe slots[index]
            var position = index
            while position > 0, unsafe entry.precedes(slots[position - 1], in: parts, byValueToo: byValueToo) {
                unsafe slots[position] = slots[position - 1]
                position -= 1
            }
            if position < index { unsafe slots[position] = entry }
        }
    }
}
