import ArgumentParser
import Settings

struct PresignBatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch",
        abstract: "Signs JSON lines: one request in, one answer out, in order.",
        discussion: """
            A line is {"method":"PUT","bucket":"b","key":"k","region":"eu-central-1","expires":900} and may add \
            endpoint, style, headers and query (arrays of [name, value]), at, accessKeyId, secretAccessKey, \
            sessionToken. The answer is {"url":…,"signature":…,"signedHeaders":…}. Without key the bucket itself is \
            meant. {"method":"POST-POLICY","policy":"<base64>",…} is answered {"signature":…,"credential":…,"date":…}.

            A line that cannot be signed is answered {"error":{"code":…,"message":…,"line":…}}; the others are \
            signed all the same, and the exit code is 1. Empty lines are skipped. Memory does not grow with the input.

            Example:
              countersign presign batch requests.jsonl > signed.jsonl
            """)

    @Argument(help: ArgumentHelp("The file to read; - is standard input.", valueName: "FILE"))
    var file = "-"

    @Option(help: ArgumentHelp("Region of lines that name none (default: AWS_REGION, else the profile's).", valueName: "region"))
    var region: String?

    @Option(help: ArgumentHelp("Base URL of lines that name none (default: AWS_ENDPOINT_URL_S3, else AWS).", valueName: "url"))
    var endpoint: String?

    @OptionGroup var time: TimeOptions

    func run() async throws {
        let context = CommandContext.current
        let input: any ByteInput = file == "-" ? context.input : try FileInput(path: file)
        var lines = LineReader(input, maximumBytes: BatchSigner.maximumLineBytes)
        let signer = try signer(context)
        var counts = (lines: 0, failed: 0)
        var answer: [UInt8] = []
        while let line = try lines.next() {
            counts.lines += 1
            answer.removeAll(keepingCapacity: true)
            guard await signer.answer(line, number: counts.lines, to: &answer) else {
                counts.failed += 1
                try context.output.write(answer)
                continue
            }
            if !answer.isEmpty { try context.output.write(answer) }
        }
        guard counts.failed > 0 else { return }
        throw CommandFailure.no("\(counts.failed) of \(counts.lines) lines could not be signed; their answers say why.")
    }

    private func signer(_ context: CommandContext) throws -> BatchSigner {
        let defaults = try LocationDefaults(context)
        return BatchSigner(
            region: region ?? defaults.region, endpoint: endpoint ?? defaults.endpointURL, expiresSeconds: time.expiresSeconds, at: time.at,
            now: context.now
        ) { () async throws(CommandFailure) in try await FoundCredentials.find(environment: nil, context: context).credentials }
    }
}
