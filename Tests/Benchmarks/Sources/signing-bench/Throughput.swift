import Glibc
import Synchronization

extension Measure {
    /// Operations a second on so many threads at once, by the clock on the wall.
    func operationsPerSecond(threads: Int, seconds: Double) -> Double {
        let start = nanoseconds(of: CLOCK_MONOTONIC)
        let deadline = start + Int64(seconds * 1e9)
        let total = Total()
        let running = (0..<threads).map { _ in
            startThread {
                var done = 0
                while nanoseconds(of: CLOCK_MONOTONIC) < deadline {
                    try! ours(Inputs.count * 16)
                    done += Inputs.count * 16
                }
                total.count.add(done, ordering: .relaxed)
            }
        }
        for thread in running { pthread_join(thread, nil) }
        return Double(total.count.load(ordering: .relaxed)) / (Double(nanoseconds(of: CLOCK_MONOTONIC) - start) / 1e9)
    }
}

private final class Total: Sendable {
    let count = Atomic(0)
}

private final class Work {
    let run: () -> Void

    init(_ run: @escaping () -> Void) {
        self.run = run
    }
}

private func startThread(_ run: @escaping () -> Void) -> pthread_t {
    var thread = pthread_t()
    let status = pthread_create(
        &thread, nil,
        { argument in
            Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
            return nil
        }, Unmanaged.passRetained(Work(run)).toOpaque())
    precondition(status == 0, "no thread could be started")
    return thread
}
