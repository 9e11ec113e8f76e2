/// The rule by which S3 Block Public Access calls a policy public: that is presumed, unless every Allow statement grants to fixed
/// values only, without wildcard and without variable. Neither actions nor Deny statements count.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>.
enum BlockPublicAccessRule {
    static func isPublic(_ statement: Statement) -> Bool {
        guard statement.effect == .allow, let principals = statement.principals else { return false }
        let isOpen = principals.isNegated || principals.items.contains { $0.value.isEverybody }
        return isOpen && !statement.conditions.contains(where: self.isFixed)
    }

    /// Whether a condition holds for fixed values of one of the rule's keys only; one that holds without the key does not count.
    private static func isFixed(_ condition: Condition) -> Bool {
        let comparison = condition.operator.comparison
        guard FixedKeys.ofRule.contains(condition.key.family), !comparison.isNegated, !condition.operator.hasIfExists,
            condition.operator.qualifier != .forAllValues, !condition.values.isEmpty
        else { return false }
        return condition.values.allSatisfy { self.isFixed($0.value, of: condition.key, comparison) }
    }

    private static func isFixed(_ value: PolicyText, of key: ConditionKey, _ comparison: Comparison) -> Bool {
        switch comparison.family {
        // A malformed address matches nobody.
        case .ipAddress: return key.lowercased == "aws:sourceip" && IPNetwork(value.source)?.isFixedPlace ?? true
        case .string, .arn:
            guard value.variables.isEmpty else { return false }
            if ["aws:userid", "aws:principalaccount"].contains(key.lowercased), self.isAnybody(value.source) { return false }
            if !comparison.matchesPatterns || !value.hasWildcard { return true }
            return key.lowercased == "s3:dataaccesspointarn" && value.isOfOneAccount
        case .binary: return true
        case .numeric, .date, .bool, .null: return false
        }
    }

    /// Whether a user id, or an account, is that of anonymous callers, or of a role's sessions (`AROLEID:*`).
    private static func isAnybody(_ id: String) -> Bool {
        id.lowercased() == "anonymous" || id.hasPrefix("AROA") && id.contains(":")
    }
}

extension PolicyText {
    /// Whether it is the pattern of an ARN with an account in it.
    var isOfOneAccount: Bool {
        guard self.variables.isEmpty, let parts = self.openGlob.arnParts?.parts else { return false }
        let account = TextPattern(parts[4]).literal.map { String(decoding: $0, as: UTF16.self) }
        return account.map(Principal.isAccount) ?? false
    }
}
