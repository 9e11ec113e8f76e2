extension IssueCode {
    static let invalidARNPrefix = IssueCode("INVALID_ARN_PREFIX", .error)
}

/// A resource does not start with `arn:`.
enum InvalidARNPrefix: ValidationRule {
    static let codes = [IssueCode.invalidARNPrefix]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        let forms = subject.kind == .bucket ? "an ARN" : "\"*\" or an ARN"
        return subject.inResources { _, resource in
            guard resource.value != "*", !resource.value.hasPrefix("arn:"), !isWildcardPrefix(resource.value) else { return nil }
            let meant = MeantResource.arn(for: resource.value)
            // A name or path may stand for a bucket or for objects; what is nearly an ARN is certain.
            let isNearlyARN = resource.value.trimmed.lowercased().hasPrefix("arn:")
            return Finding(
                .invalidARNPrefix, "A resource is \(forms), which starts with arn:." + Finding.didYouMean(meant), at: resource.range,
                fix: isNearlyARN ? meant.map { .replace(resource.range, by: $0) } : nil)
        }
    }

    /// A pattern that an ARN can match.
    private static func isWildcardPrefix(_ text: String) -> Bool {
        text.first == "*" || text.prefix(4).contains("*") && Glob(text.prefix { $0 != ":" }).matches("arn")
    }
}
