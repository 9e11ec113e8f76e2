import NIOCore
import S3Signing
import SigV4

/// S3's refusals, with S3's codes, status codes and words.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>, and answers recorded from S3.
enum Refused {
    static func noSuchBucket(_ name: String) -> S3Error {
        S3Error(
            code: "NoSuchBucket", status: 404, message: "The specified bucket does not exist", details: [Header("BucketName", name)])
    }

    static func invalidBucketName(_ name: String) -> S3Error {
        S3Error(
            code: "InvalidBucketName", status: 400, message: "The specified bucket is not valid.", details: [Header("BucketName", name)])
    }

    static func notConfigured(_ name: String, served: [String]) -> S3Error {
        S3Error.accessDenied(
            "The bucket \(name) cannot be created by a request: this local bucket serves the buckets that its configuration names "
                + "(\(served.joined(separator: ", "))). Use one of those, or name it there.", details: [Header("BucketName", name)])
    }

    static func bucketAlreadyExists(_ name: String) -> S3Error {
        S3Error(
            code: "BucketAlreadyExists", status: 409,
            message: "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
                + "Please select a different name and try again.", details: [Header("BucketName", name)])
    }

    static func bucketAlreadyOwnedByYou(_ name: String) -> S3Error {
        S3Error(
            code: "BucketAlreadyOwnedByYou", status: 409,
            message: "Your previous request to create the named bucket succeeded and you already own it.",
            details: [Header("BucketName", name)])
    }

    static func bucketNotEmpty(_ name: String) -> S3Error {
        S3Error(
            code: "BucketNotEmpty", status: 409, message: "The bucket you tried to delete is not empty",
            details: [Header("BucketName", name)])
    }

    static func illegalLocation(_ constraint: String?) -> S3Error {
        S3Error(
            code: "IllegalLocationConstraintException", status: 400,
            message: "The \(constraint ?? "unspecified") location constraint is incompatible for the region specific endpoint this request "
                + "was sent to.")
    }

    static let noSuchVersion = S3Error(code: "NoSuchVersion", status: 404, message: "The specified version does not exist.")

    static func noSuchKey(_ key: String) -> S3Error {
        S3Error(code: "NoSuchKey", status: 404, message: "The specified key does not exist.", details: [Header("Key", key)])
    }

    static let methodNotAllowed = S3Error(
        code: "MethodNotAllowed", status: 405, message: "The specified method is not allowed against this resource.")

    static let internalError = S3Error(
        code: "InternalError", status: 500, message: "We encountered an internal error. Please try again.")

    static let invalidURI = S3Error(code: "InvalidURI", status: 400, message: "Couldn't parse the specified URI.")

    static func notImplemented(_ what: String, header: String? = nil) -> S3Error {
        S3Error(code: "NotImplemented", status: 501, message: what, details: header.map { [Header("Header", $0)] } ?? [])
    }

    static func keyTooLong(_ size: Int) -> S3Error {
        S3Error(
            code: "KeyTooLongError", status: 400, message: "Your key is too long",
            details: [Header("Size", "\(size)"), Header("MaxSizeAllowed", "\(Limits.keyBytes)")])
    }

    static let headersTooLarge = S3Error(
        code: "RequestHeaderSectionTooLarge", status: 400,
        message: "Your request header section exceeds the maximum allowed request header section size.",
        details: [Header("MaxSizeAllowed", "\(Limits.headerBytes)")])

    static func precondition(_ condition: String) -> S3Error {
        S3Error(
            code: "PreconditionFailed", status: 412, message: "At least one of the pre-conditions you specified did not hold",
            details: [Header("Condition", condition)])
    }

    static func invalidRange(_ asked: String, size: Int64) -> S3Error {
        S3Error(
            code: "InvalidRange", status: 416, message: "The requested range is not satisfiable",
            details: [Header("RangeRequested", asked), Header("ActualObjectSize", "\(size)")])
    }

    static func invalidObjectState(_ storageClass: String) -> S3Error {
        S3Error(
            code: "InvalidObjectState", status: 403, message: "The operation is not valid for the object's storage class",
            details: [Header("StorageClass", storageClass)])
    }
}

extension Refused {
    static let streamingNotTaken = S3Error.invalidRequest("The value of x-amz-content-sha256 header is invalid.")

