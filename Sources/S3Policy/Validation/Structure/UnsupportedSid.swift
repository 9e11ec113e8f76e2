extension IssueCode {
    static let unsupportedSid = IssueCode("UNSUPPORTED_SID", .error, isInferred: true)
}

/// A Sid has characters that are not allowed.
///
/// IAM takes letters and digits only. S3's own examples have spaces, dots and hyphens besides; there, only what is no printable
/// ASCII is told.
enum UnsupportedSid: ValidationRule {
    static let codes = [IssueCode.unsupportedSid]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            guard let sid = statement.element("Sid")?.value, let text = sid.string else { return [] }
            let isAllowed: (UInt8) -> Bool = subject.kind == .identity ? \.isLetterOrDigit : { (0x20..<0x7F).contains($0) }
            guard !text.utf8.allSatisfy(isAllowed) else { return [] }
            let allowed = subject.kind == .identity ? "letters and digits" : "printable ASCII"
            return [Finding(.unsupportedSid, "A Sid has \(allowed) only; change \"\(text)\".", at: sid.range)]
        }
    }
}
