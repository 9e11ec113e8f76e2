extension IssueCode {
    static let invalidGlobalConditionKey = IssueCode("INVALID_GLOBAL_CONDITION_KEY", .error)
}

/// There is no global condition key of this name.
enum InvalidGlobalConditionKey: ValidationRule {
    static let codes = [IssueCode.invalidGlobalConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, key.prefix.lowercased() == "aws", key.lowercased != "aws:arn" else { return nil }
            guard !subject.reference.hasFamily(of: key) else { return nil }
            let nearest = NearestName.of(
                String(key.text.prefix { $0 != "/" }),
                among: subject.reference.conditionKeys.map(\.familyName).filter { $0.hasPrefix("aws:") })
            let message = "There is no global condition key \(key.text)." + Finding.didYouMean(nearest)
            let fix = key.tagKey == nil ? nearest.map { Fix.replace(condition.member.keyRange, by: $0) } : nil
            return Finding(.invalidGlobalConditionKey, message, at: condition.member.keyRange, fix: fix)
        }
    }
}
