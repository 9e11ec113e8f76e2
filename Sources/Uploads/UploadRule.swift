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
    /// How uploads in parts go, which a request with the method MULTIPART asks for; nil where there are none.
    public let multipart: MultipartMode?
    /// The size that parts have unless the file needs larger ones, in bytes.
    public let partSizeBytes: Int64
    /// How long an upload may take from its ticket to its last step, and be confirmed, in seconds.
    public let grantLifetimeSeconds: Int
    /// Whether the upload creates the object and never replaces one (`If-None-Match: *`).
    public let once: Bool
    public let encryption: Encryption?
    public let storageClass: StorageClass?
    /// What confirmed objects have.
    public let tags: [ObjectTag]
    /// Whether objects have the tag ``unconfirmedTag`` until they are confirmed, so that the bucket's lifecycle can expire the others.
    public let tagsUnconfirmed: Bool
    /// Names of user metadata that a request may set, lower-case, without `x-amz-meta-`.
    public let allowedMetadata: [String]
    public let cacheControl: String?
    public let contentDisposition: ContentDisposition?
    public let checksum: ChecksumPolicy

    /// S3's limit for a single PUT or POST, in bytes: 5 GiB.
    public static let maximumSizeBytes: Int64 = 5 << 30
    /// S3's limit for an object in parts, in bytes: 10,000 parts of 5 GiB, 48.8 TiB.
    public static let maximumMultipartSizeBytes = Int64(PartPlan.maximumCount) * (5 << 30)
    /// The limits of a part, in bytes: 5 MiB, which the last one may be below, and 5 GiB.
    public static let partSizes: ClosedRange<Int64> = (5 << 20)...(5 << 30)
    /// The size of a part where the rule does not say, in bytes: 16 MiB.
    public static let defaultPartSizeBytes: Int64 = 16 << 20
    /// How long a grant lives where the rule does not say, in seconds: a day.
    public static let defaultGrantLifetimeSeconds = 86_400
    /// What an object has until it is confirmed, and what it has then instead.
    public static let (unconfirmedTag, confirmedTag) = (
        try! ObjectTag(key: "countersign", value: "unconfirmed"), try! ObjectTag(key: "countersign", value: "confirmed")
    )
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
        multipart: MultipartMode? = nil,
        partSizeBytes: Int64 = UploadRule.defaultPartSizeBytes,
        grantLifetimeSeconds: Int? = nil,
        once: Bool = true,
        encryption: Encryption? = nil,
        storageClass: StorageClass? = nil,
        tags: [ObjectTag] = [],
        tagsUnconfirmed: Bool = false,
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
        self.multipart = multipart ?? (method == .multipart ? .assisted : nil)
        self.partSizeBytes = partSizeBytes
        self.grantLifetimeSeconds = grantLifetimeSeconds ?? max(UploadRule.defaultGrantLifetimeSeconds, lifetimeSeconds)
        self.once = once
        self.encryption = encryption
        self.storageClass = storageClass
        self.tags = tags
        self.tagsUnconfirmed = tagsUnconfirmed
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

    /// What an object has when it is uploaded.
    var uploadTags: [ObjectTag] { uploadTags(isConfirmed: false) }

    func uploadTags(isConfirmed: Bool) -> [ObjectTag] {
        tags + (tagsUnconfirmed ? [isConfirmed ? UploadRule.confirmedTag : UploadRule.unconfirmedTag] : [])
    }

    /// Whether a request may ask for that method.
    public func takes(_ method: UploadMethod) -> Bool {
        method == self.method || (method == .multipart && multipart != nil)
    }

    /// The header of the tags: `key=value` pairs as in a URL's query (PutObject, `x-amz-tagging`).
    static func taggingHeader(of tags: [ObjectTag]) -> String {
        tags.map { PercentEncoding.encode($0.key) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
    }

    /// The POST form's `tagging` field (POST Object). The characters of a tag need no escapes in XML.
    var taggingXML: String {
        let tags = uploadTags.map { "<Tag><Key>\($0.key)</Key><Value>\($0.value)</Value></Tag>" }.joined()
        return "<Tagging><TagSet>\(tags)</TagSet></Tagging>"
    }
}

// MARK: - What a rule must be

extension UploadRule {
    private func checkSize(minimum: Int64, maximum: Int64, problems: inout [InvalidValue]) {
        if multipart == nil, !(1...UploadRule.maximumSizeBytes).contains(maximum) {
            problems.append(
                InvalidValue(
                    field: "maximumSize",
                    "the largest file is between 1 byte and 5 GiB, S3's limit for one \(method.rawValue); larger ones need method: MULTIPART"
                ))
        }
        if multipart != nil, !(1...UploadRule.maximumMultipartSizeBytes).contains(maximum) {
            problems.append(InvalidValue(field: "maximumSize", "the largest file is between 1 byte and 48.8 TiB, 10,000 parts of 5 GiB"))
        }
        if method != .multipart, minimum > UploadRule.maximumSizeBytes {
            problems.append(InvalidValue(field: "minimumSize", "one \(method.rawValue) carries up to 5 GiB; write method: MULTIPART"))
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
        if !once, method != .post, !isOwn {
            problems.append(
                InvalidValue(field: "key", "with once: false callers could replace each other's files; put {caller} or {uuid} into the key")
            )
        }
    }

    private func checkMethodAndLifetime(problems: inout [InvalidValue]) {
        if !(1...UploadRule.maximumLifetimeSeconds).contains(lifetimeSeconds) {
            problems.append(InvalidValue(field: "lifetime", "a ticket lives from 1 second to 7 days (604800 seconds)"))
        }
        checkParts(problems: &problems)
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

    private func checkParts(problems: inout [InvalidValue]) {
        let isOwnFault = (1...UploadRule.maximumLifetimeSeconds).contains(lifetimeSeconds)
        if isOwnFault, !(60...UploadRule.maximumLifetimeSeconds).contains(grantLifetimeSeconds) {
            problems.append(InvalidValue(field: "grantLifetime", "a grant lives from 1 minute to 7 days"))
        } else if isOwnFault, grantLifetimeSeconds < lifetimeSeconds {
            problems.append(InvalidValue(field: "grantLifetime", "a grant lives at least as long as its ticket"))
        }
        guard multipart != nil else { return }
        if !UploadRule.partSizes.contains(partSizeBytes) {
            problems.append(InvalidValue(field: "partSize", "a part has 5 MiB to 5 GiB"))
        }
        if checksum == .required {
            problems.append(
                InvalidValue(field: "checksum", "no store verifies the SHA-256 of a file in parts; leave checksum out, or multipart"))
        }
    }

    private func checkHeaders(problems: inout [InvalidValue]) {
        if uploadTags.count > 10 || Set(uploadTags.map { Array($0.key.utf8) }).count != uploadTags.count {
            let own = tagsUnconfirmed ? "; one of them is countersign, for tagUnconfirmed" : ""
            problems.append(InvalidValue(field: "tags", "an object has up to 10 tags, each with a key of its own\(own)"))
        } else if UploadRule.taggingHeader(of: uploadTags).utf8.count > UploadRule.maximumTaggingBytes {
            problems.append(
                InvalidValue(
                    field: "tags",
                    "encoded, the tags have \(UploadRule.taggingHeader(of: uploadTags).utf8.count) bytes; all headers of a PUT have 8 KB, so \(UploadRule.maximumTaggingBytes) are allowed"
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
