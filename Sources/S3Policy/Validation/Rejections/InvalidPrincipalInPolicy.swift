extension IssueCode {
    static let invalidPrincipalInPolicy = IssueCode("S3_INVALID_PRINCIPAL", .error, origin: .s3)
}

/// A principal cannot be anybody: S3 refuses the policy.
enum InvalidPrincipalInPolicy: ValidationRule {
    static let codes = [IssueCode.invalidPrincipalInPolicy]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .bucket else { return [] }
        return subject.inStatements { statement in
            statement.principals.compactMap { principal in
                guard let kind = principal.kind.flatMap(Principal.Kind.init(rawValue:)), kind == .aws || kind == .canonicalUser else {
                    return nil
                }
                let text = principal.text.value
                // Other rules tell wildcards and variables.
                guard !text.contains("${"), !text.contains(where: { $0 == "*" || $0 == "?" }), Principal(kind: kind, text: text) == nil
                else { return nil }
                let meant = self.meant(by: text, kind: kind)
                let message = "Invalid principal in policy: \(self.advice(on: text, kind: kind))." + Finding.didYouMean(meant)
                return Finding(
                    .invalidPrincipalInPolicy, message, at: principal.text.range, fix: meant.map { .replace(principal.text.range, by: $0) })
            }
        }
    }

    private static func advice(on text: String, kind: Principal.Kind) -> String {
        if kind == .canonicalUser { return "write 64 hexadecimal digits" }
        if ARN(text)?.resource.hasPrefix("group/") == true { return "a group is none; name its users, or a role that they assume" }
        if ARN(text)?.resource.contains("-provider/") == true { return "an identity provider is none; name the role that its users assume" }
        if InvalidServicePrincipalFormat.isServicePrincipal(text) { return "a service is named as {\"Service\": \(text.jsonLiteral)}" }
        return "write a twelve-digit account, or the ARN of a user or role"
    }

    /// The principal where only spaces, a colon or a Region are wrong.
    private static func meant(by text: String, kind: Principal.Kind) -> String? {
        let trimmed = String(text.trimmed)
        var candidates = [trimmed]
        let parts = trimmed.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count >= 5, let account = parts.firstIndex(where: { Principal.isAccount(String($0)) }), [3, 4].contains(account) {
            candidates.append("\(parts[..<3].joined(separator: ":"))::\(parts[account...].joined(separator: ":"))")
        }
        return candidates.first { $0 != text && Principal(kind: kind, text: $0) != nil }
    }
}
