extension IssueCode {
    static let missingVersion = IssueCode("MISSING_VERSION", .warning)
}

/// The policy states no version, so that it is read by the older one, without policy variables.
enum MissingVersion: ValidationRule {
    static let codes = [IssueCode.missingVersion]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.root.object != nil, subject.outline.element("Version") == nil else { return [] }
        let misspelt = InvalidPolicyElement.misspelt(subject.outline.elements, known: PolicyOutline.elementNames)
        guard !misspelt.contains("Version") else { return [] }
        let message = "Add \"Version\": \"2012-10-17\"; without it the policy is read by the rules of 2008, which know no variables."
        let brace = subject.root.range.lowerBound..<(subject.root.range.lowerBound + 1)
        return [Finding(.missingVersion, message, at: brace, fix: self.fix(subject, behind: brace.upperBound))]
    }

    /// Only where the version makes no difference: nothing looks like a variable.
    private static func fix(_ subject: ValidationSubject, behind start: Int) -> Fix? {
        guard let first = subject.outline.elements.first, !subject.document.text[subject.root.range].contains("${") else { return nil }
        let space = subject.document.text[start..<first.keyRange.lowerBound]
        guard space.unicodeScalars.allSatisfy(\.isSpace) else { return nil }
        return Fix("add the version", edits: [.init(start..<start, replacement: "\(space)\"Version\": \"2012-10-17\",")])
    }
}
