import Allocations
import Glibc

/// What the program does: times of all measures or of those named, or one of the counts below.
enum Mode: String {
    case times
    case allocations
    case throughput
    case loop
}

@main
struct SigningBench {
    static let usage = """
        usage: signing-bench [times] [MEASURE...] [--iterations N]
               signing-bench allocations [MEASURE...]
               signing-bench throughput [MEASURE...] [--seconds N]
               signing-bench loop MEASURE [--floor] [--iterations N]

        times        nanoseconds of processor time, ours and the floor in turns, and their ratio
        allocations  name, allocations of one operation outside libcrypto, and inside it
        throughput   operations a second, on one thread and on as many as there are processors
        loop         runs one measure only, for a profiler: collect inside *measuredLoop*

        """

    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let mode = arguments.first.flatMap(Mode.init)
        if mode != nil { arguments.removeFirst() }
        let iterations = takeNumber("--iterations", from: &arguments)
        let seconds = takeNumber("--seconds", from: &arguments)
        let takesFloor = take("--floor", from: &arguments)
        let all = try Measure.all()
        let chosen = arguments.isEmpty ? all : all.filter { arguments.contains($0.name) }
        guard chosen.count == (arguments.isEmpty ? all.count : arguments.count) else { fail("not every argument names a measure", all) }
        switch mode ?? .times {
        case .times: try printTimes(chosen, iterations: iterations ?? 200_000)
        case .allocations: try printAllocations(chosen)
        case .throughput: printThroughput(chosen, seconds: Double(seconds ?? 2))
        case .loop:
            guard chosen.count == 1 else { fail("name one measure", all) }
            let body = takesFloor ? chosen[0].floor : chosen[0].ours
            try body(Inputs.count * 4)
            try measuredLoop(iterations ?? 1_000_000, body)
        }
    }

    static func printTimes(_ measures: [Measure], iterations: Int) throws {
        print(row("", "ours ns", "floor ns", "ratio", "middle half", "aim", ""))
        for measure in measures {
            let timing = try measure.time(iterations: iterations)
            print(
                row(
                    measure.name, decimal(timing.oursNanoseconds, 0), decimal(timing.floorNanoseconds, 0), decimal(timing.ratio, 2),
                    "\(decimal(timing.ratioQuartiles.lowerBound, 2))-\(decimal(timing.ratioQuartiles.upperBound, 2))",
                    decimal(measure.aim, 1), "  \(measure.summary)"))
        }
    }

    static func printAllocations(_ measures: [Measure]) throws {
        for measure in measures {
            let iterations = Inputs.count * 8
            try measure.ours(iterations)
            allocations_begin()
            try measure.ours(iterations)
            let count = allocations_end()
            let outside = decimal(Double(count.outside) / Double(iterations), 2)
            print(padded(measure.name, 18), outside, decimal(Double(count.inside) / Double(iterations), 2))
        }
    }

    static func printThroughput(_ measures: [Measure], seconds: Double) {
        let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        for measure in measures {
            let one = measure.operationsPerSecond(threads: 1, seconds: seconds)
            let all = measure.operationsPerSecond(threads: processors, seconds: seconds)
            print(padded(measure.name, 18), decimal(one, 0), "a second on 1 thread,", decimal(all, 0), "on \(processors)")
        }
    }

    private static func take(_ option: String, from arguments: inout [String]) -> Bool {
        guard let index = arguments.firstIndex(of: option) else { return false }
        arguments.remove(at: index)
        return true
    }

    private static func takeNumber(_ option: String, from arguments: inout [String]) -> Int? {
        guard let index = arguments.firstIndex(of: option) else { return nil }
        guard index + 1 < arguments.count, let number = Int(arguments[index + 1]), number > 0 else { fail("\(option) takes a number") }
        arguments.removeSubrange(index...index + 1)
        return number
    }

    private static func fail(_ message: String, _ measures: [Measure] = []) -> Never {
        let names = measures.isEmpty ? "" : "MEASURE is one of \(measures.map(\.name).joined(separator: ", ")).\n"
        let text = "signing-bench: \(message)\n\n\(usage)\(names)"
        write(STDERR_FILENO, text, text.utf8.count)
        exit(2)
    }
}

/// What profilers are told to look at, by its name.
@inline(never)
func measuredLoop(_ iterations: Int, _ body: @escaping (Int) throws -> Void) throws {
    try body(iterations)
}
