extension IssueCode {
    static let invalidARNResource = IssueCode("INVALID_ARN_RESOURCE", .error)
}

/// The resource part of an ARN has none of the forms that S3's ARNs have.
enum InvalidARNResource: ValidationRule {
    static let codes = [IssueCode.invalidARNResource]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inResources { _, resource in
            guard let arn = resource.arn, arn.service == "s3", !subject.reference.matchesFormat(arn) else { return nil }
            let meant = MeantResource.arn(for: resource.value).flatMap { $0 == resource.value ? nil : $0 }
            let message =
                "S3 has no resource \"\(arn.resource)\"; write arn:aws:s3:::bucket for a bucket and arn:aws:s3:::bucket/key for objects."
            return Finding(
                .invalidARNResource, message + Finding.didYouMean(meant), at: resource.range,
                fix: meant.map { .replace(resource.range, by: $0) })
        }
    }
}
