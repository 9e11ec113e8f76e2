extension IssueCode {
    static let wildcardInServiceName = IssueCode("WILDCARD_IN_SERVICE_NAME", .suggestion)
}

/// An action has a wildcard in its service.
enum WildcardInServiceName: ValidationRule {
    static let codes = [IssueCode.wildcardInServiceName]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inActions { _, action in
            guard action.value != "*", let pattern = ActionPattern(action.value),
                pattern.service.contains(where: { $0 == "*" || $0 == "?" })
            else { return nil }
            return Finding(.wildcardInServiceName, "Name the service, such as s3:, instead of a pattern.", at: action.range)
        }
    }
}
