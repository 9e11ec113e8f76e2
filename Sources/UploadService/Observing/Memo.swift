import Synchronization

/// Keeps what is costly to make and asked for again and again. Nothing is ever forgotten: keys must have a bounded number of values.
final class Memo<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let made = Mutex<[Key: Value]>([:])

    func value(for key: Key, make: () -> Value) -> Value {
        made.withLock { made in
            if let value = made[key] { return value }
            let value = make()
            made[key] = value
            return value
        }
    }
}
