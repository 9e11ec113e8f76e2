extension IssueCode {
    static let missingPairedConditionKeys = IssueCode("MISSING_PAIRED_CONDITION_KEYS", .securityWarning)
}

/// A private address means something only together with its network.
enum MissingPairedConditionKeys: ValidationRule {
    static let codes = [IssueCode.missingPairedConditionKeys]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            let keys = Set(statement.conditions.compactMap { $0.key?.lowercased })
            return statement.conditions.compactMap { condition in
                guard let key = condition.key, let partners = pairs[key.lowercased], keys.isDisjoint(with: partners.map { $0.lowercased() })
                else { return nil }
                return Finding(
                    .missingPairedConditionKeys,
                    "The same private address exists in many networks; add a condition on \(partners.joined(separator: " or ")).",
                    at: condition.member.keyRange)
            }
        }
    }

    private static let pairs = [
        "aws:vpcsourceip": ["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"],
        "aws:ec2instancesourceprivateipv4": ["aws:Ec2InstanceSourceVpc"],
    ]
}
