extension IssueCode {
    static let redundantConditionValueNum = IssueCode("REDUNDANT_CONDITION_VALUE_NUM", .suggestion)
}

/// A comparison with several numbers is decided by one of them.
enum RedundantConditionValueNum: ValidationRule {
    static let codes = [IssueCode.redundantConditionValueNum]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard let comparison = condition.operator?.comparison, condition.values.count > 1, let wantsGreatest = wantsGreatest(comparison)
            else { return nil }
            let numbers = condition.texts.compactMap { text in PolicyNumber(text.value).map { (text, $0) } }
            guard numbers.count == condition.values.count,
                let deciding = wantsGreatest ? numbers.max(by: { $0.1 < $1.1 }) : numbers.min(by: { $0.1 < $1.1 })
            else { return nil }
            let message = "One of these values is enough, and \(deciding.0.value) decides; delete the others."
            let fix = Fix(
                "keep \(deciding.0.value)",
                edits: [.init(condition.member.value.range, replacement: subject.document.text[deciding.0.range])])
            return Finding(.redundantConditionValueNum, message, at: condition.member.value.range, fix: fix)
        }
    }

    private static func wantsGreatest(_ comparison: Comparison) -> Bool? {
        switch comparison {
        case .numericLessThan, .numericLessThanEquals: true
        case .numericGreaterThan, .numericGreaterThanEquals: false
        default: nil
        }
    }
}
