import ArgumentParser
import S3Signing
import SigV4

/// `countersign presign …`
struct Presign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Signs one request, or a million, without sending anything.",
        discussion: """
            Nothing goes over the network: the signature is worked out here, from the credentials of the AWS \
            variables or the shared files.

            Examples:
              countersign presign get s3://my-bucket/report.pdf --expires 1h
              countersign presign put s3://my-bucket/cat.jpg --content-type image/jpeg \\
                --content-length 482113 --once
              countersign presign put s3://my-bucket/cat.jpg --environment staging \\
                --rule avatars --content-type image/jpeg --content-length 482113
              countersign presign post s3://my-bucket --key-prefix inbox/ \\
                --max-size 10MB --format html
            """,
        subcommands: [
            PresignPut.self, PresignGet.self, PresignHead.self, PresignDelete.self, PresignPost.self, PresignPart.self, PresignBatch.self,
        ])
}

struct PresignPut: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Signs an upload of one object.",
        discussion: """
            What is not bound is open to whoever holds the URL; standard error says what that is. Bound values \
            are signed headers: the client must send exactly these.

            Examples:
              countersign presign put s3://my-bucket/cat.jpg --content-type image/jpeg \\
                --content-length 482113 --once
              countersign presign put s3://my-bucket/cat.jpg --format curl | sh
            """)

    @Argument(help: ArgumentHelp("The object.", valueName: "s3://BUCKET/KEY"), transform: S3URL.init)
    var target: S3URL

    @OptionGroup var upload: UploadBindingOptions
    @OptionGroup var request: RequestOptions
    @OptionGroup var time: TimeOptions
    @OptionGroup var location: LocationOptions

    func run() async throws {
        var job = PresignJob(method: .put, target: target, request: request, time: time, location: location)
        job.bindings = upload
        try await job.run()
    }
}

/// What an upload is bound to.
struct UploadBindingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Bind what this upload rule binds; needs --environment, --content-type and --content-length.", valueName: "name"))
    var rule: String?

    @Option(help: ArgumentHelp("The exact type, such as image/jpeg.", valueName: "type"))
    var contentType: String?

    @Option(help: ArgumentHelp("The exact size: 482113, 5MiB.", valueName: "size"), transform: SizeArgument.bytes)
    var contentLength: Int64?

    @Option(
        help: ArgumentHelp("The content's SHA-256, hexadecimal or base64.", valueName: "digest"), transform: ChecksumArgument.base64)
    var sha256: String?

    @Flag(help: "Create only (If-None-Match: *): a second use is refused.")
    var once = false

    var headers: [Header] {
        var headers: [Header] = []
        if let contentType { headers.append(Header("content-type", contentType)) }
        if let contentLength { headers.append(Header("content-length", String(contentLength))) }
        if let sha256 { headers.append(Header("x-amz-checksum-sha256", sha256)) }
        if once { headers.append(Header("if-none-match", "*")) }
        return headers
    }
}

struct PresignGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Signs a download of one object, or a listing of the bucket.",
        discussion: """
            Examples:
              countersign presign get s3://my-bucket/report.pdf --expires 1h
              countersign presign get s3://my-bucket/report.pdf \\
                --query response-content-disposition=attachment
              countersign presign get s3://my-bucket --query list-type=2 --query prefix=2026/
            """)

    @Argument(help: ArgumentHelp("The object, or the bucket alone.", valueName: "s3://BUCKET/KEY"), transform: S3URL.init)
    var target: S3URL

    @OptionGroup var request: RequestOptions
    @OptionGroup var time: TimeOptions
    @OptionGroup var location: LocationOptions

    func run() async throws {
        try await PresignJob(method: .get, target: target, request: request, time: time, location: location).run()
    }
}

struct PresignHead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Signs a look at an object's size, type and metadata.",
        discussion: """
            Example:
              countersign presign head s3://my-bucket/report.pdf --format curl | sh
            """)

    @Argument(help: ArgumentHelp("The object, or the bucket alone.", valueName: "s3://BUCKET/KEY"), transform: S3URL.init)
    var target: S3URL

    @OptionGroup var request: RequestOptions
    @OptionGroup var time: TimeOptions
    @OptionGroup var location: LocationOptions

    func run() async throws {
        try await PresignJob(method: .head, target: target, request: request, time: time, location: location).run()
    }
}

struct PresignDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Signs the deletion of one object.",
        discussion: """
            Example:
              countersign presign delete s3://my-bucket/old.pdf --expires 5m
            """)

    @Argument(help: ArgumentHelp("The object.", valueName: "s3://BUCKET/KEY"), transform: S3URL.init)
    var target: S3URL

    @OptionGroup var request: RequestOptions
    @OptionGroup var time: TimeOptions
    @OptionGroup var location: LocationOptions

    func run() async throws {
        try await PresignJob(method: .delete, target: target, request: request, time: time, location: location).run()
    }
}

struct PresignPart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "part",
        abstract: "Signs the upload of one part of a multipart upload.",
        discussion: """
            Example:
              countersign presign part s3://my-bucket/film.mp4 --upload-id VXBsb2Fk \\
                --part-number 1 --content-length 8MiB
            """)

    @Argument(help: ArgumentHelp("The object.", valueName: "s3://BUCKET/KEY"), transform: S3URL.init)
    var target: S3URL

    @Option(help: ArgumentHelp("The upload id that CreateMultipartUpload answered.", valueName: "id"))
    var uploadID: String

    @Option(help: ArgumentHelp("The part, 1 to 10000.", valueName: "number"))
    var partNumber: Int

    @Option(help: ArgumentHelp("The part's exact size.", valueName: "size"), transform: SizeArgument.bytes)
    var contentLength: Int64?

    @Option(help: ArgumentHelp("The part's SHA-256, hexadecimal or base64.", valueName: "digest"), transform: ChecksumArgument.base64)
    var sha256: String?

    @OptionGroup var request: RequestOptions
    @OptionGroup var time: TimeOptions
    @OptionGroup var location: LocationOptions

    func validate() throws {
        guard (1...10_000).contains(partNumber) else { throw ValidationError("--part-number goes from 1 to 10000.") }
        guard !uploadID.isEmpty else { throw ValidationError("--upload-id is empty.") }
    }

    func run() async throws {
        var job = PresignJob(method: .put, target: target, request: request, time: time, location: location)
        job.part = (uploadID, partNumber)
        if let contentLength { job.headers.append(Header("content-length", String(contentLength))) }
        if let sha256 { job.headers.append(Header("x-amz-checksum-sha256", sha256)) }
        try await job.run()
    }
}
