extension IssueCode {
    static let invalidARNAccount = IssueCode("INVALID_ARN_ACCOUNT", .error)
    static let missingARNAccount = IssueCode("MISSING_ARN_ACCOUNT", .error)
    static let invalidARNRegion = IssueCode("INVALID_ARN_REGION", .error)
    static let missingARNRegion = IssueCode("MISSING_ARN_REGION", .error)
}

/// The ARN of an access point lacks its account or Region, or has one that does not exist.
///
/// Multi-Region access points have no Region.
enum AccessPointARN: ValidationRule {
    static let codes = [IssueCode.invalidARNAccount, IssueCode.missingARNAccount, IssueCode.invalidARNRegion, IssueCode.missingARNRegion]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            statement.resources.flatMap { resource -> [Finding] in
                guard let arn = resource.arn, arn.service == "s3", !arn.isBucketOrObject, subject.reference.matchesFormat(arn) else {
                    return []
                }
                func finding(_ code: IssueCode, _ message: String) -> Finding { Finding(code, message, at: resource.range) }
                var findings: [Finding] = []
                if arn.account.isEmpty {
                    findings.append(
                        finding(
                            .missingARNAccount, "Add the account that owns the access point: arn:aws:s3:REGION:ACCOUNT:\(arn.resource)."))
                } else if !Principal.isAccount(arn.account), !arn.account.isOpen {
                    findings.append(finding(.invalidARNAccount, "\"\(arn.account)\" is no account id; it has twelve digits."))
                }
                let name = arn.resource.split(separator: "/", maxSplits: 2).dropFirst().first ?? ""
                if arn.region.isEmpty, self.isRegional(name) {
                    findings.append(finding(.missingARNRegion, "Add the access point's Region: arn:aws:s3:REGION:ACCOUNT:\(arn.resource)."))
                } else if !arn.region.isEmpty, !Regions.all.contains(arn.region), !arn.region.isOpen {
                    findings.append(finding(.invalidARNRegion, Regions.unknownMessage(arn.region)))
                }
                return findings
            }
        }
    }

    /// Whether a name is one that people give to access points, rather than the alias of a Multi-Region one, which ends in `.mrap`, a
    /// pattern, or a placeholder.
    private static func isRegional(_ name: Substring) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0.isLetterOrDigit && !$0.isUppercase || $0 == UInt8(ascii: "-") }
    }
}
