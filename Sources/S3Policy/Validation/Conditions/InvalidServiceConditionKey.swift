extension IssueCode {
    static let invalidServiceConditionKey = IssueCode("INVALID_SERVICE_CONDITION_KEY", .error)
}

/// S3 has no condition key of this name.
enum InvalidServiceConditionKey: ValidationRule {
    static let codes = [IssueCode.invalidServiceConditionKey]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let key = condition.key, key.prefix.lowercased() == "s3", !subject.reference.hasFamily(of: key) else { return nil }
            let nearest = NearestName.of(
                String(key.text.prefix { $0 != "/" }),
                among: subject.reference.conditionKeys.map(\.familyName).filter { $0.hasPrefix("s3:") })
            let message =
                "S3 has no condition key \(key.text); it is not in the data of \(subject.reference.date)." + Finding.didYouMean(nearest)
            let fix = key.tagKey == nil ? nearest.map { Fix.replace(condition.member.keyRange, by: $0) } : nil
            return Finding(.invalidServiceConditionKey, message, at: condition.member.keyRange, fix: fix)
        }
    }
}
