extension IssueCode {
    static let invalidARNPrefix = IssueCode("INVALID_ARN_PREFIX", .error)
}

/// A resource does not start with `arn:`.
enum InvalidARNPrefix: ValidationRule {
    static let codes = [IssueCode.invalidARNPrefix]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inResources { _, resource in
            guard resource.value != "*", !resource.value.hasPrefix("arn:"), !isWildcardPrefix(resource.value) else { return nil }
            let hint = BucketLikeName.arn(for: resource.value).map { " Did you mean \($0)?" } ?? ""
            return Finding(.invalidARNPrefix, "A resource is \"*\" or an ARN, which starts with arn:." + hint, at: resource.range)
        }
    }

    /// A pattern that an ARN can match.
    private static func isWildcardPrefix(_ text: String) -> Bool {
        text.first == "*" || text.prefix(4).contains("*") && Glob(text.prefix { $0 != ":" }).matches("arn")
    }
}
