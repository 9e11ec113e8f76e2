import ArgumentParser
import S3Signing
import SigV4

struct Upload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Signs and sends one file, with a progress bar.",
        discussion: """
            The file is streamed from disk in one PUT, up to 5 GiB, with its exact length signed. Its type follows \
            from its name's extension. An S3 URL that ends in a slash, or names the bucket only, gets the file's name.

            The exit code is 1 when the store refuses it, 3 when the network fails.

            Examples:
              countersign upload cat.jpg s3://my-bucket/pets/
              countersign upload report.pdf s3://my-bucket/2026/report.pdf --once --checksum
            """)

    @Argument(help: ArgumentHelp("The file to send.", valueName: "FILE"))
    var file: String

    @Argument(help: ArgumentHelp("Where it goes.", valueName: "s3://BUCKET/KEY"), transform: S3URL.init)
    var target: S3URL

    @Option(help: ArgumentHelp("The content type (default: guessed from the extension).", valueName: "type"))
    var contentType: String?

    @Flag(help: "Create only (If-None-Match: *): an existing object stays, and the exit code is 1.")
    var once = false

    @Flag(help: "Read the file twice and send its SHA-256 along, so that the store refuses damaged bytes.")
    var checksum = false

    @Option(
        name: .customLong("header"), help: ArgumentHelp("Send this header too (repeatable).", valueName: "name: value"),
        transform: HeaderArgument.init)
    var headers: [HeaderArgument] = []

    @OptionGroup var location: LocationOptions

    func run() async throws {
        let context = CommandContext.current
        let source = try await UploadSource(path: file)
        let setup = try await SigningSetup(bucket: target.bucket, options: location, context: context)
        let key = Self.key(target.key, fileName: source.name)
        let request = try await signed(key: key, source: source, setup: setup, at: context.now())
        let transfer = UploadTransfer(request: request, source: source, context: context)
        try await Interruption.cancelling { try await transfer.run() }
        context.complain("stored \(SizeArgument.readable(source.byteCount)) as s3://\(target.bucket)/\(Quoting.terminal(key))")
        try context.say(setup.location.url(for: try ObjectKey(key)))
    }

    /// As `aws s3 cp` does it.
    static func key(_ key: String?, fileName: String) -> String {
        guard let key else { return fileName }
        return key.utf8.last == UInt8(ascii: "/") ? key + fileName : key
    }

    private func signed(key: String, source: UploadSource, setup: SigningSetup, at time: SigningTime) async throws -> AuthorizedRequest {
        var signedHeaders = [
            Header("content-type", contentType ?? ContentTypeGuess.type(ofFile: source.name)),
            Header("content-length", String(source.byteCount)),
        ]
        if once { signedHeaders.append(Header("if-none-match", "*")) }
        if checksum { signedHeaders.append(Header("x-amz-checksum-sha256", try await source.sha256Base64())) }
        signedHeaders += headers.map { Header($0.name, $0.value) }
        let signer = S3Signer(credentials: setup.credentials.credentials, location: setup.location)
        return try PresignJob.told { () throws(SigningError) in
            try signer.authorize(method: .put, key: ObjectKey(key), headers: signedHeaders, payload: .unsigned, at: time)
        }
    }
}
