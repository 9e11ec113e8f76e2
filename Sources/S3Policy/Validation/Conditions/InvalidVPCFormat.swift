extension IssueCode {
    static let invalidVPCFormat = IssueCode("INVALID_VPC_FORMAT", .error)
    static let invalidVPCEFormat = IssueCode("INVALID_VPCE_FORMAT", .error)
}

/// The id of a VPC or VPC endpoint is not `vpc-` or `vpce-` and 8 or 17 letters and digits.
enum InvalidVPCFormat: ValidationRule {
    static let codes = [IssueCode.invalidVPCFormat, IssueCode.invalidVPCEFormat]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.conditions.flatMap { _, condition -> [Finding] in
            guard let key = condition.key, condition.operator?.comparison.family == .string else { return [] }
            let form: (prefix: String, code: IssueCode)? =
                switch key.lowercased {
                case "aws:sourcevpc", "aws:ec2instancesourcevpc": ("vpc-", .invalidVPCFormat)
                case "aws:sourcevpce": ("vpce-", .invalidVPCEFormat)
                default: nil
                }
            guard let form else { return [] }
            return condition.texts.filter { !isID($0.value, prefix: form.prefix) && !$0.value.isOpen }.map { text in
                Finding(form.code, "\"\(text.value)\" is no id; write \(form.prefix) and 8 or 17 letters and digits.", at: text.range)
            }
        }
    }

    private static func isID(_ text: String, prefix: String) -> Bool {
        let rest = text.utf8.dropFirst(prefix.utf8.count)
        return text.hasPrefix(prefix) && [8, 17].contains(rest.count) && rest.allSatisfy(\.isLetterOrDigit)
    }
}