    static let missingContentLength = S3Error(
        code: "MissingContentLength", status: 411, message: "You must provide the Content-Length HTTP header.")

    static let incompleteBody = S3Error(
        code: "IncompleteBody", status: 400, message: "The request body terminated unexpectedly")

    static let bodyLengthMismatch = S3Error(
        code: "IncompleteBody", status: 400,
        message: "You did not provide the number of bytes specified by the Content-Length HTTP header")

    static func chunkTooSmall(_ size: Int64, number: Int) -> S3Error {
        S3Error(
            code: "InvalidChunkSizeError", status: 400,
            message: "Only the last chunk is allowed to have a size less than \(Limits.chunkBytes) bytes",
            details: [Header("Chunk", "\(number)"), Header("BadChunkSize", "\(size)")])
    }

    static let malformedTrailer = S3Error(
        code: "MalformedTrailerError", status: 400,
        message: "The request contained trailing data that was not well-formed or did not conform to our published schema.")

    static func messageTooLong(_ maximumBytes: Int) -> S3Error {
        S3Error(
            code: "MaxMessageLengthExceeded", status: 400, message: "Your request was too big.",
            details: [Header("MaxMessageLengthBytes", "\(maximumBytes)")])
    }

    static func entityTooLarge(_ size: Int64) -> S3Error {
        S3Error(
            code: "EntityTooLarge", status: 400, message: "Your proposed upload exceeds the maximum allowed size",
            details: [Header("ProposedSize", "\(size)"), Header("MaxSizeAllowed", "\(Limits.objectBytes)")])
    }

    static func metadataTooLarge(_ size: Int) -> S3Error {
        S3Error(
            code: "MetadataTooLarge", status: 400, message: "Your metadata headers exceed the maximum allowed metadata size",
            details: [Header("Size", "\(size)"), Header("MaxSizeAllowed", "\(Limits.metadataBytes)")])
    }

    static func contentHashMismatch(declared: String, computed: String) -> S3Error {
        S3Error(
            code: "XAmzContentSHA256Mismatch", status: 400,
            message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
            details: [Header("ClientComputedContentSHA256", declared), Header("S3ComputedContentSHA256", computed)])
    }

    static func invalidDigest(_ value: String) -> S3Error {
        S3Error(
            code: "InvalidDigest", status: 400, message: "The Content-MD5 you specified was invalid.",
            details: [Header("Content-MD5", value)])
    }

    static func badDigest(expected: String, calculated: String) -> S3Error {
        S3Error(
            code: "BadDigest", status: 400, message: "The Content-MD5 you specified did not match what we received.",
            details: [Header("ExpectedDigest", expected), Header("CalculatedDigest", calculated)])
    }

    static func badChecksum(_ algorithm: ChecksumAlgorithm) -> S3Error {
        S3Error(
            code: "BadDigest", status: 400,
            message: "The \(algorithm.rawValue) you specified did not match the calculated checksum.")
    }

    static func invalidStorageClass(_ value: String) -> S3Error {
        S3Error(
            code: "InvalidStorageClass", status: 400, message: "The storage class you specified is not valid",
            details: [Header("StorageClassRequested", value)])
    }

    static func invalidTag(_ message: String, key: String) -> S3Error {
        S3Error(code: "InvalidTag", status: 400, message: message, details: [Header("TagKey", key)])
    }

    static let malformedXML = S3Error(
        code: "MalformedXML", status: 400,
        message: "The XML you provided was not well-formed or did not validate against our published schema")
}

extension Refused {
    /// - Parameter id: Whatever a client says.
    static func noSuchUpload(_ id: String) -> S3Error {
        S3Error(
            code: "NoSuchUpload", status: 404,
            message: "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
            details: [Header("UploadId", id)])
    }

    static func partNumber(_ value: String?) -> S3Error {
        S3Error.invalidArgument(
            "Part number must be an integer between 1 and \(Limits.partCount), inclusive", name: "partNumber", value: value ?? "")
    }

    static func invalidPart(_ number: Int, etag: String, uploadID: String) -> S3Error {
        S3Error(
            code: "InvalidPart", status: 400,
            message: "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity "
                + "tag may not match the part's entity tag.",
            details: [Header("UploadId", uploadID), Header("PartNumber", "\(number)"), Header("ETag", etag)])
    }

