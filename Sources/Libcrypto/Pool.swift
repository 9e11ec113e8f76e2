internal import Synchronization

/// Objects that are costly to make and used by one thread at a time, kept for the next one that needs one.
package final class Pool<Element: AnyObject & Sendable>: Sendable {
    private let idle = Mutex<[Element]>([])
    private let make: @Sendable () -> Element
    private let capacity: Int

    package init(capacity: Int = 32, make: @escaping @Sendable () -> Element) {
        self.capacity = capacity
        self.make = make
    }

    /// Runs `body` with an object that nobody else has meanwhile.
    @inline(__always)
    package func with<Result, Failure>(_ body: (Element) throws(Failure) -> Result) throws(Failure) -> Result {
        let element = idle.withLock { $0.popLast() } ?? make()
        defer { idle.withLock { if $0.count < capacity { $0.append(element) } } }
        return try body(element)
    }
}
