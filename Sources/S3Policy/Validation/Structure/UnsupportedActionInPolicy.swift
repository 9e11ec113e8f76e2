extension IssueCode {
    static let unsupportedActionInPolicy = IssueCode("UNSUPPORTED_ACTION_IN_POLICY", .error)
}

/// An action cannot be used in a bucket policy: another service's, or one that is about no bucket and no object.
enum UnsupportedActionInPolicy: ValidationRule {
    static let codes = [IssueCode.unsupportedActionInPolicy]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .bucket else { return [] }
        return subject.inActions { _, action in
            guard action.value != "*", let pattern = action.pattern else { return nil }
            let service = pattern.service.lowercased()
            guard ServicePrefixes.all.contains(service) else { return nil }
            if service != "s3" {
                return Finding(
                    .unsupportedActionInPolicy, "A bucket policy is about S3 only; \(action.value) belongs into another policy.",
                    at: action.range)
            }
            guard let reference = subject.reference.action(named: pattern.name), reference.bucketPolicyTypes.isEmpty else { return nil }
            let message = "\(action.value) is about no bucket and no object; it belongs into a policy of the user or role."
            return Finding(.unsupportedActionInPolicy, message, at: action.range)
        }
    }
}
