import Glibc
import Synchronization

struct Throughput {
    /// Operations a second by the clock on the wall.
    let perSecond: Double
    /// Operations for each second that a processor worked, whatever else the machine does.
    let perProcessorSecond: Double
}

extension Measure {
    /// Runs on so many threads at once.
    func throughput(threads: Int, seconds: Double) -> Throughput {
        let start = nanoseconds(of: CLOCK_MONOTONIC)
        let workStart = nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID)
        let deadline = start + Int64(seconds * 1e9)
        let total = Total()
        let running = (0..<threads).map { _ in
            startThread {
                var done = 0
                while nanoseconds(of: CLOCK_MONOTONIC) < deadline {
                    try! ours(Inputs.count)
                    done += Inputs.count
                }
                total.count.add(done, ordering: .relaxed)
            }
        }
        for thread in running { pthread_join(thread, nil) }
        let done = Double(total.count.load(ordering: .relaxed)) * 1e9
        return Throughput(
            perSecond: done / Double(nanoseconds(of: CLOCK_MONOTONIC) - start),
            perProcessorSecond: done / Double(nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID) - workStart))
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
