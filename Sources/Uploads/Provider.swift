/// The store behind an environment's bucket: which features it has.
public enum Provider: String, Sendable, CaseIterable {
    case aws, r2, b2, minio, ceph, seaweedfs, custom

    /// What a store is known to have. Where versions differ, the newest counts.
    struct Features {
        var post = true
        var once = true
        var checksums = true
        var tags = true
        var kms = true
        /// Refuses `x-amz-*` headers beside the signed ones of a PUT. Where it does not, nothing that is signed prevents `x-amz-copy-source`.
        var refusesUnsignedHeaders = true
        /// Keeps `Cache-Control` and `Content-Disposition` that a form has as fields.
        var formHeaders = true
        /// Takes the form field `tagging`.
        var formTags = true
        /// Holds CompleteMultipartUpload to `x-amz-mp-object-size`, where it is signed.
        var comparesObjectSize = false
        /// `nil`: whatever the store takes.
        var storageClasses: Set<StorageClass>?
    }

    /// Cloudflare: https://developers.cloudflare.com/r2/api/s3/api/, Backblaze: https://www.backblaze.com/docs/cloud-storage-s3-compatible-api.
    /// Ceph and SeaweedFS as the interop tests find them; `RGWPostObj_ObjStore_S3::get_params` of Ceph's main branch still drops the headers.
    var features: Features {
        switch self {
        case .aws: Features(comparesObjectSize: true)
        case .minio, .custom: Features()
        case .ceph: Features(refusesUnsignedHeaders: false, formHeaders: false)
        case .seaweedfs: Features(formTags: false)
        case .r2: Features(post: false, tags: false, kms: false)
        case .b2: Features(post: false, once: false, checksums: false, tags: false, kms: false, storageClasses: [.standard])
        }
    }

    /// The largest object, in bytes; where a store says nothing of its own, what S3's 10,000 parts of 5 GiB make.
    ///
    /// Sources: Amazon S3 User Guide, "Amazon S3 multipart upload limits" (48.8 TiB); https://developers.cloudflare.com/r2/platform/limits
    /// (5 TiB less 5 GiB); https://www.backblaze.com/docs/cloud-storage-large-files (10 TB);
    /// https://min.io/docs/minio/linux/operations/concepts/thresholds.html (50 TiB, but the same parts); Red Hat Ceph Storage, Developer
    /// Guide, "S3 limitations" (5 TB).
    public var largestObjectBytes: Int64 {
        switch self {
        case .aws, .minio, .seaweedfs, .custom: UploadRule.maximumMultipartSizeBytes
        case .r2: (5 << 40) - (5 << 30)
        case .b2: 10_000_000_000_000
        case .ceph: 5_000_000_000_000
        }
    }

    /// The most that one PUT, POST or part carries, in bytes: 5 GiB, with R2 5 MiB less, with B2 5 GB. The same sources.
    public var largestRequestBytes: Int64 {
        switch self {
        case .aws, .minio, .ceph, .seaweedfs, .custom: UploadRule.maximumSizeBytes
        case .r2: (5 << 30) - (5 << 20)
        case .b2: 5_000_000_000
        }
    }

    /// Whether a PUT rule must say `once` itself: old versions of such a store ignore `If-None-Match`, so only who runs it can tell.
    public var needsExplicitOnce: Bool {
        switch self {
        case .aws, .r2, .b2: false
        case .minio, .ceph, .seaweedfs, .custom: true
        }
    }

