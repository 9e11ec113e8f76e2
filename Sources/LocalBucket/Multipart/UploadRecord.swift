import Libcrypto
import S3Signing
import SigV4

/// A multipart upload that was begun: what its object will have besides the bytes. It is kept as a file of a record alone.
struct UploadRecord: FileRecord, Hashable {
    /// Forty-eight hexadecimal digits: the time of the beginning, so that ids sort by it, and a random number.
    var id: String
    var key: String
    /// Seconds since the epoch.
    var initiatedSeconds: Int64
    var attributes: ObjectAttributes
    /// Nil when none was named; S3 then computes its own of the whole.
    var checksumAlgorithm: ChecksumAlgorithm?
    var checksumType: ChecksumType

    var size: Int64 { 0 }
    var initiated: SigningTime { SigningTime(secondsSinceEpoch: self.initiatedSeconds) }

    init(
        key: String, attributes: ObjectAttributes, checksum: (algorithm: ChecksumAlgorithm?, type: ChecksumType), at time: SigningTime,
        using random: inout some RandomNumberGenerator
    ) {
        self.key = key
        self.attributes = attributes
        self.checksumAlgorithm = checksum.algorithm
        self.checksumType = checksum.type
        self.initiatedSeconds = time.secondsSinceEpoch
        let words = [
            UInt64(bitPattern: time.secondsSinceEpoch), .random(in: .min ... .max, using: &random),
            .random(in: .min ... .max, using: &random),
        ]
        self.id = Hex.encode(words.flatMap { word in stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) } })
    }

    /// Whether a text can be an id, and so a file's name.
    static func isID(_ text: String) -> Bool {
        text.utf8.count == 48
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

/// One part that has arrived. It is kept as an object is: a file of its bytes and this record.
struct PartRecord: FileRecord, Hashable {
    var number: Int
    var size: Int64
    /// MD5 of the bytes in hexadecimal, without quotes.
    var etag: String
    /// Seconds since the epoch.
    var lastModifiedSeconds: Int64
    var checksum: Checksum

    var lastModified: SigningTime { SigningTime(secondsSinceEpoch: self.lastModifiedSeconds) }
}

/// What the checksum of an object from several parts is of.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>, "Full object and composite
/// checksum types".
enum ChecksumType: String, Codable, Sendable {
    /// Of all bytes, as if they had come as a whole.
    case fullObject = "FULL_OBJECT"
    /// Of the parts' checksums.
    case composite = "COMPOSITE"

    /// What the headers of CreateMultipartUpload ask for.
    static func asked(_ fields: FieldList) throws(S3Error) -> (algorithm: ChecksumAlgorithm?, type: ChecksumType) {
        let (name, type) = (fields["x-amz-checksum-algorithm"], fields["x-amz-checksum-type"])
        guard let name else {
            guard type == nil else {
                throw S3Error.invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
            }
            return (nil, .fullObject)
        }
        guard let algorithm = ChecksumAlgorithm(rawValue: name.uppercased()) else { throw Refused.checksumAlgorithm }
        guard let type else { return (algorithm, self.types(of: algorithm)[0]) }
        guard let asked = ChecksumType(rawValue: type.uppercased()) else {
            throw S3Error.invalidRequest("Value for x-amz-checksum-type header is invalid.")
        }
        guard self.types(of: algorithm).contains(asked) else {
            throw S3Error.invalidRequest(
                "The \(asked.rawValue) checksum type cannot be used with the \(algorithm.rawValue.lowercased()) checksum algorithm.")
        }
        return (algorithm, asked)
    }

    /// The default one first.
    private static func types(of algorithm: ChecksumAlgorithm) -> [ChecksumType] {
        switch algorithm {
        case .crc64nvme: [.fullObject]
        case .crc32, .crc32c: [.composite, .fullObject]
        case .md5, .sha1, .sha256, .sha512, .xxhash3, .xxhash64, .xxhash128: [.composite]
        }
    }
}
