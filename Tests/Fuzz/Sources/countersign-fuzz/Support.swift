import Dispatch
import SigV4
import Synchronization

/// An input read as lines of text.
struct InputLines {
    private let lines: [String]

    init(_ input: some Collection<UInt8>) {
        lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    var first: String { lines.first ?? "" }

    /// What stands before and behind a mark, in each line but the first that has it.
    func pairs(_ mark: Unicode.Scalar) -> [Header] {
        lines.dropFirst().compactMap { line in
            let parts = line.unicodeScalars.split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? Header(String(parts[0]), String(parts[1])) : nil
        }
    }
}

/// One byte that somebody changes, adds or takes away.
struct Change {
    let place: Int
    let kind: UInt8
    let byte: UInt8

    /// Takes the input's first four bytes.
    init?(_ input: [UInt8]) {
        guard input.count >= 4 else { return nil }
        place = Int(input[0]) << 8 | Int(input[1])
        (kind, byte) = (input[2], input[3])
    }

    func applied(to bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let index = place % max(bytes.count, 1)
        switch kind % 3 {
        case 0 where !bytes.isEmpty: bytes[index] = byte
        case 1 where !bytes.isEmpty: bytes.remove(at: index)
        default: bytes.insert(byte, at: index)
        }
        return bytes
    }

    /// Nil where the text is the same still, or none.
    func applied(to text: String) -> String? {
        String(validating: applied(to: Array(text.utf8)), as: UTF8.self).flatMap { $0.utf8.elementsEqual(text.utf8) ? nil : $0 }
    }
}

extension String {
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension [Header] {
    func isSame(as other: [Header]) -> Bool {
        elementsEqual(other) { $0.name.isSame(as: $1.name) && $0.value.isSame(as: $1.value) }
    }
}

/// Waits for work that is asynchronous, since libFuzzer's inputs are not.
func awaited<Result: Sendable>(_ work: @escaping @Sendable () async -> Result) -> Result {
    let (done, result) = (DispatchSemaphore(value: 0), Box<Result>())
    Task.detached {
        let value = await work()
        result.value.withLock { $0 = value }
        done.signal()
    }
    done.wait()
    return result.value.withLock { $0! }
}

private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}

/// The same numbers each time, so that an input that finds something finds it again (SplitMix64).
struct SameNumbers: RandomNumberGenerator {
    private var state: UInt64 = 1

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
