extension IssueCode {
    static let invalidService = IssueCode("INVALID_SERVICE", .error)
}

/// A resource's ARN or a condition key names a service that AWS does not have.
enum InvalidService: ValidationRule {
    static let codes = [IssueCode.invalidService]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            statement.resources.compactMap(finding)
                + statement.conditions.compactMap { condition in
                    guard let key = condition.key, !["aws", "s3"].contains(key.prefix.lowercased()), !isService(String(key.prefix)) else {
                        return nil
                    }
                    return Finding(
                        .invalidService,
                        ServicePrefixes.unknownMessage(String(key.prefix)) + Finding.didYouMean(nearest(to: String(key.prefix))),
                        at: condition.member.keyRange)
                }
        }
    }

    private static func finding(in resource: ResourceOutline) -> Finding? {
        guard let arn = resource.arn, !arn.service.isOpen, !isService(arn.service) else { return nil }
        guard arn.service.isEmpty else {
            let message = ServicePrefixes.unknownMessage(arn.service) + Finding.didYouMean(nearest(to: arn.service))
            return Finding(.invalidService, message, at: resource.range)
        }
        // InvalidPartition tells where both are missing.
        guard !arn.partition.isEmpty else { return nil }
        let meant = MeantResource.arn(for: resource.value)
        let message = "The ARN names no service; for S3, write arn:aws:s3:::bucket/key."
        return Finding(
            .invalidService, message + Finding.didYouMean(meant), at: resource.range, fix: meant.map { .replace(resource.range, by: $0) })
    }

    /// Identity providers have keys under their own names, which have dots; AWS Marketplace has keys as `catalog`.
    private static func isService(_ text: String) -> Bool {
        let name = text.lowercased()
        return ServicePrefixes.all.contains(name) || name.contains(".") || ["saml", "identitystore", "catalog"].contains(name)
    }

    private static func nearest(to service: String) -> String? {
        NearestName.of(service, among: ["s3", "aws"]) ?? NearestName.of(service, among: ServicePrefixes.all)
    }
}
