// Faults made on purpose: a sanitizer that is silent about one of them would be silent about ours.
import Glibc
import Synchronization

/// Keeps the compiler from seeing through a fault, and from leaving it out.
@inline(never)
func opaque<Value>(_ value: Value) -> Value { value }

nonisolated(unsafe) var shared = 0

func race() {
    onThreads { _ in
        for _ in 0..<1_000 { shared += opaque(1) }
        return nil
    }
    print(shared)
}

let guarded = Mutex<[Int]>([])

/// No fault: what several threads do under one lock.
func lock() {
    onThreads { _ in
        for number in 0..<20_000 {
            guarded.withLock { numbers in
                if numbers.count > 100 { numbers.removeAll() }
                numbers.append(opaque(number))
            }
        }
        return nil
    }
    print(guarded.withLock { $0.count })
}

func onThreads(_ work: @escaping @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?) {
    let threads = (0..<4).map { _ in
        var thread = pthread_t()
        pthread_create(&thread, nil, work, nil)
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

func overflow() {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
    bytes.initialize(repeating: 1, count: 16)
    print((bytes + opaque(16)).pointee)
    bytes.deallocate()
}

func useAfterFree() {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
    bytes.initialize(repeating: 1, count: 16)
    opaque(bytes).deallocate()
    print(bytes.pointee)
}

func freeTwice() {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
    opaque(bytes).deallocate()
    opaque(bytes).deallocate()
}

func leak() {
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 16)
    bytes.initialize(repeating: opaque(1), count: 16)
    print(bytes[3])
}

let faults = ["race": race, "overflow": overflow, "use-after-free": useAfterFree, "free-twice": freeTwice, "leak": leak, "lock": lock]
guard let fault = CommandLine.arguments.dropFirst().first.flatMap({ faults[$0] }) else { fatalError("usage: faulty FAULT") }
fault()
