import ArgumentParser
import Libcrypto
import S3Signing
import SigV4
import Uploads

struct Upload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Signs and sends one file, with a progress bar.",
        discussion: """
            The file is streamed from disk, its exact length signed: in one PUT, or in parts side by side when it is \
            larger than 64 MiB, up to 10,000 parts of 5 GiB. Each part is sent again, signed anew, when the network or the \
            store fails for a while. Its type follows from its name's extension. An S3 URL that ends in a slash, or names \
            the bucket only, gets the file's name.

            What fails or is stopped with Ctrl-C leaves nothing behind in the bucket. The exit code is 1 when the store \
            refuses the file, 3 when the network fails.

            Examples:
              countersign upload cat.jpg s3://my-bucket/pets/
              countersign upload report.pdf s3://my-bucket/2026/ --once --checksum
              countersign upload film.mov s3://my-bucket/films/ --parallel 8
              countersign upload cat.jpg s3://my-bucket/by/hand.jpg --environment staging \\
                --rule avatars
            """)

    @Argument(help: ArgumentHelp("The file to send.", valueName: "FILE"))
    var file: String

    @Argument(help: ArgumentHelp("Where it goes.", valueName: "s3://BUCKET/KEY"), transform: S3URL.init)
    var target: S3URL

    @Option(
        help: ArgumentHelp("Send only what this upload rule allows, stored as it says; needs --environment.", valueName: "name"))
    var rule: String?

    @Option(help: ArgumentHelp("The content type (default: guessed from the extension).", valueName: "type"))
    var contentType: String?

    @Flag(help: "Create only (If-None-Match: *): an existing object stays, and the exit code is 1.")
    var once = false

    @Flag(help: "Read the file twice and sign its SHA-256, so that the store refuses damaged bytes.")
    var checksum = false

    @OptionGroup var partOptions: PartOptions

    @Option(
        name: .customLong("header"), help: ArgumentHelp("Send this header too (repeatable).", valueName: "name: value"),
        transform: HeaderArgument.init)
    var headers: [HeaderArgument] = []

    @OptionGroup var location: LocationOptions

    func run() async throws {
        let context = CommandContext.current
        let source = try await UploadSource(path: file)
        let setup = try await SigningSetup(bucket: target.bucket, options: location, context: context)
        let plan = try await plan(for: source, setup: setup)
        let credentials = KeptCredentials(setup.credentials.signing, environment: location.environment, context: context)
        let transfer = UploadTransfer(plan: plan, source: source, location: setup.location, credentials: credentials, context: context)
        try await Interruption.cancelling { try await transfer.run() }
        context.complain("stored \(SizeArgument.readable(source.byteCount)) as s3://\(target.bucket)/\(Quoting.terminal(plan.key.name))")
        try context.say(setup.location.url(for: plan.key))
    }

    /// As `aws s3 cp` does it.
    static func key(_ key: String?, fileName: String) -> String {
        guard let key else { return fileName }
        return key.utf8.last == UInt8(ascii: "/") ? key + fileName : key
    }

    private func plan(for source: UploadSource, setup: SigningSetup) async throws -> UploadPlan {
        let name = Self.key(target.key, fileName: source.name)
        let type = contentType ?? ContentTypeGuess.type(ofFile: source.name)
        var plan: UploadPlan
        if let rule {
            plan = try await boundPlan(rule: rule, key: name, type: type, source: source, setup: setup)
        } else {
            let parts = PartPlan(
                sizeBytes: source.byteCount, wantedPartSizeBytes: partOptions.partSize ?? UploadPlan.defaultPartSizeBytes)
            plan = UploadPlan(
                key: try PresignJob.told { () throws(SigningError) in try ObjectKey(name) }, headers: [Header("content-type", type)],
                once: once, parts: partOptions.cuts(source.byteCount) ? parts : nil)
            if checksum, plan.parts == nil { plan.headers.append(Header("x-amz-checksum-sha256", try await source.sha256Base64())) }
            plan.headers += headers.map { Header($0.name, $0.value) }
        }
        plan.signsBytes = checksum
        plan.parallel = partOptions.parallel
        return plan
    }

    /// What the rule binds; user metadata among the headers is its to allow.
    private func boundPlan(
        rule name: String, key: String, type: String, source: UploadSource, setup: SigningSetup
    ) async throws -> UploadPlan {
        let rule = setup.environment?.rule(named: name)
        let isInParts = rule?.method == .multipart || (rule?.takes(.multipart) == true && partOptions.cuts(source.byteCount))
        let needsChecksum = !isInParts && (checksum || rule?.checksum == .required)
        let given = headers.map { Header($0.name, $0.value) }
        let metadata = given.compactMap { header in PresignJob.metadataName(header).map { ($0, header.value) } }
        let binding = try RuleBinding(
            rule: name, setup: setup, key: key, contentType: type, size: source.byteCount,
            sha256: needsChecksum ? try await source.sha256Base64() : nil, once: once, metadata: Dictionary(metadata) { $1 },
            method: isInParts ? .multipart : nil)
        var plan = try binding.sending(sizeBytes: source.byteCount, partSizeBytes: partOptions.partSize)
        plan.headers += given.filter { PresignJob.metadataName($0) == nil }
        return plan
    }
}
