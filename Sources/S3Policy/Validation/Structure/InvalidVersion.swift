extension IssueCode {
    static let invalidVersion = IssueCode("INVALID_VERSION", .error)
}

/// The version is none of the two that the policy language has.
enum InvalidVersion: ValidationRule {
    static let codes = [IssueCode.invalidVersion]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard let version = subject.outline.element("Version"), let text = version.value.string, subject.outline.statedVersion == nil else {
            return []
        }
        let meant = NearestName.of(text, among: PolicyVersion.allCases.map(\.rawValue)) ?? PolicyVersion.v2012.rawValue
        let message = "There is no version \"\(text)\"; write \"\(meant)\"."
        return [Finding(.invalidVersion, message, at: version.value.range, fix: .replace(version.value.range, by: meant))]
    }
}
