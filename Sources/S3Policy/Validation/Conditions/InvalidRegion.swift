extension IssueCode {
    static let invalidRegion = IssueCode("INVALID_REGION", .error)
}

/// A condition on `aws:RequestedRegion` names a Region that does not exist.
enum InvalidRegion: ValidationRule {
    static let codes = [IssueCode.invalidRegion]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.conditions.flatMap { _, condition -> [Finding] in
            guard condition.key?.lowercased == "aws:requestedregion", condition.operator?.comparison.family == .string else { return [] }
            return condition.texts.filter { !$0.value.contains(where: { "*?$".contains($0) }) && !Regions.isRegion($0.value) }.map { text in
                Finding(
                    .invalidRegion,
                    "There is no Region \"\(text.value)\"." + Finding.didYouMean(NearestName.of(text.value, among: Regions.all)),
                    at: text.range)
            }
        }
    }
}
