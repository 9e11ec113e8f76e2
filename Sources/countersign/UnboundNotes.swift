import S3Signing

/// What a signature leaves open, in plain words: what that lets its holder do, and which option closes it.
struct UnboundNote: Equatable, Sendable {
    /// A stable name in snake case, for `--format json`.
    let code: String
    let consequence: String
    /// What to add to `presign`; nil where S3 offers nothing.
    let remedy: String?

    var line: String { remedy.map { "\(consequence); add \($0)" } ?? consequence }

    /// For a presigned request with these signed headers (lower-cased names).
    static func of(method: S3Method, isPart: Bool, signedHeaders: Set<String>) -> [UnboundNote] {
        switch method {
        case .put: forPut(isPart: isPart, signedHeaders: signedHeaders)
        case .delete: [repeatedDelete]
        case .get, .head, .post: []
        }
    }

    private static func forPut(isPart: Bool, signedHeaders: Set<String>) -> [UnboundNote] {
        var notes: [UnboundNote] = []
        if !signedHeaders.contains("content-length") { notes.append(unlimitedSize("--content-length")) }
        if !isPart, !signedHeaders.contains("content-type") { notes.append(anyType("--content-type")) }
        if signedHeaders.isDisjoint(with: contentDigests) { notes.append(anyBytes) }
        if !isPart, !signedHeaders.contains("if-none-match") { notes.append(repeatedPut) }
        return notes
    }

    private static let contentDigests: Set<String> = [
        "x-amz-checksum-sha256", "x-amz-checksum-sha1", "x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-crc64nvme",
        "x-amz-content-sha256", "content-md5",
    ]

    static func unlimitedSize(_ option: String, holder: String = "this URL") -> UnboundNote {
        UnboundNote(
            code: "size_unlimited", consequence: "nothing limits the size: anyone with \(holder) can upload up to 5 GiB", remedy: option)
    }

    static func anyType(_ option: String) -> UnboundNote {
        UnboundNote(
            code: "type_open",
            consequence: "nothing fixes the type: the file can be stored as text/html and run in a visitor's browser", remedy: option)
    }

    static let anyBytes = UnboundNote(
        code: "content_open", consequence: "nothing fixes the content: any bytes of that size will do", remedy: "--sha256")

    static let repeatedPut = UnboundNote(
        code: "reusable", consequence: "it works more than once until it expires, and each use replaces what is stored", remedy: "--once")

    /// A download can be bound to nothing; `inspect` says so all the same.
    static func ofDownload(hasKey: Bool) -> UnboundNote {
        UnboundNote(
            code: "reusable",
            consequence:
                "whoever has it can \(hasKey ? "read the object" : "list the bucket's keys") as often as they like until it expires",
            remedy: nil)
    }

    static let repeatedForm = UnboundNote(
        code: "reusable", consequence: "it works more than once until it expires: S3 cannot make a form single-use", remedy: nil)

    static let repeatedDelete = UnboundNote(
        code: "reusable", consequence: "it works until it expires, also on what is stored under this key later", remedy: nil)

    static let anyKey = UnboundNote(
        code: "key_open", consequence: "nothing fixes the key: the form can overwrite any object of the bucket", remedy: "--key-prefix")
}
