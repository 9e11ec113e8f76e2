internal import SigV4

/// What may be uploaded, under which name and for how long its ticket lives. A value of this type keeps the promise: it cannot be made otherwise.
public struct UploadRule: Sendable {
    public let name: String
    public let contentTypes: [ContentTypePattern]
    /// Allowed sizes in bytes, both ends included.
    public let sizeBytes: ClosedRange<Int64>
    public let keyTemplate: KeyTemplate
    /// How long a ticket can be used, in seconds.
    public let lifetimeSeconds: Int
    public let method: UploadMethod
    /// Whether the upload creates the object and never replaces one (`If-None-Match: *`).
    public let once: Bool
    public let encryption: Encryption?
    public let storageClass: StorageClass?
    public let tags: [ObjectTag]
    /// Names of user metadata that a request may set, lower-case, without `x-amz-meta-`.
    public let allowedMetadata: [String]
    public let cacheControl: String?
    public let contentDisposition: ContentDisposition?
    public let checksum: ChecksumPolicy

    /// S3's limit for a single PUT or POST, in bytes: 5 GiB.
    public static let maximumSizeBytes: Int64 = 5 << 30
    /// SigV4's limit for a ticket's life, in seconds: seven days.
    public static let maximumLifetimeSeconds = 604_800
    /// The limit of a POST ticket's life, in seconds: its form can be used again and again, with a new body.
    public static let maximumPostLifetimeSeconds = 900
    /// How long a ticket lives when neither rule nor environment say, in seconds.
    public static let defaultLifetimeSeconds = 900
    /// The name of a rule: letters, digits, `-` and `_`.
    static let allowedName = "1 to 63 letters, digits, \"-\" or \"_\", beginning with a letter or digit"

    /// Checks all values together and reports everything that is wrong; `field` is the key in `uploads.yaml`.
    public init(
        name: String,
        contentTypes: [ContentTypePattern],
        minimumSizeBytes: Int64 = 1,
        maximumSizeBytes: Int64,
        keyTemplate: KeyTemplate,
        lifetimeSeconds: Int = UploadRule.defaultLifetimeSeconds,
        method: UploadMethod = .put,
        once: Bool = true,
        encryption: Encryption? = nil,
        storageClass: StorageClass? = nil,
        tags: [ObjectTag] = [],
        allowedMetadata: [String] = [],
        cacheControl: String? = nil,
        contentDisposition: ContentDisposition? = nil,
        checksum: ChecksumPolicy = .optional
    ) throws(InvalidValues) {
        let sizeIsValid = 0 <= minimumSizeBytes && minimumSizeBytes <= maximumSizeBytes
        self.name = name
        self.contentTypes = contentTypes
        sizeBytes = sizeIsValid ? minimumSizeBytes...maximumSizeBytes : 0...0
        self.keyTemplate = keyTemplate
        self.lifetimeSeconds = lifetimeSeconds
        self.method = method
        self.once = once
        self.encryption = encryption
        self.storageClass = storageClass
        self.tags = tags
        self.allowedMetadata = allowedMetadata
        self.cacheControl = cacheControl
        self.contentDisposition = contentDisposition
        self.checksum = checksum
        var problems: [InvalidValue] = []
        checkSize(minimum: minimumSizeBytes, maximum: maximumSizeBytes, problems: &problems)
        checkNameAndKey(problems: &problems)
        checkMethodAndLifetime(problems: &problems)
        checkHeaders(problems: &problems)
        guard problems.isEmpty else { throw InvalidValues(problems) }
    }

    /// The header of the tags: `key=value` pairs as in a URL's query (PutObject, `x-amz-tagging`).
    var taggingHeader: String {
        tags.map { PercentEncoding.encode($0.key) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
    }

    /// The POST form's `tagging` field (POST Object). The characters of a tag need no escapes in XML.
    var taggingXML: String {
        let tags = tags.map { "<Tag><Key>\($0.key)</Key><Value>\($0.value)</Value></Tag>" }.joined()
        return "<Tagging><TagSet>\(tags)</TagSet></Tagging>"
    }
}

// MARK: - What a rule must be

extension UploadRule {
    private func checkSize(minimum: Int64, maximum: Int64, problems: inout [InvalidValue]) {
        if !(1...UploadRule.maximumSizeBytes).contains(maximum) {
            problems.append(
                InvalidValue(field: "maximumSize", "the largest file is between 1 byte and 5 GiB, S3's limit for one \(method.rawValue)"))
        }
        if minimum < 0 || minimum > maximum {
            problems.append(InvalidValue(field: "minimumSize", "the smallest file is between 0 bytes and maximumSize"))
        }
    }

