extension IssueCode {
    static let missingARNField = IssueCode("MISSING_ARN_FIELD", .error)
}

/// A resource's ARN has fewer than its six fields.
enum MissingARNField: ValidationRule {
    static let codes = [IssueCode.missingARNField]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inResources { _, resource in
            guard resource.arn == nil, resource.value.hasPrefix("arn:") else { return nil }
            let meant = MeantResource.arn(for: resource.value)
            let message = "An ARN has six fields between colons: arn:partition:service:region:account:resource."
            let hint = meant == nil ? " For S3: arn:aws:s3:::bucket/key." : Finding.didYouMean(meant)
            return Finding(.missingARNField, message + hint, at: resource.range, fix: meant.map { .replace(resource.range, by: $0) })
        }
    }
}
