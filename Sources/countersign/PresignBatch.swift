import ArgumentParser
import Libcrypto
import S3Signing
import Settings
import SigV4

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
        let signer = BatchSigner(region: region, endpoint: endpoint, time: time, context: context)
        var counts = (lines: 0, failed: 0)
        var answer: [UInt8] = []
        while let line = try lines.next() {
            counts.lines += 1
            answer.removeAll(keepingCapacity: true)
            guard signer.answer(line, number: counts.lines, to: &answer) else {
                counts.failed += 1
                try context.output.write(answer)
                continue
            }
            if !answer.isEmpty { try context.output.write(answer) }
        }
        guard counts.failed > 0 else { return }
        throw CommandFailure.no("\(counts.failed) of \(counts.lines) lines could not be signed; their answers say why.")
    }
}

/// Answers one line after the other; what lines have in common is prepared once.
final class BatchSigner {
    static let maximumLineBytes = 1 << 20
    private static let maximumSigners = 256

    private struct Place: Hashable {
        let bucket: String
        let region: String
        let endpoint: String?
        let style: AddressingStyle?
        let keys: BatchLine.Keys?
    }

    private let defaultRegion: String?
    private let defaultEndpoint: String?
    private let expiresSeconds: Int
    private let at: SigningTime?
    private let context: CommandContext
    private let keyCache = SigningKeyCache()
    private var signers: [Place: S3Signer] = [:]
    private lazy var chained = Result { try SigningSetup.credentials(environment: nil, context: context).credentials }

    init(region: String?, endpoint: String?, time: TimeOptions, context: CommandContext) {
        let chain = AWSCredentialChain(variables: context.variables)
        defaultRegion = region ?? chain.region
        defaultEndpoint = endpoint ?? chain.endpointURL
        expiresSeconds = time.expiresSeconds
        at = time.at
        self.context = context
    }

    /// Appends the answer to one line and its line end; false when that is an error.
    func answer(_ line: LineReader.Line, number: Int, to answer: inout [UInt8]) -> Bool {
        do throws(BatchLineError) {
            guard case .bytes(let bytes) = line else {
                throw BatchLineError(code: "line_too_long", message: "A line has at most \(Self.maximumLineBytes) bytes.")
            }
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return true }
            try sign(BatchLine(bytes)).append(to: &answer)
            answer.append(0x0A)
            return true
        } catch {
            error.json(line: number).append(to: &answer)
            answer.append(0x0A)
            return false
        }
    }

    private func sign(_ line: BatchLine) throws(BatchLineError) -> JSON {
        guard let region = line.region ?? defaultRegion else {
            throw BatchLineError(code: "missing_field", field: "region", message: "region is missing, and no default is set.")
        }
        let time = line.at ?? at ?? context.now()
        switch line.work {
        case .policy(let policy): return try signPolicy(policy, line: line, region: region, at: time)
        case .presign(let method, let bucket, let key):
            let place = Place(
                bucket: bucket, region: region, endpoint: line.endpoint ?? defaultEndpoint, style: line.style, keys: line.keys)
            let signer = try signer(for: place)
            do throws(S3SigningError) {
                let request = PresignRequest(
                    method: method, key: try key.map { text throws(S3SigningError) in try ObjectKey(text) },
                    expiresSeconds: line.expiresSeconds ?? expiresSeconds, headers: line.headers, query: line.query)
                let signed = try signer.presign(request, at: time)
                return .object([
                    .init("url", .string(signed.url)), .init("signature", .string(signed.signature)),
                    .init("signedHeaders", .string(signed.signedHeaders.joined(separator: ";"))),
                ])
            } catch {
                throw BatchLineError(error)
            }
        }
    }

    private func signPolicy(_ policy: String, line: BatchLine, region: String, at time: SigningTime) throws(BatchLineError) -> JSON {
        guard Base64.decode(policy) != nil else {
            throw BatchLineError(code: "invalid_policy", field: "policy", message: "policy is base64 with padding, as the form sends it.")
        }
        let credentials = try credentials(line.keys)
        let key = keyCache.key(for: credentials, at: time, region: region, service: "s3")
        let scope = CredentialScope(date: time.dateStamp, region: region, service: "s3")
        return .object([
            .init("signature", .string(key.sign(policy).hex)),
            .init("credential", .string("\(credentials.accessKeyID)/\(scope)")), .init("date", .string(time.iso8601Basic)),
        ])
    }

    private func signer(for place: Place) throws(BatchLineError) -> S3Signer {
        if let known = signers[place] { return known }
        let credentials = try credentials(place.keys)
        do throws(S3SigningError) {
            let endpoint =
                if let baseURL = place.endpoint { try Endpoint(baseURL: baseURL, region: place.region) } else {
                    try Endpoint.aws(region: place.region)
                }
            let location = try S3Location(endpoint: endpoint, bucket: BucketName(place.bucket), style: place.style)
            if signers.count >= Self.maximumSigners { signers.removeAll(keepingCapacity: true) }
            let signer = S3Signer(credentials: credentials, location: location, keyCache: keyCache)
            signers[place] = signer
            return signer
        } catch {
            throw BatchLineError(error)
        }
    }

    private func credentials(_ keys: BatchLine.Keys?) throws(BatchLineError) -> Credentials {
        if let keys {
            return Credentials(
                accessKeyID: keys.accessKeyID, secretAccessKey: Secret(keys.secretAccessKey), sessionToken: keys.sessionToken)
        }
        do {
            return try chained.get()
        } catch {
            let message = (error as? CommandFailure)?.message ?? "No credentials."
            throw BatchLineError(code: "no_credentials", field: "accessKeyId", message: message)
        }
    }
}

extension BatchLineError {
    init(_ error: S3SigningError) {
        self.init(code: error.code.rawValue, field: error.field, message: error.message)
    }
}
