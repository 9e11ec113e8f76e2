extension IssueCode {
    static let wildcardInServiceName = IssueCode("WILDCARD_IN_SERVICE_NAME", .suggestion)
}

/// An action or a resource's ARN has a wildcard in its service.
enum WildcardInServiceName: ValidationRule {
    static let codes = [IssueCode.wildcardInServiceName]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            let actions = statement.actions.filter { $0.value != "*" && hasWildcard($0.pattern?.service) }.map(\.range)
            let resources = statement.resources.filter { hasWildcard($0.arn?.service) }.map(\.range)
            return (actions + resources).map { range in
                Finding(.wildcardInServiceName, "Name the service, such as s3, instead of a pattern.", at: range)
            }
        }
    }

    private static func hasWildcard(_ service: String?) -> Bool {
        service?.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } == true
    }
}
