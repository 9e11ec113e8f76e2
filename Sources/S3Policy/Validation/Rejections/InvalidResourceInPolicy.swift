extension IssueCode {
    static let invalidResourceInPolicy = IssueCode("S3_INVALID_RESOURCE", .error, origin: .s3)
}

/// A resource cannot belong to the policy's bucket: it is `*`, or the policy names two buckets. S3 refuses the policy.
///
/// As others met it: <https://github.com/noobaa/noobaa-core/issues/10058>,
/// <https://github.com/ministryofjustice/modernisation-platform/pull/3237>.
enum InvalidResourceInPolicy: ValidationRule {
    static let codes = [IssueCode.invalidResourceInPolicy]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .bucket else { return [] }
        let everything = subject.inResources { statement, resource in
            // UnsupportedActionInPolicy tells policies of other services.
            guard resource.value == "*", statement.actions.allSatisfy({ isOfS3($0.pattern) }) else { return nil }
            let message =
                "Policy has invalid resource: \"*\" is none in a bucket policy; name the bucket, arn:aws:s3:::bucket, and what is in it, arn:aws:s3:::bucket/*."
            return Finding(.invalidResourceInPolicy, message, at: resource.range)
        }
        return everything + [self.severalBuckets(in: subject)].compactMap(\.self)
    }

    private static func isOfS3(_ action: ActionPattern?) -> Bool {
        ["s3", "*"].contains(action?.service.lowercased())
    }

    /// The first mention of each bucket, where there are several. Patterns and variables may be any bucket.
    private static func severalBuckets(in subject: ValidationSubject) -> Finding? {
        var first: [(name: Substring, range: Range<Int>)] = []
        for resource in subject.statements.flatMap(\.resources) {
            guard let arn = resource.arn, arn.service == "s3" else { continue }
            // Only the policies of access points and of VPC endpoints, which are about several buckets, name access points.
            guard arn.isBucketOrObject else { return nil }
            let name = arn.resource.prefix { $0 != "/" }
            guard !String(name).isOpen, subject.reference.matchesFormat(arn), !first.contains(where: { $0.name == name }) else { continue }
            first.append((name, resource.range))
        }
        guard first.count > 1 else { return nil }
        let names = first.map(\.name).joined(separator: ", ")
        return Finding(
            .invalidResourceInPolicy,
            "Policy has invalid resource: a bucket's policy is about this bucket only, and here are \(names); write a policy for each.",
            at: first.map(\.range))
    }
}
