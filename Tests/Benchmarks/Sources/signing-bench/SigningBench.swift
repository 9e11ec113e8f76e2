import Allocations
import Glibc

/// What the program does: times of all measures or of those named, or one of the counts below.
enum Mode: String {
    case times
    case allocations
    case throughput
    case loop
    case sample
}

@main
struct SigningBench {
    static let usage = """
        usage: signing-bench [times] [MEASURE...] [--iterations N]
               signing-bench allocations [MEASURE...]
               signing-bench throughput [MEASURE...] [--threads N] [--seconds N]
               signing-bench loop MEASURE [--floor] [--iterations N]
               signing-bench sample

        times        nanoseconds of processor time, ours and the floor in turns, and their ratio
        allocations  name, allocations of one operation outside libcrypto, and inside it
        throughput   operations a second, on one thread and on as many as there are processors;
                     by the clock, and for each second of processor time
        loop         runs one measure only, for a profiler: collect inside *measuredLoop*
        sample       a presigned URL, the secret (AWS's published example), the headers that the URL binds

        """

    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        let mode = arguments.first.flatMap(Mode.init)
        if mode != nil { arguments.removeFirst() }
        let iterations = takeNumber("--iterations", from: &arguments)
        let seconds = takeNumber("--seconds", from: &arguments)
        let threads = takeNumber("--threads", from: &arguments)
        let takesFloor = take("--floor", from: &arguments)
        let all = try Measure.all()
        let chosen = arguments.isEmpty ? all : all.filter { arguments.contains($0.name) }
        guard chosen.count == (arguments.isEmpty ? all.count : arguments.count) else { fail("not every argument names a measure", all) }
        switch mode ?? .times {
        case .times: try printTimes(chosen, iterations: iterations ?? 200_000)
        case .allocations: try printAllocations(chosen)
        case .throughput: printThroughput(chosen, threads: threads, seconds: Double(seconds ?? 1))
        case .sample: try printSample()
        case .loop:
            guard chosen.count == 1 else { fail("name one measure", all) }
            let body = takesFloor ? chosen[0].floor : chosen[0].ours
            try body(Inputs.count * 4)
            try measuredLoop(iterations ?? 1_000_000, body)
        }
    }

    private static func printTimes(_ measures: [Measure], iterations: Int) throws {
        print(row("", "ours ns", "floor ns", "ratio", "middle half", "aim", "states ns", ""))
        for measure in measures {
            let timing = try measure.time(iterations: iterations)
            print(
                row(
                    measure.name, decimal(timing.oursNanoseconds, 0), decimal(timing.floorNanoseconds, 0), decimal(timing.ratio, 2),
                    "\(decimal(timing.ratioQuartiles.lowerBound, 2))-\(decimal(timing.ratioQuartiles.upperBound, 2))",
                    decimal(measure.aim, 1), decimal(timing.statesNanoseconds, 0), "  \(measure.summary)"))
        }
    }

    private static func printAllocations(_ measures: [Measure]) throws {
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

    private static func printThroughput(_ measures: [Measure], threads: Int?, seconds: Double) {
        let counts = threads.map { [$0] } ?? [1, sysconf(Int32(_SC_NPROCESSORS_ONLN))]
        print(row("", "threads", "a second", "a CPU second"))
        for measure in measures {
            for count in counts {
                let result = measure.throughput(threads: count, seconds: seconds)
                print(row(measure.name, "\(count)", decimal(result.perSecond, 0), decimal(result.perProcessorSecond, 0)))
            }
        }
    }

    private static func printSample() throws {
        let request = try Inputs().samplePresigned()
        print(request.url, Inputs.secret, separator: "\n")
        for header in request.headers { print("\(header.name): \(header.value)") }
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
