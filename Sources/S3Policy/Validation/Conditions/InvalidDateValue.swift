extension IssueCode {
    static let invalidDateValue = IssueCode("INVALID_DATE_VALUE", .warning)
}

/// A date is written as seconds since 1970, which may not be what was meant. For `aws:EpochTime` it is.
enum InvalidDateValue: ValidationRule {
    static let codes = [IssueCode.invalidDateValue]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.conditions.flatMap { _, condition -> [Finding] in
            guard condition.operator?.comparison.family == .date, condition.key?.lowercased != "aws:epochtime" else { return [] }
            return condition.texts.filter { PolicyDate.isEpoch($0.value) }.map { text in
                let message = "Write the date as in 2030-01-31T00:00:00Z; a number is taken as seconds since 1970."
                return Finding(.invalidDateValue, message, at: text.range)
            }
        }
    }
}
