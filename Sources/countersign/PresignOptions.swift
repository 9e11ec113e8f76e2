import ArgumentParser
import Libcrypto
import S3Signing
import Settings
import SigV4
import Uploads

/// Which bucket, and where it is.
struct LocationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Take bucket, region and endpoint from this environment of the policies folder.", valueName: "name"))
    var environment: String?

    @Option(help: ArgumentHelp("The policies folder (default: COUNTERSIGN_POLICIES, else policies).", valueName: "dir"))
    var policies: String?

    @Option(help: ArgumentHelp("The bucket's region (default: AWS_REGION, else the profile's).", valueName: "region"))
    var region: String?

    @Option(
        help: ArgumentHelp(
            "Base URL of the store, with port and path if it has them (default: AWS_ENDPOINT_URL_S3, else AWS).", valueName: "url"))
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "virtual puts the bucket before the host, path after the endpoint's path (default: virtual on AWS, else path).",
            valueName: "virtual|path"),
        transform: StyleArgument.style)
    var style: AddressingStyle?
}

/// Until when and as of when.
struct TimeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long the signature lives: 900, 15m, 1h, at most 7d (default: 15m; with a rule, its lifetime).", valueName: "duration"),
        transform: DurationArgument.seconds)
    var expires: Int?

    /// Without the option: fifteen minutes.
    var expiresSeconds: Int { expires ?? 900 }

    @Option(
        help: ArgumentHelp("Sign as of that time, such as 20130524T000000Z (default: now).", valueName: "time"),
        transform: TimeArgument.time)
    var at: SigningTime?
}

enum StyleArgument {
    static func style(_ text: String) throws -> AddressingStyle {
        guard let style = AddressingStyle(rawValue: text) else { throw ValidationError("write virtual or path.") }
        return style
    }
}

enum TimeArgument {
    static func time(_ text: String) throws -> SigningTime {
        guard let time = SigningTime(iso8601Basic: text) ?? SigningTime(iso8601: text) else {
            throw ValidationError("write 20130524T000000Z or 2013-05-24T00:00:00Z.")
        }
        return time
    }
}

/// What else is signed, and how it is printed.
struct RequestOptions: ParsableArguments {
    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("Sign this header; whoever uses the URL must send it (repeatable).", valueName: "name: value"),
        transform: HeaderArgument.init)
    var headers: [HeaderArgument] = []

    @Option(
        name: .customLong("query"),
        help: ArgumentHelp("Sign this query parameter, such as versionId=… (repeatable).", valueName: "name=value"),
        transform: PairArgument.query)
    var query: [PairArgument] = []

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = PresignFormat.url

    var signedHeaders: [Header] { headers.map { Header($0.name, $0.value) } }
    var queryItems: [QueryItem] { query.map { QueryItem($0.name, $0.value) } }
}

/// A SHA-256 as S3 wants it: base64. Hexadecimal, as `sha256sum` prints it, is turned into that.
enum ChecksumArgument {
    static func base64(_ text: String) throws -> String {
        if let bytes = Base64.decode(text), bytes.count == 32 { return text }
        if let bytes = Hex.decode(text.lowercased()), bytes.count == 32 { return Base64.encode(bytes) }
        throw ValidationError("write the 64 hexadecimal digits that sha256sum prints, or 32 bytes in base64.")
    }
}
