import Libcrypto
import SigV4
import Uploads

/// What is stored, found to be what its ticket was for.
struct ConfirmedObject: Sendable {
    let grant: Grant
    let stored: StoredObject
    let publicURL: String?
}

/// One thing in which a stored object is not what its ticket was for.
struct Difference: Sendable, Equatable {
    /// `size`, `type`, `sha256` or `encryption`.
    let field: String
    let expected: String
    let actual: String

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("field", field)
            json.member("expected", expected)
            json.member("actual", actual)
        }
    }
}

extension Grant {
    /// In what an object differs; empty where it is what the ticket was for.
    ///
    /// A checksum is compared where the store tells one: S3 verified it when it took the object, and older stores keep none.
    func differences(from stored: StoredObject) -> [Difference] {
        var differences: [Difference] = []
        func expect(_ holds: Bool, _ field: String, _ expected: String, _ actual: String?) {
            if !holds { differences.append(Difference(field: field, expected: expected, actual: actual ?? "none")) }
        }
        let isExact = sizeBytes.count == 1
        expect(
            sizeBytes.contains(stored.sizeBytes), "size",
            isExact ? String(sizeBytes.lowerBound) : "\(sizeBytes.lowerBound) to \(sizeBytes.upperBound)", String(stored.sizeBytes))
        expect(stored.contentType?.lowercased() == contentType.lowercased(), "type", contentType, stored.contentType)
        if let sha256, let actual = stored.sha256 {
            expect(actual == sha256, "sha256", Base64.encode(sha256.bytes), Base64.encode(actual.bytes))
        }
        if let encryption {
            expect(encryption.covers(stored), "encryption", encryption.text, stored.encryptionText)
        }
        return differences
    }
}

extension Encryption {
    /// Whether an object is encrypted so. S3 names a key by its ARN, which ends with its id; what an alias stands for nobody here knows.
    fileprivate func covers(_ stored: StoredObject) -> Bool {
        switch self {
        case .s3: return stored.encryption == "AES256"
        case .kms(let keyID, _):
            guard stored.encryption == "aws:kms" else { return false }
            guard let keyID, !keyID.contains("alias/"), let actual = stored.kmsKeyID else { return true }
            return actual == keyID || actual.hasSuffix("/\(keyID)") || keyID.hasSuffix("/\(actual)")
        }
    }

    fileprivate var text: String {
        switch self {
        case .s3: "AES256"
        case .kms(let keyID, _): keyID.map { "aws:kms with \($0)" } ?? "aws:kms"
        }
    }
}

extension StoredObject {
    fileprivate var encryptionText: String? {
        encryption.map { algorithm in kmsKeyID.map { "\(algorithm) with \($0)" } ?? algorithm }
    }
}

extension ConfirmedObject {
    /// Writes what a back end keeps: the entity tag and the version pin the very bytes.
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("environment", grant.environment)
            json.member("rule", grant.rule)
            json.member("bucket", grant.bucket)
            json.member("key", grant.key)
            json.member("size", stored.sizeBytes)
            json.member("type", stored.contentType)
            json.member("etag", stored.etag)
            json.member("versionId", stored.versionID)
            json.member("sha256", stored.sha256.map { Base64.encode($0.bytes) })
            json.member("encryption", stored.encryption)
            json.member("lastModified", stored.lastModified?.iso8601)
            json.member("once", grant.once)
            json.member("publicUrl", publicURL)
        }
    }
}
