extension IssueCode {
    static let restrictAccessToServicePrincipal = IssueCode("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", .securityWarning)
    static let recommendedConditionKeyForServicePrincipal = IssueCode(
        "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", .suggestion, isInferred: true)
}

/// An AWS service is allowed in without a condition on whose resource it works for: any account's could be.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>.
enum ServicePrincipalAccess: ValidationRule {
    static let codes = [IssueCode.restrictAccessToServicePrincipal, IssueCode.recommendedConditionKeyForServicePrincipal]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard statement.effect == .allow, statement.element("Principal") != nil else { return [] }
            let services = statement.principals.filter { $0.kind == "Service" && $0.text.value.hasSuffix(".amazonaws.com") }
            let keys = statement.conditions.compactMap { $0.key?.lowercased }
            guard !services.isEmpty, Set(keys).isDisjoint(with: strong.map { $0.lowercased() }) else { return [] }
            let names = strong.joined(separator: ", ")
            if let weak = statement.conditions.first(where: { self.weak.contains($0.key?.lowercased ?? "") }) {
                return [
                    Finding(
                        .recommendedConditionKeyForServicePrincipal, "Better is a condition on one of \(names).", at: weak.member.keyRange)
                ]
            }
            return services.map { service in
                let message = "Any account's resource could make \(service.text.value) come here; add a condition on one of \(names)."
                return Finding(.restrictAccessToServicePrincipal, message, at: service.text.range)
            }
        }
    }

    private static let strong = ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"]
    /// Keys that do restrict, but by something that is easily anybody's.
    private static let weak = [
        "aws:sourceip", "aws:principalservicename", "aws:calledvia", "aws:sourcevpc", "aws:sourcevpce", "aws:useragent", "aws:referer",
    ]
}
