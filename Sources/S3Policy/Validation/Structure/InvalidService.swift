extension IssueCode {
    static let invalidService = IssueCode("INVALID_SERVICE", .error)
}

/// A resource's ARN or a condition key names a service that AWS does not have.
enum InvalidService: ValidationRule {
    static let codes = [IssueCode.invalidService]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            let resources = statement.resources.compactMap { resource -> Finding? in
                guard let service = ARN(resource.value)?.service, !service.isOpen, !isService(service)
                else { return nil }
                return finding(service, at: resource.range)
            }
            return resources
                + statement.conditions.compactMap { condition in
                    guard let key = condition.key, !["aws", "s3"].contains(key.prefix.lowercased()), !isService(String(key.prefix)) else {
                        return nil
                    }
                    return finding(String(key.prefix), at: condition.member.keyRange)
                }
        }
    }

    /// Identity providers have keys under their own names, which have dots.
    private static func isService(_ text: String) -> Bool {
        ServicePrefixes.all.contains(text.lowercased()) || text.contains(".") || ["saml", "identitystore"].contains(text.lowercased())
    }

    private static func finding(_ service: String, at range: Range<Int>) -> Finding {
        let nearest = NearestName.of(service, among: ["s3", "aws"]) ?? NearestName.of(service, among: ServicePrefixes.all)
        return Finding(.invalidService, "AWS has no service \"\(service)\"." + Finding.didYouMean(nearest), at: range)
    }
}
