extension IssueCode {
    static let unsupportedConditionKeyForServicePrincipal = IssueCode(
        "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", .error, isInferred: true)
}

/// A statement about an AWS service has a key that a service's requests never have.
///
/// AWS names aws:PrincipalOrgID with CloudFront; the others here are keys of organizations and tags, which services have none of.
enum UnsupportedConditionKeyForServicePrincipal: ValidationRule {
    static let codes = [IssueCode.unsupportedConditionKeyForServicePrincipal]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard statement.isAboutServicesOnly else { return [] }
            return statement.conditions.compactMap { condition in
                guard let key = condition.key, ["aws:principalorgid", "aws:principalorgpaths", "aws:principaltag"].contains(key.family),
                    let comparison = condition.operator?.comparison, !comparison.isNegated, comparison != .null, !condition.holdsWhenMissing
                else { return nil }
                let message = "A service's request has no \(key.text); write aws:SourceOrgID, aws:SourceAccount or aws:SourceArn."
                return Finding(.unsupportedConditionKeyForServicePrincipal, message, at: condition.member.keyRange)
            }
        }
    }
}

extension StatementOutline {
    /// Whether its principals are AWS services and nobody else.
    var isAboutServicesOnly: Bool {
        let principals = self.principals
        return self.element("Principal") != nil && !principals.isEmpty && principals.allSatisfy { $0.kind == "Service" }
    }
}
