extension IssueCode {
    static let invalidRegion = IssueCode("INVALID_REGION", .error)
}

/// A condition on a Region names one that does not exist.
///
/// AWS's page does not list the keys: here `aws:RequestedRegion` and S3's own two.
enum InvalidRegion: ValidationRule {
    static let codes = [IssueCode.invalidRegion]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.conditions.flatMap { _, condition -> [Finding] in
            guard let key = condition.key?.lowercased, keys.contains(key), condition.operator?.comparison.family == .string else {
                return []
            }
            return condition.texts.filter { !$0.value.isOpen && !isRegion($0.value, for: key) }.map { text in
                Finding(.invalidRegion, Regions.unknownMessage(text.value), at: text.range)
            }
        }
    }

    private static let keys = ["aws:requestedregion", "s3:locationconstraint", "s3:destinationregion"]

    /// `EU` is what `eu-west-1` was called first; only location constraints still know it.
    private static func isRegion(_ text: String, for key: String) -> Bool {
        Regions.all.contains(text.lowercased()) || key == "s3:locationconstraint" && text == "EU"
    }
}