    static func invalidPartOrder(uploadID: String) -> S3Error {
        S3Error(
            code: "InvalidPartOrder", status: 400,
            message: "The list of parts was not in ascending order. Parts must be ordered by part number.",
            details: [Header("UploadId", uploadID)])
    }

    static func partTooSmall(_ part: PartRecord) -> S3Error {
        S3Error(
            code: "EntityTooSmall", status: 400, message: "Your proposed upload is smaller than the minimum allowed size",
            details: [
                Header("ProposedSize", "\(part.size)"), Header("MinSizeAllowed", "\(Limits.minimumPartBytes)"),
                Header("PartNumber", "\(part.number)"), Header("ETag", part.etag),
            ])
    }

    static func partNotSatisfiable(_ number: String, count: Int) -> S3Error {
        S3Error(
            code: "InvalidPartNumber", status: 416, message: "The requested partnumber is not satisfiable",
            details: [Header("PartNumberRequested", number), Header("ActualPartCount", "\(count)")])
    }

    static func checksumMismatch(expected: ChecksumAlgorithm?, actual: ChecksumAlgorithm?) -> S3Error {
        let name = { (algorithm: ChecksumAlgorithm?) in algorithm?.rawValue.lowercased() ?? "null" }
        return S3Error.invalidRequest(
            "Checksum Type mismatch occurred, expected checksum Type: \(name(expected)), actual checksum Type: \(name(actual))")
    }

    static let checksumAlgorithm = S3Error.invalidRequest(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            + "[\(ChecksumAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))]")

    static let conditionalConflict = S3Error(
        code: "ConditionalRequestConflict", status: 409,
        message: "The conditional request cannot succeed due to a conflicting operation against this resource.")

    static let operationAborted = S3Error(
        code: "OperationAborted", status: 409,
        message: "A conflicting conditional operation is currently in progress against this resource. Please try again.")
}

extension Refused {
    static let notMultipart = Refused.precondition("Bucket POST must be of the enclosure-type multipart/form-data")

    static let malformedForm = S3Error(
        code: "MalformedPOSTRequest", status: 400, message: "The body of your POST request is not well-formed multipart/form-data.")

    static let fieldsTooLarge = S3Error(
        code: "MaxPostPreDataLengthExceededError", status: 400,
        message: "Your POST request fields preceding the upload file were too large.",
        details: [Header("MaxPostPreDataLengthBytes", "\(Limits.formFieldBytes)")])

    static func fileCount(_ count: Int) -> S3Error {
        .invalidArgument("POST requires exactly one file upload per request.", name: "file", value: "\(count)")
    }
}

/// S3's limits that the local bucket keeps.
enum Limits {
    /// One PUT or POST: 5 GiB.
    static let objectBytes: Int64 = 5 << 30
    static let keyBytes = 1024
    /// User metadata: names without `x-amz-meta-`, and values.
    static let metadataBytes = 2048
    /// All request headers together.
    static let headerBytes = 8192
    /// The least bytes of a chunk that another one follows.
    static let chunkBytes: Int64 = 8192
    /// Everything before the file of a POST form.
    static let formFieldBytes = 20_480
    static let tagCount = 10
    static let tagKeyCharacters = 128
    static let tagValueCharacters = 256
    /// Connections at once, each with at most one open file: together below the usual limit of 1,024 descriptors.
    static let connections = 400
    /// How long a client may take for the next kilobytes. Long, since kernels keep megabytes between two ends that are slow on purpose.
    static let patience = TimeAmount.minutes(5)
    /// How long a connection that is being closed is still read, so that the client sees the answer and not a reset.
    static let lingering = TimeAmount.seconds(30)
    /// Keys in one page of a listing.
    static let listedKeys = 1000
    /// Parts of one multipart upload, and the largest part number.
    static let partCount = 10_000
    /// The least bytes of a part that another one follows.
    static let minimumPartBytes: Int64 = 5 << 20
    /// The document of CompleteMultipartUpload: 10,000 parts with the longest checksums.
    static let completionBytes = 4 << 20
    /// Parts, or uploads, in one page of a listing.
    static let listedParts = 1000
    static let listedUploads = 1000
    /// Keys in one DeleteObjects request.
    static let deletedKeys = 1000
}
