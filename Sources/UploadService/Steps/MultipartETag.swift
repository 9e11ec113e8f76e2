import Libcrypto
import Uploads

/// The entity tag that S3 gives an object in parts: the MD5 of their MD5s, a hyphen, and their number.
///
/// Source: Amazon S3 User Guide, "Checking object integrity", on part-level checksums.
enum MultipartETag {
    /// Nil where the parts' tags are no MD5s, as with KMS.
    static func of(_ parts: [CompletedPart]) -> String? {
        var digest = StreamingDigest(.md5)
        for part in parts {
            guard let bytes = Hex.decode(part.etag.filter { $0 != "\"" }), bytes.count == DigestAlgorithm.md5.byteCount else { return nil }
            digest.update(bytes)
        }
        return "\"\(Hex.encode(digest.finish()))-\(parts.count)\""
    }
}

extension StoredObject {
    /// Whether the object was put together from these parts, as its entity tag tells.
    ///
    /// - Parameter whereUnknown: what to say of an object whose tag tells nothing, as with KMS.
    func isMade(of parts: [CompletedPart], whereUnknown: Bool = true) -> Bool {
        guard encryption?.hasPrefix("aws:kms") != true, let tag = MultipartETag.of(parts) else { return whereUnknown }
        return etag == tag
    }
}
