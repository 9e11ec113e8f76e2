/// How the browser sends the file.
public enum UploadMethod: String, Sendable, CaseIterable {
    /// One presigned PUT: exact size, can be single-use.
    case put = "PUT"
    /// A form with a signed POST policy; S3 cannot make it single-use.
    case post = "POST"
    /// In parts, each a presigned PUT of an exact size; completing them can be single-use.
    case multipart = "MULTIPART"
}

/// Who creates, completes and aborts an upload in parts.
public enum MultipartMode: String, Sendable, CaseIterable {
    /// The service asks the store, and looks at what is there before it completes.
    case assisted
    /// The client, with presigned requests; the service never calls the store for it.
    case signed
}

/// Whether an upload request must name the file's SHA-256. A checksum that is given is bound in any case.
public enum ChecksumPolicy: String, Sendable, CaseIterable {
    case optional, required
}

/// How S3 encrypts the object at rest.
public enum Encryption: Sendable, Hashable {
    /// With S3's own keys (`AES256`).
    case s3
    /// With a KMS key: its id, ARN or alias, or the account's `aws/s3` key where `nil`. A bucket key saves calls to KMS.
    case kms(keyID: String?, bucketKey: Bool)

    /// The words that `uploads.yaml` takes.
    public static let allowed = "s3, kms, or a mapping {kms: KEY-ID-OR-ARN, bucketKey: true}"

    var headers: [(name: String, value: String)] {
        switch self {
        case .s3: return [("x-amz-server-side-encryption", "AES256")]
        case .kms(let keyID, let bucketKey):
            var headers = [("x-amz-server-side-encryption", "aws:kms")]
            if let keyID { headers.append(("x-amz-server-side-encryption-aws-kms-key-id", keyID)) }
            if bucketKey { headers.append(("x-amz-server-side-encryption-bucket-key-enabled", "true")) }
            return headers
        }
    }

    /// What is wrong with the key of KMS, if anything. The region is the one that the object will be in, where known.
    func problem(region: String?) -> String? {
        guard case .kms(let keyID?, _) = self else { return nil }
        let isPlain =
            !keyID.isEmpty && keyID.utf8.count <= 2048
            && keyID.utf8.allSatisfy { ASCII.isAlphanumeric($0) || "-_/:".utf8.contains($0) }
        let parts = keyID.split(separator: ":", omittingEmptySubsequences: false)
        guard isPlain, parts.count == 1 || (parts.count == 6 && parts[0] == "arn" && parts[2] == "kms") else {
            return "\(quoted(keyID)) is not a KMS key; give its id, its alias (alias/NAME) or its ARN"
        }
        if let region, parts.count == 6, parts[3] != region {
            return
                "the KMS key is in \(quoted(String(parts[3]))), the bucket in \(quoted(region)); S3 takes keys of the bucket's own region"
        }
        return nil
    }
}

/// S3's storage classes for an upload (PutObject, `x-amz-storage-class`).
public enum StorageClass: String, Sendable, CaseIterable {
    case standard = "STANDARD"
    case standardIA = "STANDARD_IA"
    case oneZoneIA = "ONEZONE_IA"
    case intelligentTiering = "INTELLIGENT_TIERING"
    case glacierInstantRetrieval = "GLACIER_IR"
    case glacier = "GLACIER"
    case deepArchive = "DEEP_ARCHIVE"
    case reducedRedundancy = "REDUCED_REDUNDANCY"
}

/// One tag that every object of a rule gets.
public struct ObjectTag: Sendable, Hashable {
    public let key: String
    public let value: String

    /// S3 allows 128 and 256 characters: letters, numbers, spaces and `+ - = . _ : / @`, and no key that begins with `aws:`.
    public init(key: String, value: String) throws(InvalidValue) {
        guard (1...128).contains(key.unicodeScalars.count), value.unicodeScalars.count <= 256 else {
            throw InvalidValue("tag \(quoted(key)): a key has 1 to 128 characters, a value up to 256")
        }
        guard (key + value).unicodeScalars.allSatisfy(ObjectTag.isAllowed) else {
            throw InvalidValue("tag \(quoted(key)): S3 takes letters, numbers, spaces and + - = . _ : / @ in tags")
        }
        guard !ASCII.lowercased(key).hasPrefix("aws:") else {
            throw InvalidValue("tag \(quoted(key)): keys that begin with \"aws:\" are AWS's own")
        }
        self.key = key
        self.value = value
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        case .nonspacingMark, .spacingMark, .decimalNumber, .letterNumber, .otherNumber: true
        default: " +-=._:/@".unicodeScalars.contains(scalar)
        }
    }
}
