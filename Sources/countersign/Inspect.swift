import ArgumentParser
import S3Signing
import Settings
import SigV4

struct Inspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explains a presigned URL or a form: who, where, until when, what it allows, and whether it verifies.",
        discussion: """
            Nothing is sent. Put the URL between quotes, since a shell would cut it at the first &, or give - and \
            the text on standard input: a URL, a form as HTML or JSON (a ticket, or what presign --format json prints), \
            or a policy in base64.

            With the credentials at hand that signed it, the signature is checked; if it fails, single changes are \
            tried to say which part differs. Signed headers other than host are not in the URL: give their values with \
            --header.

            The exit code is 1 when S3 would refuse it: expired, malformed, or a signature that does not verify.

            Examples:
              countersign inspect 'https://my-bucket.s3.eu-central-1.amazonaws.com/cat.jpg?X-Amz-…'
              countersign presign post s3://my-bucket/a.jpg --max-size 1MB | countersign inspect -
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Argument(help: ArgumentHelp("The presigned URL; - reads standard input.", valueName: "URL"))
    var source: String

    @Option(
        name: .customLong("method"),
        help: ArgumentHelp("The method that it will be used with (default: found by trying).", valueName: "method"),
        transform: Inspect.method)
    var method: S3Method?

    @Option(
        name: .customLong("header"), help: ArgumentHelp("A header that will be sent with it (repeatable).", valueName: "name: value"),
        transform: HeaderArgument.init)
    var headers: [HeaderArgument] = []

    @Option(
        help: ArgumentHelp("Judge as of that time, such as 20130524T000000Z (default: now).", valueName: "time"),
        transform: TimeArgument.time)
    var at: SigningTime?

    @Option(help: ArgumentHelp("Verify with the credentials of this environment.", valueName: "name"))
    var environment: String?

    @Option(help: ArgumentHelp("The store's base URL, to tell bucket from path (default: AWS_ENDPOINT_URL_S3).", valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = Format.text

    private static let maximumInputBytes = 1 << 20

    static func method(_ text: String) throws -> S3Method {
        guard let method = S3Method(rawValue: text.uppercased()) else { throw ValidationError("write GET, PUT, HEAD, DELETE or POST.") }
        return method
    }

    func run() async throws {
        let context = CommandContext.current
        let text = source == "-" ? try Self.everything(context.input) : source
        let report = try await report(on: InspectInput(text), context: context)
        try context.say(format == .json ? report.json.pretty : report.text(context))
        if report.isRefused { throw CommandFailure.no("") }
    }

    private func report(on input: InspectInput, context: CommandContext) async throws -> InspectReport {
        let found: Result<FoundCredentials, CommandFailure>
        do {
            found = .success(try await FoundCredentials.find(environment: environment, asksInstance: false, context: context))
        } catch {
            found = .failure(error)
        }
        let endpoint = try endpoint ?? LocationDefaults(context).endpointURL
        let now = at ?? context.now()
        switch input {
        case .url(let url, let inputMethod, let inputHeaders):
            let given = headers.map { Header($0.name, $0.value) }
            let inspection = try URLInspection(
                url, method: method ?? inputMethod, headers: given.isEmpty ? inputHeaders : given, endpoint: endpoint, found: found,
                now: now)
            return inspection.report()
        case .form(let url, let fields):
            let form = try InspectedForm(url: url, fields: fields)
            return FormInspection(form: form, endpoint: endpoint, found: found, now: now).report()
        }
    }

    static func everything(_ input: any ByteInput) throws -> String {
        var bytes: [UInt8] = []
        while true {
            let block = try input.read(upTo: 1 << 16)
            if block.isEmpty { break }
            bytes += block
            guard bytes.count <= maximumInputBytes else {
                throw CommandFailure.wrongUse("the input is larger than 1 MiB; that is no URL and no form.")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw CommandFailure.wrongUse("the input is not UTF-8 text.") }
        return text
    }
}

/// What `inspect` was given, told apart by its first character.
enum InspectInput: Equatable {
    case url(String, method: S3Method?, headers: [Header])
    case form(url: String?, fields: [Header])

    init(_ text: String) throws(CommandFailure) {
        let text = Self.trimmed(text)
        switch text.unicodeScalars.first {
        case nil: throw .wrongUse("there is nothing to inspect.")
        case "{": self = try Self.json(text)
        case "<":
            guard let form = HTMLForm(text) else { throw .wrongUse("the HTML holds no form with the field policy.") }
            self = .form(url: form.action, fields: form.fields)
        default:
            if text.lowercased().hasPrefix("http://") || text.lowercased().hasPrefix("https://") {
                self = .url(text, method: nil, headers: [])
            } else {
                self = .form(url: nil, fields: [Header("policy", text)])
            }
        }
    }

    /// White space and quotation marks that came along when the text was copied.
    private static func trimmed(_ text: String) -> String {
        let around: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", "'", "\""]
        let head = text.unicodeScalars.drop { around.contains($0) }
        return String(String.UnicodeScalarView(head.reversed().drop { around.contains($0) }.reversed()))
    }

    /// A ticket, the output of `presign --format json`, boto's `{"url","fields"}`, or the fields alone.
    private static func json(_ text: String) throws(CommandFailure) -> InspectInput {
        let json: JSON
        do { json = try JSONParser.parse(text) } catch { throw .wrongUse("this is neither a URL nor JSON: \(error).") }
        let url = json["url"]?.string
        if let fields = pairs(json["fields"]), !fields.isEmpty { return .form(url: url, fields: fields) }
        if let url {
            return .url(url, method: json["method"]?.string.flatMap(S3Method.init(rawValue:)), headers: pairs(json["headers"]) ?? [])
        }
        if let fields = pairs(json), fields.contains(where: { $0.name.lowercased() == "policy" }) { return .form(url: nil, fields: fields) }
        throw .wrongUse("the JSON has neither url nor fields.")
    }

    private static func pairs(_ json: JSON?) -> [Header]? {
        switch json {
        case .object(let members): members.compactMap { member in member.value.string.map { Header(member.name, $0) } }
        case .array(let elements):
            elements.compactMap { element in
                if case .array(let pair) = element, pair.count == 2, let name = pair[0].string, let value = pair[1].string {
                    return Header(name, value)
                }
                guard let name = element["name"]?.string, let value = element["value"]?.string else { return nil }
                return Header(name, value)
            }
        default: nil
        }
    }
}