    /// What is asked for that the store does not have, or that its region rules out; `field` is the rule's key.
    ///
    /// - Parameter region: where the bucket is; `nil` when nobody knows yet.
    public func problems(of demands: StoreDemands, region: String?) -> [InvalidValue] {
        let features = features
        var problems: [InvalidValue] = []
        func lacks(_ field: String, _ message: String) {
            problems.append(InvalidValue(field: field, "\(rawValue) \(message)"))
        }
        if demands.method == .post, !features.post { lacks("method", "has no POST forms; use PUT") }
        if demands.once, demands.method != .post, !features.once {
            lacks("once", "ignores If-None-Match, so a ticket could be used twice; write once: false, with {uuid} in the key")
        }
        if let partSizeBytes = demands.partSizeBytes {
            if partSizeBytes > largestRequestBytes { lacks("partSize", "takes parts of up to \(largestRequestBytes) bytes") }
            if let most = demands.maximumSizeBytes, most > largestObjectBytes {
                lacks("maximumSize", "keeps objects of up to \(largestObjectBytes) bytes; write that, or less")
            }
        } else if let most = demands.maximumSizeBytes, most > largestRequestBytes, most <= UploadRule.maximumSizeBytes {
            lacks("maximumSize", "takes up to \(largestRequestBytes) bytes in one request; write that, or method: MULTIPART")
        }
        if demands.needsChecksum, !features.checksums { lacks("checksum", "does not verify x-amz-checksum-sha256; leave checksum out") }
        if demands.hasTags, !features.tags { lacks("tags", "has no object tags; leave them out") }
        if demands.method == .post, features.tags, !features.formTags, demands.hasTags {
            lacks("tags", "refuses forms with tags; use method: PUT, or leave them out")
        }
        if demands.method == .post, !features.formHeaders { problems += droppedHeaders(demands.headerKeys) }
        if let storageClass = demands.storageClass, let known = features.storageClasses, !known.contains(storageClass) {
            lacks("storageClass", "has no \(storageClass.rawValue); leave storageClass out")
        }
        if case .kms = demands.encryption, !features.kms {
            lacks("encryption", "has no KMS; leave encryption out")
        } else if let problem = demands.encryption?.problem(region: region) {
            problems.append(InvalidValue(field: "encryption", problem))
        }
        return problems
    }

    private func droppedHeaders(_ keys: [String]) -> [InvalidValue] {
        keys.map { key in
            let way = key == "contentTypes" ? "types that run in a browser need method: PUT" : "use method: PUT, or leave \(key) out"
            return InvalidValue(field: key, "\(rawValue) keeps neither Cache-Control nor Content-Disposition of a form; \(way)")
        }
    }
}

/// What an upload rule needs of the store; known even of a rule that cannot be made.
public struct StoreDemands: Sendable, Equatable {
    public var method: UploadMethod
    public var once: Bool
    public var needsChecksum: Bool
    public var hasTags: Bool
    public var encryption: Encryption?
    public var storageClass: StorageClass?
    /// The rule's keys that rely on `Cache-Control` or `Content-Disposition`: these two, and `contentTypes` where it names a type that must
    /// be an attachment.
    public var headerKeys: [String]
    /// Of a file; `nil` where the rule does not say.
    public var maximumSizeBytes: Int64?
    /// `nil` where files come in one request.
    public var partSizeBytes: Int64?

    public init(
        method: UploadMethod, once: Bool, needsChecksum: Bool, hasTags: Bool, encryption: Encryption?, storageClass: StorageClass?,
        headerKeys: [String], maximumSizeBytes: Int64?, partSizeBytes: Int64?
    ) {
        self.method = method
        self.once = once
        self.needsChecksum = needsChecksum
        self.hasTags = hasTags
        self.encryption = encryption
        self.storageClass = storageClass
        self.headerKeys = headerKeys
        self.maximumSizeBytes = maximumSizeBytes
        self.partSizeBytes = partSizeBytes
    }

    /// - Parameter contentTypes: those of the rule.
    public static func headerKeys(contentTypes: [ContentTypePattern], hasCacheControl: Bool, hasDisposition: Bool) -> [String] {
        let keys = [
            ("contentTypes", contentTypes.contains(where: \.runsInBrowser)), ("cacheControl", hasCacheControl),
            ("contentDisposition", hasDisposition),
        ]
        return keys.filter(\.1).map(\.0)
    }

    init(_ rule: UploadRule) {
        self.init(
            method: rule.method, once: rule.once, needsChecksum: rule.checksum == .required, hasTags: !rule.uploadTags.isEmpty,
            encryption: rule.encryption, storageClass: rule.storageClass,
            headerKeys: StoreDemands.headerKeys(
                contentTypes: rule.contentTypes, hasCacheControl: rule.cacheControl != nil, hasDisposition: rule.contentDisposition != nil),
            maximumSizeBytes: rule.sizeBytes.upperBound, partSizeBytes: rule.multipart == nil ? nil : rule.partSizeBytes)
    }
}
