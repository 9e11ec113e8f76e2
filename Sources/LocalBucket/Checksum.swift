import Libcrypto
import NIOCore
import S3Signing
import SigV4

/// The additional checksums that S3 takes in `x-amz-checksum-*`.
///
/// Sources: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>, and `ChecksumAlgorithm` of the
/// service's model.
enum ChecksumAlgorithm: String, CaseIterable, Codable, Sendable {
    case crc32 = "CRC32"
    case crc32c = "CRC32C"
    case crc64nvme = "CRC64NVME"
    case md5 = "MD5"
    case sha1 = "SHA1"
    case sha256 = "SHA256"
    case sha512 = "SHA512"
    case xxhash128 = "XXHASH128"
    case xxhash3 = "XXHASH3"
    case xxhash64 = "XXHASH64"

    var headerName: String { "x-amz-checksum-\(self.rawValue.lowercased())" }

    var byteCount: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme, .xxhash3, .xxhash64: 8
        case .md5, .xxhash128: 16
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }
}

/// A checksum of bytes as they stream past.
protocol RunningChecksum: Sendable {
    mutating func update(_ bytes: Span<UInt8>)
    /// Most significant byte first, as S3's headers carry it.
    func finish() -> [UInt8]
}

/// One checksum, as declared by a client or as computed.
struct Checksum: Sendable, Hashable, Codable {
    var algorithm: ChecksumAlgorithm
    /// Base64, as in the header.
    var value: String
}

/// What the client says its bytes are; checked when they have all arrived.
struct BodyExpectation: Sendable {
    /// From `x-amz-content-sha256`, in hexadecimal.
    var contentSHA256: String?
    /// From `Content-MD5`, in base64.
    var contentMD5: String?
    /// From the one `x-amz-checksum-*` header there may be.
    var checksum: Checksum?
    /// Of the checksum that comes behind the body.
    var trailingAlgorithm: ChecksumAlgorithm?
    /// Of the checksum that is computed when the client declares none.
    var ownAlgorithm = ChecksumAlgorithm.crc64nvme

    var declaredAlgorithm: ChecksumAlgorithm? { self.trailingAlgorithm ?? self.checksum?.algorithm }

    init(_ fields: FieldList, contentSHA256: String? = nil, trailing: ChecksumAlgorithm? = nil) throws(S3Error) {
        self.contentSHA256 = contentSHA256
        self.trailingAlgorithm = trailing
        self.contentMD5 = fields["content-md5"]
        if let contentMD5, Base64.decode(contentMD5)?.count != DigestAlgorithm.md5.byteCount {
            throw Refused.invalidDigest(contentMD5)
        }
        self.checksum = try Self.checksum(in: fields, trailing: trailing)
    }

    private static func checksum(in fields: FieldList, trailing: ChecksumAlgorithm?) throws(S3Error) -> Checksum? {
        let declared = ChecksumAlgorithm.allCases.compactMap { algorithm in
            fields[algorithm.headerName].map { Checksum(algorithm: algorithm, value: $0) }
        }
        if declared.count + (trailing == nil ? 0 : 1) > 1 {
            throw S3Error.invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        }
        if let checksum = declared.first {
            guard Base64.decode(checksum.value)?.count == checksum.algorithm.byteCount else {
                throw S3Error.invalidRequest("Value for \(checksum.algorithm.headerName) header is invalid.")
            }
        }
        let algorithm = trailing ?? declared.first?.algorithm
        try self.check(named: "x-amz-sdk-checksum-algorithm", in: fields, declared: algorithm)
        try self.check(named: "x-amz-checksum-algorithm", in: fields, declared: algorithm)
        return declared.first
    }

    /// The name of an algorithm, where it is given, must go with the checksum that is sent.
    private static func check(named header: String, in fields: FieldList, declared: ChecksumAlgorithm?) throws(S3Error) {
        guard let name = fields[header] else { return }
        guard ChecksumAlgorithm(rawValue: name.uppercased()) != nil else {
            throw Refused.checksumAlgorithm
        }
        guard let declared else {
            throw S3Error.invalidRequest(
                "\(header) specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
        }
        guard declared.rawValue == name.uppercased() else {
            throw S3Error.invalidRequest("Value for \(header) header is invalid.")
        }
    }
}

/// Everything that is computed over a body while it streams past. Used inside one task.
struct BodyDigests: ~Copyable {
    struct Result {
        /// MD5 in hexadecimal.
        let etag: String
        let checksum: Checksum
    }

    private let expectation: BodyExpectation
    private var md5 = StreamingDigest(.md5)
    private var sha256: StreamingDigest?
    /// SHA-1 or SHA-512, where that is the checksum.
    private var digest: StreamingDigest?
    /// Any other checksum.
    private var running: (any RunningChecksum)?
    private let algorithm: ChecksumAlgorithm

    init(_ expectation: BodyExpectation) {
        self.expectation = expectation
        self.algorithm = expectation.declaredAlgorithm ?? expectation.ownAlgorithm
        self.sha256 = expectation.contentSHA256 != nil || self.algorithm == .sha256 ? StreamingDigest(.sha256) : nil
        switch self.algorithm {
        case .crc32, .crc32c, .crc64nvme: self.running = CRC.check(of: self.algorithm)
        case .xxhash64: self.running = XXHash64()
        case .xxhash3: self.running = XXHash3(bits: 64)
        case .xxhash128: self.running = XXHash3(bits: 128)
        case .sha1: self.digest = StreamingDigest(.sha1)
        case .sha512: self.digest = StreamingDigest(.sha512)
        case .md5, .sha256: break
        }
    }

    mutating func update(_ buffer: ByteBuffer) {
        let bytes = buffer.readableBytesUInt8Span
        self.md5.update(bytes)
        self.sha256?.update(bytes)
        self.digest?.update(bytes)
        self.running?.update(bytes)
    }

    /// - Parameter trailing: What came behind the body.
    /// - Throws: The refusal for the first declaration that the bytes do not meet.
    consuming func finish(trailing: Checksum?) throws(S3Error) -> Result {
        let expectation = self.expectation
        let algorithm = self.algorithm
        let running = self.running?.finish()
        let md5 = self.md5.finish()
        let sha256 = self.sha256?.finish()
        let digest = self.digest?.finish()
        if let declared = expectation.contentSHA256, let sha256, Hex.encode(sha256) != declared.lowercased() {
            throw Refused.contentHashMismatch(declared: declared, computed: Hex.encode(sha256))
        }
        if let declared = expectation.contentMD5, declared != Base64.encode(md5) {
            throw Refused.badDigest(expected: declared, calculated: Base64.encode(md5))
        }
        let own = algorithm == .md5 ? md5 : algorithm == .sha256 ? sha256 : digest ?? running
        guard let own else { preconditionFailure("\(algorithm) was not computed") }
        let computed = Checksum(algorithm: algorithm, value: Base64.encode(own))
        if let declared = trailing ?? expectation.checksum, declared != computed {
            throw Refused.badChecksum(algorithm)
        }
        return Result(etag: Hex.encode(md5), checksum: computed)
    }
}
