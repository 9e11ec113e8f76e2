/// Which actions S3 asks a policy for when it gets a request.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>, table of operations and permissions.
enum S3Operation {
    /// The actions on the request's own bucket or object; several where headers ask for more than the operation itself.
    static func actions(_ facts: S3RequestFacts) -> [String] {
        facts.key == nil ? self.bucketActions(facts) : self.objectActions(facts)
    }

    /// Whether the request makes an object, rather than a part of one: `s3:ObjectCreationOperation`.
    static func createsObject(_ facts: S3RequestFacts) -> Bool {
        switch facts.method {
        case "PUT": !facts.hasQuery("partNumber")
        case "POST": facts.isForm || facts.hasQuery("uploadId")
        default: false
        }
    }

    // MARK: - Objects

    private static func objectActions(_ facts: S3RequestFacts) -> [String] {
        switch facts.method {
        case "GET", "HEAD": self.reads(facts)
        case "PUT": self.writes(facts)
        case "POST": facts.hasQuery("restore") ? ["RestoreObject"] : facts.hasQuery("select") ? ["GetObject"] : self.puts(facts)
        case "DELETE": self.deletes(facts)
        default: []
        }
    }

    private static func reads(_ facts: S3RequestFacts) -> [String] {
        if facts.hasQuery("uploadId") { return ["ListMultipartUploadParts"] }
        let version = facts.hasQuery("versionId") ? "Version" : ""
        if facts.hasQuery("acl") { return ["GetObject\(version)Acl"] }
        if facts.hasQuery("tagging") { return ["GetObject\(version)Tagging"] }
        if facts.hasQuery("attributes") { return ["GetObject\(version)", "GetObject\(version)Attributes"] }
        if facts.hasQuery("retention") { return ["GetObjectRetention"] }
        if facts.hasQuery("legal-hold") { return ["GetObjectLegalHold"] }
        if facts.hasQuery("torrent") { return ["GetObjectTorrent"] }
        return ["GetObject\(version)"]
    }

    private static func writes(_ facts: S3RequestFacts) -> [String] {
        let version = facts.hasQuery("versionId") ? "Version" : ""
        if facts.hasQuery("acl") { return ["PutObject\(version)Acl"] }
        if facts.hasQuery("tagging") { return ["PutObject\(version)Tagging"] }
        if facts.hasQuery("retention") { return ["PutObjectRetention"] }
        if facts.hasQuery("legal-hold") { return ["PutObjectLegalHold"] }
        return self.puts(facts)
    }

    private static func puts(_ facts: S3RequestFacts) -> [String] {
        var actions = ["PutObject"]
        if facts.headers.contains(where: { $0.name == "x-amz-acl" || $0.name.hasPrefix("x-amz-grant-") }) { actions.append("PutObjectAcl") }
        if facts.setsTags { actions.append("PutObjectTagging") }
        if facts.hasHeader("x-amz-object-lock-mode") || facts.hasHeader("x-amz-object-lock-retain-until-date") {
            actions.append("PutObjectRetention")
        }
        if facts.hasHeader("x-amz-object-lock-legal-hold") { actions.append("PutObjectLegalHold") }
        return actions
    }

    private static func deletes(_ facts: S3RequestFacts) -> [String] {
        if facts.hasQuery("uploadId") { return ["AbortMultipartUpload"] }
        let version = facts.hasQuery("versionId") ? "Version" : ""
        if facts.hasQuery("tagging") { return ["DeleteObject\(version)Tagging"] }
        let bypasses = facts.hasHeader("x-amz-bypass-governance-retention")
        return ["DeleteObject\(version)"] + (bypasses ? ["BypassGovernanceRetention"] : [])
    }

    // MARK: - Buckets

    /// The subresource in the query, and what its actions are called behind `Get` and `Put`.
    private static let subresources = [
        ("accelerate", "AccelerateConfiguration"), ("acl", "BucketAcl"), ("analytics", "AnalyticsConfiguration"), ("cors", "BucketCORS"),
        ("encryption", "EncryptionConfiguration"), ("intelligent-tiering", "IntelligentTieringConfiguration"),
        ("inventory", "InventoryConfiguration"), ("lifecycle", "LifecycleConfiguration"), ("metrics", "MetricsConfiguration"),
        ("location", "BucketLocation"), ("logging", "BucketLogging"),
        ("notification", "BucketNotification"), ("object-lock", "BucketObjectLockConfiguration"),
        ("ownershipControls", "BucketOwnershipControls"), ("policy", "BucketPolicy"), ("policyStatus", "BucketPolicyStatus"),
        ("publicAccessBlock", "BucketPublicAccessBlock"), ("replication", "ReplicationConfiguration"),
        ("requestPayment", "BucketRequestPayment"), ("tagging", "BucketTagging"), ("versioning", "BucketVersioning"),
        ("website", "BucketWebsite"),
    ]

    private static func bucketActions(_ facts: S3RequestFacts) -> [String] {
        let subresource = self.subresources.first { facts.hasQuery($0.0) }?.1
        switch facts.method {
        case "GET", "HEAD":
            if let subresource { return ["Get\(subresource)"] }
            return facts.hasQuery("versions")
                ? ["ListBucketVersions"] : facts.hasQuery("uploads") ? ["ListBucketMultipartUploads"] : ["ListBucket"]
        case "PUT": return [subresource.map { "Put\($0)" } ?? "CreateBucket"]
        case "DELETE":
            // Only policy and website have actions of their own; the others are written away.
            guard let subresource else { return ["DeleteBucket"] }
            return [["BucketPolicy", "BucketWebsite"].contains(subresource) ? "Delete\(subresource)" : "Put\(subresource)"]
        case "POST": return facts.hasQuery("delete") ? ["DeleteObject"] : []
        default: return []
        }
    }
}
