extension IssueCode {
    static let unsupportedResourceARNInPolicy = IssueCode("UNSUPPORTED_RESOURCE_ARN_IN_POLICY", .error)
}

/// A bucket policy names a resource that is no bucket, object or access point.
enum UnsupportedResourceARNInPolicy: ValidationRule {
    static let codes = [IssueCode.unsupportedResourceARNInPolicy]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .bucket else { return [] }
        return subject.inResources { _, resource in
            guard let arn = resource.arn, ServicePrefixes.all.contains(arn.service.lowercased()) else { return nil }
            let isSupported = arn.service.lowercased() == "s3" && (arn.isBucketOrObject || arn.resource.hasPrefix("accesspoint/"))
            guard !isSupported else { return nil }
            let message = "A bucket policy is about its bucket and the objects in it; \(resource.value) is neither."
            return Finding(.unsupportedResourceARNInPolicy, message, at: resource.range)
        }
    }
}
