extension IssueCode {
    static let typeMismatchBoolean = IssueCode("TYPE_MISMATCH_BOOLEAN", .warning)
    static let typeMismatchDate = IssueCode("TYPE_MISMATCH_DATE", .warning)
    static let typeMismatchNumber = IssueCode("TYPE_MISMATCH_NUMBER", .warning)
    static let typeMismatchString = IssueCode("TYPE_MISMATCH_STRING", .warning)
    static let typeMismatchIPRange = IssueCode("TYPE_MISMATCH_IP_RANGE", .error)
}

/// A value is not of the kind that its operator compares.
enum TypeMismatchOfValue: ValidationRule {
    static let codes = [
        IssueCode.typeMismatchBoolean, IssueCode.typeMismatchDate, IssueCode.typeMismatchNumber, IssueCode.typeMismatchString,
        IssueCode.typeMismatchIPRange,
    ]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.conditions.flatMap { _, condition -> [Finding] in
            guard let comparison = condition.operator?.comparison, let (code, form, isValid) = check(of: comparison.family) else {
                return []
            }
            return condition.texts.filter { !isValid($0.value) && !$0.value.contains("${") }.map { text in
                Finding(code, "\(comparison.rawValue) compares \(form); \"\(text.value)\" is none.", at: text.range)
            }
        }
    }

    private static func check(of family: ValueFamily) -> (IssueCode, String, (String) -> Bool)? {
        switch family {
        case .bool, .null: (.typeMismatchBoolean, "true and false", { ["true", "false"].contains($0.lowercased()) })
        case .date: (.typeMismatchDate, "dates such as 2030-01-31T00:00:00Z", { PolicyDate($0) != nil })
        case .numeric: (.typeMismatchNumber, "numbers", { PolicyNumber($0) != nil })
        case .binary: (.typeMismatchString, "base 64", self.isBase64)
        case .ipAddress: (.typeMismatchIPRange, "addresses and CIDR ranges such as 203.0.113.0/24", { IPNetwork($0) != nil })
        case .string, .arn: nil
        }
    }

    private static func isBase64(_ text: String) -> Bool {
        let body = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }
        return text.utf8.count.isMultiple(of: 4) && text.utf8.count - body.count <= 2
            && body.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") }
    }
}
