public import Libcrypto
import NIOHTTP1
public import SigV4

/// A part that the store has.
public struct StoredPart: Sendable, Equatable {
    /// 1…10,000.
    public let number: Int
    public let sizeBytes: Int64
    /// As the store writes it, quotes included.
    public let etag: String

    public init(number: Int, sizeBytes: Int64, etag: String) {
        self.number = number
        self.sizeBytes = sizeBytes
        self.etag = etag
    }
}

/// An object that was just stored.
public struct StoredUpload: Sendable, Equatable {
    /// As the store writes it, quotes included; nil where it does not tell.
    public let etag: String?
    /// In a versioned bucket.
    public let versionID: String?
    /// Whether an own try before this one failed.
    public let afterRetry: Bool
}

/// A tag that an object has, whoever gave it: any text, unlike those of a rule.
public struct StoredTag: Sendable, Equatable {
    public let key: String
    public let value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// What the store says about an object.
///
/// Source: Amazon S3 API Reference, HeadObject.
public struct StoredObject: Sendable, Equatable {
    public let sizeBytes: Int64
    public let contentType: String?
    /// As the store writes it, quotes included.
    public let etag: String?
    /// In a versioned bucket.
    public let versionID: String?
    /// `AES256`, `aws:kms` or `aws:kms:dsse`; nil where the store does not tell.
    public let encryption: String?
    public let kmsKeyID: String?
    /// Of the whole object, where the store has one: a checksum of parts' checksums is not it.
    public let sha256: SHA256Digest?
    public let lastModified: SigningTime?
    /// Names without `x-amz-meta-`, in lower case.
    public let metadata: [String: String]
}

extension StoredObject {
    init(_ answer: HTTPAnswer) throws(StoreFault) {
        func value(_ name: String) -> String? { answer.headers.first(name: name).flatMap { $0.isEmpty ? nil : $0 } }
        guard let size = value("content-length").flatMap({ Int64($0) }), size >= 0 else {
            throw .unreachable("the answer says no size")
        }
        sizeBytes = size
        contentType = value("content-type")
        etag = answer.etag
        versionID = value("x-amz-version-id").flatMap { $0 == "null" ? nil : $0 }
        encryption = value("x-amz-server-side-encryption")
        kmsKeyID = value("x-amz-server-side-encryption-aws-kms-key-id")
        let isOfParts = value("x-amz-checksum-type") == "COMPOSITE"
        sha256 = isOfParts ? nil : value("x-amz-checksum-sha256").flatMap { Base64.decode($0) }.flatMap { SHA256Digest(bytes: $0) }
        lastModified = value("last-modified").flatMap { HTTPDate.time($0) }
        let prefix = "x-amz-meta-"
        metadata = Dictionary(
            answer.headers.map { (HeaderRules.lowercased($0.name), $0.value) }.filter { $0.0.hasPrefix(prefix) }
                .map { (String($0.0.dropFirst(prefix.utf8.count)), $0.1) }, uniquingKeysWith: { one, _ in one })
    }
}

/// The dates of HTTP's headers.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads an IMF-fixdate, `Wed, 12 Oct 2009 17:50:00 GMT` (RFC 9110 section 5.6.7).
    static func time(_ text: String) -> SigningTime? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(where: { $0 == words[2] }) else { return nil }
        let number = month + 1
        return SigningTime(iso8601: "\(words[3])-\(number < 10 ? "0" : "")\(number)-\(words[1])T\(words[4])Z")
    }
}