    private func checkNameAndKey(problems: inout [InvalidValue]) {
        if !UploadRule.isName(name) {
            problems.append(InvalidValue(field: "name", "\(quoted(name)) is not a rule's name; use \(UploadRule.allowedName)"))
        }
        if contentTypes.isEmpty {
            problems.append(InvalidValue(field: "contentTypes", "name at least one content type, such as image/png or image/*"))
        }
        if keyTemplate.contains(.sha256), checksum != .required {
            problems.append(InvalidValue(field: "key", "{sha256} needs checksum: required"))
        }
        let isOwn = keyTemplate.contains(.caller) || keyTemplate.contains(.uuid)
        if !once, method == .put, !isOwn {
            problems.append(
                InvalidValue(field: "key", "with once: false callers could replace each other's files; put {caller} or {uuid} into the key")
            )
        }
    }

    private func checkMethodAndLifetime(problems: inout [InvalidValue]) {
        if !(1...UploadRule.maximumLifetimeSeconds).contains(lifetimeSeconds) {
            problems.append(InvalidValue(field: "lifetime", "a ticket lives from 1 second to 7 days (604800 seconds)"))
        }
        guard method == .post else { return }
        if once {
            problems.append(InvalidValue(field: "once", "S3 cannot make a POST form single-use; write once: false, or method: PUT"))
        }
        if !keyTemplate.contains(.uuid) {
            problems.append(InvalidValue(field: "key", "a POST form can be used twice, so its key needs {uuid}"))
        }
        if lifetimeSeconds > UploadRule.maximumPostLifetimeSeconds, lifetimeSeconds <= UploadRule.maximumLifetimeSeconds {
            problems.append(InvalidValue(field: "lifetime", "a POST form can be used twice, so it lives at most 15 minutes (15m)"))
        }
    }

    private func checkHeaders(problems: inout [InvalidValue]) {
        if tags.count > 10 || Set(tags.map { Array($0.key.utf8) }).count != tags.count {
            problems.append(InvalidValue(field: "tags", "an object has up to 10 tags, each with a key of its own"))
        } else if taggingHeader.utf8.count > UploadRule.maximumTaggingBytes {
            problems.append(
                InvalidValue(
                    field: "tags",
                    "encoded, the tags have \(taggingHeader.utf8.count) bytes; all headers of a PUT have 8 KB, so \(UploadRule.maximumTaggingBytes) are allowed"
                ))
        }
        for name in allowedMetadata where !UploadRule.isMetadataName(name) {
            problems.append(
                InvalidValue(
                    field: "metadata",
                    "\(quoted(name)) is not allowed; use 1 to 64 lower-case letters, digits, \"-\" or \"_\", without x-amz-meta-"))
        }
        if Set(allowedMetadata).count != allowedMetadata.count || allowedMetadata.count > 50 {
            problems.append(InvalidValue(field: "metadata", "name up to 50 metadata fields, each once"))
        }
        if let cacheControl, !UploadRule.isHeaderValue(cacheControl) {
            problems.append(
                InvalidValue(field: "cacheControl", "give directives of Cache-Control, such as public, max-age=31536000, immutable"))
        }
    }

    private static let maximumTaggingBytes = 2048

    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, ASCII.isAlphanumeric(first), name.utf8.count <= KeyTemplate.maximumNameBytes else {
            return false
        }
        return name.utf8.allSatisfy { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    private static func isMetadataName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && !name.hasPrefix("x-amz-")
            && name.utf8.allSatisfy { ASCII.isLowercase($0) || ASCII.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    /// Sent as it stands, in a header and in a form field alike.
    private static func isHeaderValue(_ value: String) -> Bool {
        (1...256).contains(value.utf8.count) && value.utf8.allSatisfy(ASCII.isPrintable) && !value.contains("${")
            && value.utf8.first != 0x20 && value.utf8.last != 0x20 && !value.contains("  ")
    }
}
