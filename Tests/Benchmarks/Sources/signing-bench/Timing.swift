import Glibc

/// Times of one operation in nanoseconds, and how they were scattered.
struct Timing {
    let oursNanoseconds: Double
    let floorNanoseconds: Double
    let statesNanoseconds: Double
    let ratio: Double
    /// Between these lay the middle half of all rounds' ratios.
    let ratioQuartiles: ClosedRange<Double>
}

extension Measure {
    /// Lets ours and the floor take turns in short rounds, so that both see the same machine, and takes medians. The rounds
    /// end with the iterations, or after four seconds.
    ///
    /// Counted is the processor time of this thread: what other programs take does not count.
    func time(iterations: Int) throws -> Timing {
        let perRound = Inputs.count * 4
        try ours(perRound)
        try floor(perRound)
        try states(perRound)
        var oursTimes: [Double] = []
        var floorTimes: [Double] = []
        var statesTimes: [Double] = []
        let deadline = nanoseconds(of: CLOCK_MONOTONIC) + 4_000_000_000
        repeat {
            oursTimes.append(try threadNanoseconds { try ours(perRound) } / Double(perRound))
            floorTimes.append(try threadNanoseconds { try floor(perRound) } / Double(perRound))
            statesTimes.append(try threadNanoseconds { try states(perRound) } / Double(perRound))
        } while oursTimes.count * perRound < iterations && nanoseconds(of: CLOCK_MONOTONIC) < deadline
        let ratios = zip(oursTimes, floorTimes).map { $0 / $1 }.sorted()
        return Timing(
            oursNanoseconds: quantile(oursTimes.sorted(), 0.5), floorNanoseconds: quantile(floorTimes.sorted(), 0.5),
            statesNanoseconds: quantile(statesTimes.sorted(), 0.5),
            ratio: quantile(ratios, 0.5), ratioQuartiles: quantile(ratios, 0.25)...quantile(ratios, 0.75))
    }
}

private func threadNanoseconds(_ body: () throws -> Void) throws -> Double {
    let start = nanoseconds(of: CLOCK_THREAD_CPUTIME_ID)
    try body()
    return Double(nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) - start)
}

func nanoseconds(of clock: clockid_t) -> Int64 {
    var now = timespec()
    precondition(clock_gettime(clock, &now) == 0)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

private func quantile(_ sorted: [Double], _ part: Double) -> Double {
    sorted[Int(Double(sorted.count - 1) * part)]
}
