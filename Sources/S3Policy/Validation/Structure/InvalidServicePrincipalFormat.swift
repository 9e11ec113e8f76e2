extension IssueCode {
    static let invalidServicePrincipalFormat = IssueCode("INVALID_SERVICE_PRINCIPAL_FORMAT", .error)
}

/// A service principal is not of the form `service.amazonaws.com`, in a principal or in a condition on one.
enum InvalidServicePrincipalFormat: ValidationRule {
    static let codes = [IssueCode.invalidServicePrincipalFormat]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        let keys = [
            "aws:principalservicename", "aws:principalservicenameslist", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast",
        ]
        return subject.inStatements { statement in
            // UnsupportedWildcardInPrincipal tells wildcards.
            let principals = statement.principals.filter { $0.kind == "Service" && !$0.text.value.contains { $0 == "*" || $0 == "?" } }
                .map(\.text)
            let conditions = statement.conditions.filter {
                keys.contains($0.key?.lowercased ?? "") && $0.operator?.comparison.family == .string
            }
            let values = conditions.flatMap { condition in
                condition.texts.filter { condition.operator?.comparison.matchesPatterns != true || !$0.value.isOpen }
            }
            return (principals + values).filter { !isServicePrincipal($0.value) && !$0.value.contains("${") }.map { text in
                let lowercased = text.value.trimmed.lowercased()
                let isCase = isServicePrincipal(lowercased)
                let message = "\"\(text.value)\" is no service; write \(isCase ? lowercased : "it as in cloudfront.amazonaws.com")."
                let meant = ServicePrefixes.all.contains(lowercased) ? "\(lowercased).amazonaws.com" : nil
                return Finding(
                    .invalidServicePrincipalFormat, message + Finding.didYouMean(meant), at: text.range,
                    fix: isCase ? .replace(text.range, by: lowercased) : nil)
            }
        }
    }

    /// `service.amazonaws.com` in lower case, perhaps with a Region before the domain, or the domain of another partition.
    static func isServicePrincipal(_ text: String) -> Bool {
        let domains = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal", ".amazonaws.eu", ".aws.com"]
        guard let domain = domains.first(where: text.hasSuffix) else { return false }
        return !text.dropLast(domain.utf8.count).isEmpty
            && text.utf8.allSatisfy {
                $0.isLetterOrDigit && !$0.isUppercase || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
            }
    }
}
