extension IssueCode {
    static let restrictAccessToServicePrincipal = IssueCode("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", .securityWarning)
    static let recommendedConditionKeyForServicePrincipal = IssueCode(
        "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", .suggestion, isInferred: true)
}

/// An AWS service is allowed in without a condition on whose resource it works for: any account's could be.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>. Elastic Load Balancing is left out where the resource
/// names the account: it writes nowhere but below `AWSLogs/` and the account of the load balancer
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>).
enum ServicePrincipalAccess: ValidationRule {
    static let codes = [IssueCode.restrictAccessToServicePrincipal, IssueCode.recommendedConditionKeyForServicePrincipal]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard statement.effect == .allow, statement.element("Principal") != nil else { return [] }
            let services = statement.principals.filter { principal in
                principal.kind == "Service" && [".amazonaws.com", ".amazonaws.com.cn"].contains(where: principal.text.value.hasSuffix)
                    && InvalidServicePrincipalFormat.isServicePrincipal(principal.text.value)
                    && !(principal.text.value == loadBalancing && statement.resources.allSatisfy { namesLogAccount($0.value) })
            }
            let restricting = statement.conditions.filter(self.restricts)
            let keys = restricting.compactMap { $0.key?.lowercased }
            guard !services.isEmpty, Set(keys).isDisjoint(with: strong.map { $0.lowercased() }) else { return [] }
            let names = strong.joined(separator: ", ")
            if let weak = restricting.first(where: { self.weak.contains($0.key?.lowercased ?? "") }) {
                let message = "\(weak.member.key) says little about whom the service works for; better is one of \(names)."
                return [Finding(.recommendedConditionKeyForServicePrincipal, message, at: weak.member.keyRange)]
            }
            return services.map { service in
                let message = "Any account's resource could make \(service.text.value) come here; add a condition on one of \(names)."
                return Finding(.restrictAccessToServicePrincipal, message, at: service.text.range)
            }
        }
    }

    /// Whether a condition lets some requests out, rather than all that lack its key or have any value of it.
    private static func restricts(_ condition: ConditionOutline) -> Bool {
        guard let comparison = condition.operator?.comparison else { return true }
        return comparison != .null && !comparison.isNegated && !condition.holdsWhenMissing
            && !condition.texts.contains { $0.value.utf8.allSatisfy { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: ":") } }
    }

    private static let strong = ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"]
    /// Keys that do restrict, but by something that is easily anybody's.
    private static let weak = ["aws:referer", "aws:useragent", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"]
    private static let loadBalancing = "logdelivery.elasticloadbalancing.amazonaws.com"

    private static func namesLogAccount(_ resource: String) -> Bool {
        let parts = resource.split(separator: "/", omittingEmptySubsequences: false)
        return zip(parts, parts.dropFirst()).contains { $0 == "AWSLogs" && Principal.isAccount(String($1)) }
    }
}
