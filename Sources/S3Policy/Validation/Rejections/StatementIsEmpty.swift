extension IssueCode {
    static let statementIsEmpty = IssueCode("S3_STATEMENT_IS_EMPTY", .error, origin: .s3)
}

/// The policy has no statement in its list: S3 refuses it.
enum StatementIsEmpty: ValidationRule {
    static let codes = [IssueCode.statementIsEmpty]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .bucket, let element = subject.outline.element("Statement"), element.value.array?.isEmpty == true else {
            return []
        }
        return [Finding(.statementIsEmpty, "Statement is empty! Add a statement, or delete the bucket's policy.", at: element.value.range)]
    }
}
