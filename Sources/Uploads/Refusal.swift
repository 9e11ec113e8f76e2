/// Why a request gets no ticket, in words that say what to change.
public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// A stable name in snake case, which clients and metrics count on.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    public let code: Code
    /// The field of the upload request that is to blame: `size`, `metadata.caption`, …
    public let field: String?
    /// One sentence for people. It never holds a secret, and of what the client sent only short, escaped pieces.
    public let detail: String

    public init(_ code: Code, field: String? = nil, _ detail: String) {
        self.code = code
        self.field = field
        self.detail = detail
    }

    /// The HTTP status that says the same.
    public var status: Int { code.status }
    public var description: String { "\(code.rawValue): \(detail)" }
}

extension Refusal.Code {
    /// The caller belongs to another environment.
    public static let wrongEnvironment = Refusal.Code(rawValue: "wrong_environment")
    /// The caller has no name.
    public static let invalidCaller = Refusal.Code(rawValue: "invalid_caller")
    /// The caller may not use that rule.
    public static let ruleNotAllowed = Refusal.Code(rawValue: "rule_not_allowed")
    /// The environment has no rule of that name.
    public static let unknownRule = Refusal.Code(rawValue: "unknown_rule")
    /// The rule uses another method.
    public static let methodNotAllowed = Refusal.Code(rawValue: "method_not_allowed")
    /// The file's name is empty, too long, or holds control characters.
    public static let invalidFilename = Refusal.Code(rawValue: "invalid_filename")
    /// The type is not one exact media type.
    public static let invalidType = Refusal.Code(rawValue: "invalid_type")
    /// The rule does not allow that type.
    public static let typeNotAllowed = Refusal.Code(rawValue: "type_not_allowed")
    /// A PUT needs the exact size.
    public static let sizeRequired = Refusal.Code(rawValue: "size_required")
    /// The size is negative.
    public static let invalidSize = Refusal.Code(rawValue: "invalid_size")
    /// The file is larger than the rule allows.
    public static let tooLarge = Refusal.Code(rawValue: "too_large")
    /// The file is smaller than the rule allows.
    public static let tooSmall = Refusal.Code(rawValue: "too_small")
    /// The checksum is not the base64 of 32 bytes.
    public static let invalidChecksum = Refusal.Code(rawValue: "invalid_checksum")
    /// The rule demands a checksum.
    public static let checksumRequired = Refusal.Code(rawValue: "checksum_required")
    /// The rule does not allow that metadata.
    public static let metadataNotAllowed = Refusal.Code(rawValue: "metadata_not_allowed")
    /// A metadata value cannot travel in a header or a form.
    public static let invalidMetadata = Refusal.Code(rawValue: "invalid_metadata")
    /// All metadata together pass S3's 2 KB.
    public static let metadataTooLarge = Refusal.Code(rawValue: "metadata_too_large")
    /// The environment gives no tickets for reading.
    public static let downloadsNotAllowed = Refusal.Code(rawValue: "downloads_not_allowed")
    /// The key is none that this caller could have uploaded to.
    public static let keyNotAllowed = Refusal.Code(rawValue: "key_not_allowed")
    /// The grant was not sealed here, or is damaged.
    public static let grantInvalid = Refusal.Code(rawValue: "grant_invalid")
    /// The grant has ended.
    public static let grantExpired = Refusal.Code(rawValue: "grant_expired")
    /// The grant is another caller's.
    public static let grantOtherCaller = Refusal.Code(rawValue: "grant_other_caller")
    /// The grant is another environment's, or of a bucket that the environment had before.
    public static let grantOtherEnvironment = Refusal.Code(rawValue: "grant_other_environment")
    /// The grant is none of an upload in parts.
    public static let notMultipart = Refusal.Code(rawValue: "not_multipart")
    /// The client itself does that step, with presigned requests.
    public static let multipartSigned = Refusal.Code(rawValue: "multipart_signed")
    /// The store's id of the upload is missing, not wanted, or none.
    public static let invalidUploadID = Refusal.Code(rawValue: "invalid_upload_id")
    /// A part's number is out of range or there twice.
    public static let invalidPartNumber = Refusal.Code(rawValue: "invalid_part_number")
    /// The parts are not in ascending order.
    public static let invalidPartOrder = Refusal.Code(rawValue: "invalid_part_order")
    /// Parts are missing.
    public static let partsMissing = Refusal.Code(rawValue: "parts_missing")
    /// A part's entity tag is none.
    public static let invalidETag = Refusal.Code(rawValue: "invalid_etag")
    /// The credentials that would sign end within a minute; the request itself is fine.
    public static let credentialsExpiring = Refusal.Code(rawValue: "credentials_expiring")
    /// The signer refused what the rule asked for: a fault of the configuration.
    public static let signingFailed = Refusal.Code(rawValue: "signing_failed")

    /// All codes that a ticket office can answer with.
    public static let all: [Refusal.Code] = [
        .wrongEnvironment, .invalidCaller, .ruleNotAllowed, .unknownRule, .methodNotAllowed, .invalidFilename, .invalidType,
        .typeNotAllowed,
        .sizeRequired, .invalidSize, .tooLarge, .tooSmall, .invalidChecksum, .checksumRequired, .metadataNotAllowed, .invalidMetadata,
        .metadataTooLarge, .downloadsNotAllowed, .keyNotAllowed, .grantInvalid, .grantExpired, .grantOtherCaller, .grantOtherEnvironment,
        .notMultipart, .multipartSigned, .invalidUploadID, .invalidPartNumber, .invalidPartOrder, .partsMissing, .invalidETag,
        .credentialsExpiring, .signingFailed,
    ]

    /// The HTTP status (RFC 9110 section 15): 400 for what is malformed, 422 for what is well-formed but against the rule.
    public var status: Int {
        switch self {
        case .wrongEnvironment, .invalidCaller, .ruleNotAllowed, .downloadsNotAllowed, .keyNotAllowed, .grantExpired, .grantOtherCaller,
            .grantOtherEnvironment:
            403
        case .unknownRule: 404
        case .notMultipart, .multipartSigned: 409
        case .tooLarge: 413
        case .typeNotAllowed: 415
        case .methodNotAllowed, .sizeRequired, .tooSmall, .checksumRequired, .metadataNotAllowed, .metadataTooLarge, .partsMissing: 422
        case .signingFailed: 500
        case .credentialsExpiring: 503
        default: 400
        }
    }
}
