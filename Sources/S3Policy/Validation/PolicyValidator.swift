/// Judges policies by every rule.
public struct PolicyValidator: Sendable {
    public let reference: ServiceReference

    /// - Parameter reference: What is known about S3.
    public init(reference: ServiceReference = .embedded) {
        self.reference = reference
    }

    /// Everything that is to be changed in a document, in the order of its text.
    ///
    /// A document that lost values while it was read is only told as such: what is missing in it may be what was lost.
    public func findings(in document: JSONDocument, kind: PolicyKind) -> [Finding] {
        var findings = document.problems.map { Finding(.jsonSyntaxError, $0.message, at: $0.range) }
        if let rejection = FirstByte.finding(in: document, kind: kind) { findings.append(rejection) }
        guard let subject = ValidationSubject(document, kind: kind, reference: self.reference) else {
            return findings.inOrderOfText
        }
        // What is so much too large is not looked at in detail: some rules compare everything with everything.
        let rules = PolicySizeExceedsQuota.isFarExceeded(by: subject) ? [PolicySizeExceedsQuota.self] : ValidationRules.all
        for rule in rules { findings += rule.findings(in: subject).filter { !self.isAboutBrokenText($0, in: document) } }
        return findings.inOrderOfText
    }
}

extension PolicyValidator {
    /// Whether a finding is about a string that was not read as it was meant.
    private func isAboutBrokenText(_ finding: Finding, in document: JSONDocument) -> Bool {
        guard let range = finding.ranges.first, !document.problems.isEmpty, !range.isEmpty,
            document.text.bytes[range.lowerBound] == UInt8(ascii: "\"")
        else { return false }
        return document.problems.contains { range.contains($0.range.lowerBound) && $0.range.upperBound <= range.upperBound }
    }
}

extension IssueCode {
    static let jsonSyntaxError = IssueCode("JSON_SYNTAX_ERROR", .error)

    /// Where the code is explained: on AWS's page for its own codes.
    public var learnMoreLink: String {
        let page = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
        let name = self.name.lowercased().replacingUnderscores
        switch self.origin {
        case .accessAnalyzer:
            let type =
                switch self.type {
                case .error: "error"
                case .securityWarning: "security-warning"
                case .warning: "general-warning"
                case .suggestion: "suggestion"
                }
            return "\(page)#access-analyzer-reference-policy-checks-\(type)-\(name)"
        case .s3: return "https://docs.aws.amazon.com/AmazonS3/latest/API/API_\(self.refusingOperation).html"
        case .countersign: return "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html"
        }
    }
}

extension IssueCode {
    /// The operation of S3 that answers with a code of S3's.
    private var refusingOperation: String {
        if self.name.hasPrefix("S3_CORS_") { return "PutBucketCors" }
        if self.name.hasPrefix("S3_LIFECYCLE_") { return "PutBucketLifecycleConfiguration" }
        return "PutBucketPolicy"
    }
}

extension String {
    fileprivate var replacingUnderscores: String { self.split(separator: "_").joined(separator: "-") }
}
