import ArgumentParser
import S3Signing
import SigV4

struct PresignPost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "post",
        abstract: "Signs a form for uploading, with a policy of conditions.",
        discussion: """
            A form may leave room where a presigned PUT cannot: any size within a range, any key under a prefix. \
            It works more than once until it expires: S3 cannot make a form single-use.

            Examples:
              countersign presign post s3://my-bucket/inbox/scan.pdf \\
                --content-type application/pdf --max-size 10MB
              countersign presign post s3://my-bucket --key-prefix inbox/ --max-size 10MB \\
                --starts-with Content-Type=image/ --format html > upload.html
            """)

    @Argument(
        help: ArgumentHelp("The object; with --key-prefix the bucket alone will do.", valueName: "s3://BUCKET/KEY"), transform: S3URL.init)
    var target: S3URL

    @Option(help: ArgumentHelp("Take any file name under this prefix: the key is the prefix and ${filename}.", valueName: "prefix"))
    var keyPrefix: String?

    @Option(help: ArgumentHelp("The smallest size taken: 1, 10kB.", valueName: "size"), transform: SizeArgument.bytes)
    var minSize: Int64?

    @Option(help: ArgumentHelp("The largest size taken: 10MB, 5MiB.", valueName: "size"), transform: SizeArgument.bytes)
    var maxSize: Int64?

    @Option(
        name: .customLong("starts-with"),
        help: ArgumentHelp("Let this field be anything with that prefix (repeatable).", valueName: "field=prefix"),
        transform: PairArgument.init)
    var prefixes: [PairArgument] = []

    @Option(
        name: .customLong("field"), help: ArgumentHelp("Fix this form field (repeatable).", valueName: "name=value"),
        transform: PairArgument.init)
    var fields: [PairArgument] = []

    @Option(help: ArgumentHelp("The exact type, such as image/jpeg.", valueName: "type"))
    var contentType: String?

    @Option(help: ArgumentHelp("The exact size: 482113, 5MiB.", valueName: "size"), transform: SizeArgument.bytes)
    var contentLength: Int64?

    @Option(
        help: ArgumentHelp("The content's SHA-256, hexadecimal or base64.", valueName: "digest"), transform: ChecksumArgument.base64)
    var sha256: String?

    @Option(help: ArgumentHelp("Bind what this upload rule binds; needs --environment and --content-type.", valueName: "name"))
    var rule: String?

    @Flag(help: .hidden)
    var once = false

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = PresignFormat.json

    @OptionGroup var time: TimeOptions
    @OptionGroup var location: LocationOptions

    func validate() throws {
        if once { throw ValidationError("--once does not exist for post: S3 cannot make a form single-use. Take presign put.") }
        if contentLength != nil, minSize != nil || maxSize != nil {
            throw ValidationError("--content-length is the exact size; leave it or --min-size and --max-size out.")
        }
        if let minSize, let maxSize, minSize > maxSize { throw ValidationError("--min-size is larger than --max-size.") }
        if rule != nil, target.key == nil || keyPrefix != nil || !prefixes.isEmpty {
            throw ValidationError("a rule binds one key: name the object, without --key-prefix and --starts-with.")
        }
        if format == .url { throw ValidationError("a form is more than its URL; take --format json, curl, fetch or html.") }
        try validateKey()
    }

    private func validateKey() throws {
        guard let key = target.key else {
            guard keyPrefix == nil else { return }
            throw ValidationError("name the object, s3://BUCKET/KEY, or give --key-prefix.")
        }
        if let keyPrefix {
            guard key.utf8.starts(with: keyPrefix.utf8) else { throw ValidationError("the key does not start with --key-prefix.") }
        } else if key.contains("${filename}") {
            throw ValidationError("S3 replaces ${filename} before it compares the key; add --key-prefix with what stands before it.")
        }
    }

    func run() async throws {
        let context = CommandContext.current
        let setup = try await SigningSetup(bucket: target.bucket, options: location, context: context)
        let policy = try policy(setup)
        let signer = S3Signer(credentials: setup.credentials.credentials, location: setup.location)
        let form = try PresignJob.told { () throws(SigningError) in
            try signer.sign(policy, at: time.at ?? context.now())
        }
        let output = SignedOutput(
            method: .post, url: form.url, fields: form.fields, openFields: openFields, key: target.key, expiresAt: form.expiresAt,
            canonicalRequest: nil, stringToSign: form.stringToSign)
        let text = try output.text(as: format)
        tell(setup: setup, context: context)
        setup.credentials.tellEnd(before: output.expiresAt, context: context)
        try context.say(text)
    }

    private func policy(_ setup: SigningSetup) throws -> PostPolicy {
        var policy = PostPolicy(expiresSeconds: time.expiresSeconds, fields: [], conditions: [])
        if let rule {
            let binding = try RuleBinding(
                rule: rule, setup: setup, key: target.key ?? "", contentType: contentType, size: contentLength, sha256: sha256,
                metadata: [:])
            policy = try binding.postPolicy(expiresSeconds: time.expires)
        } else {
            policy.fields.append(Header("key", target.key ?? (keyPrefix ?? "") + "${filename}"))
            if let contentType { policy.fields.append(Header("Content-Type", contentType)) }
            if let sha256 { policy.fields.append(Header("x-amz-checksum-sha256", sha256)) }
        }
        policy.fields += fields.map { Header($0.name, $0.value) }
        policy.conditions += prefixes.map { .startsWith(field: $0.name, prefix: $0.value) }
        if let keyPrefix { policy.conditions.append(.startsWith(field: "key", prefix: keyPrefix)) }
        if let range = sizeRange { policy.conditions.append(.contentLengthRange(range)) }
        return policy
    }

    /// S3 takes at most 5 GiB in one POST.
    private var sizeRange: ClosedRange<Int64>? {
        if rule != nil, contentLength != nil { return nil }
        if let contentLength { return contentLength...contentLength }
        guard minSize != nil || maxSize != nil else { return nil }
        let upper = maxSize ?? max(5 << 30, minSize ?? 0)
        return (minSize ?? 0)...upper
    }

    /// Fields that a condition allows with a prefix, and that no option fills.
    private var openFields: [Header] {
        let filled = Set(["key"] + fields.map { $0.name.lowercased() } + (contentType == nil ? [] : ["content-type"]))
        return prefixes.filter { !filled.contains($0.name.lowercased()) }.map { Header($0.name, $0.value) }
    }

    private func tell(setup: SigningSetup, context: CommandContext) {
        for field in openFields {
            context.complain(
                "the client fills in the field \(Quoting.terminal(field.name)), starting with \"\(Quoting.terminal(field.value))\"")
        }
        guard rule == nil else { return }
        var notes: [UnboundNote] = []
        if contentLength == nil, maxSize == nil { notes.append(.unlimitedSize("--max-size", holder: "this form")) }
        let namesType = (prefixes + fields).contains { $0.name.lowercased() == "content-type" }
        if contentType == nil, !namesType { notes.append(.anyType("--content-type")) }
        if keyPrefix == "" { notes.append(.anyKey) }
        notes.append(.repeatedForm)
        UnboundNote.tell(notes, setup: setup, context: context)
    }
}
